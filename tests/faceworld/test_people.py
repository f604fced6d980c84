"""People: reproducible, in the group that was asked for, calm, apart from each other, and themselves at any age."""

import json
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.errors import BadConfig
from engines.faceworld.basis import load_basis
from engines.faceworld.landmarks import landmark_vertices
from engines.faceworld.people import GROUPS, MIXES, TRAITS, Person, Traits, balanced, between, twin
from engines.faceworld.people.ageing import bearded, corner_shares, greyed, grown, head_age, receded, wrinkled
from engines.faceworld.people.groups import draw_traits, mix_of
from engines.faceworld.people.palette import skin_colour
from engines.faceworld.people.person import built, drawn

groups = st.sampled_from(tuple(GROUPS))


def test_same_number_same_person() -> None:
    one, other = (built.__wrapped__(7, *drawn(7, None)) for _ in range(2))
    np.testing.assert_array_equal(one.vertices, other.vertices)
    np.testing.assert_array_equal(one.hair.vertices, other.hair.vertices)
    assert (one.skin, one.features, one.marks, one.glasses) == (other.skin, other.features, other.marks, other.glasses)


def test_different_numbers_different_people() -> None:
    codes = np.stack([Person.sample(number).code for number in range(30)])
    distance = np.linalg.norm(codes[:, None] - codes[None], axis=2)[~np.eye(30, dtype=bool)]
    assert distance.min() > 7  # two draws of 64 standard normals are about 11 apart


@given(st.integers(0, 2**40), groups)
@settings(max_examples=60, deadline=None)
def test_every_group_draws_valid_people_of_its_own(number: int, group: str) -> None:
    traits = draw_traits(np.random.default_rng(number), group)
    assert traits.african + traits.asian + traits.european == pytest.approx(1)
    assert f"{mix_of((traits.african, traits.asian, traits.european))}-{traits.sex}" == group
    for name, trait in TRAITS.items():
        assert trait.checked(name, getattr(traits, name)) == getattr(traits, name)
    json.dumps(traits.to_dict(), allow_nan=False)


@pytest.mark.parametrize("group", GROUPS)
def test_a_named_group_is_the_persons(group: str) -> None:
    who = Person.sample(3, group).attributes
    assert who.group == group
    assert who.corners().sum() == pytest.approx(1)


def test_any_person_is_also_the_person_of_their_group() -> None:
    anyone = Person.sample(11)
    assert Person.sample(11, anyone.attributes.group).traits == anyone.traits


def test_all_groups_are_as_likely() -> None:
    rng = np.random.default_rng(0)
    drawn = [draw_traits(rng, None) for _ in range(1600)]
    counts = np.unique([mix_of((t.african, t.asian, t.european)) + t.sex for t in drawn], return_counts=True)[1]
    assert len(counts) == 8 and (np.abs(counts - 200) < 55).all()  # four standard deviations
    years = np.array([t.years for t in drawn])
    assert 36 < years.mean() < 40 and 10 <= years.min() < 13 and years.max() > 70


def test_balanced_samples_have_equal_groups() -> None:
    sample = balanced(40, seed=100)
    assert [number for number, _ in sample] == list(range(100, 140))
    assert np.unique([group for _, group in sample], return_counts=True)[1].tolist() == [5] * 8
    uneven = [group for _, group in balanced(5, groups=("asian-male", "asian-female"))]
    assert uneven.count("asian-male") == 3 and uneven.count("asian-female") == 2


@given(st.integers(0, 2**40))
@settings(max_examples=15, deadline=None)
def test_heads_stay_plausible(number: int) -> None:
    person = Person.sample(number)
    shift = np.linalg.norm(person.vertices - load_basis().mean, axis=1)
    assert np.isfinite(person.vertices).all() and shift.max() < 0.09
    assert all(0 < channel < 1 for channel in person.skin.colour)
    assert np.isfinite(person.hair.vertices).all()


def test_hair_keeps_out_of_the_skull() -> None:
    """Strands are grown outside the mean head's surface."""
    for number in range(20):
        rest = Person.sample(number).hair.rest
        if len(rest):
            inside = (np.abs(rest[:, 0]) < 0.05) & (np.abs(rest[:, 1] - 0.07) < 0.05) & (np.abs(rest[:, 2]) < 0.05)
            assert not inside.any()


def test_of_changes_what_is_named_and_nothing_else() -> None:
    base = Person.sample(5, "european-male")
    changed = Person.of(5, "european-male", melanin=0.6, iris="green")
    np.testing.assert_array_equal(changed.vertices, base.vertices)
    np.testing.assert_array_equal(changed.code, base.code)
    assert changed.marks == base.marks and changed.glasses == base.glasses and changed.style == base.style
    assert (changed.traits.melanin, changed.traits.iris) == (0.6, "green")
    differing = {f.name for f in fields(Traits) if getattr(base.traits, f.name) != getattr(changed.traits, f.name)}
    assert differing <= {"melanin", "iris"}
    assert changed.features._replace(iris_colour=base.features.iris_colour) == base.features


def test_a_named_share_of_ancestry_is_kept_and_the_others_follow() -> None:
    traits = Person.of(5, "indian-female", african=0.5).traits
    before = Person.sample(5, "indian-female").traits
    assert traits.african == 0.5
    assert traits.asian + traits.european == pytest.approx(0.5)
    assert traits.asian / traits.european == pytest.approx(before.asian / before.european)
    assert Person.of(5, african=0, asian=0, european=1).attributes.ancestry == "european"


def test_age_changes_the_head_and_keeps_the_person() -> None:
    person = Person.sample(8, "african-male")
    child, old = person.at_age(10), person.at_age(60)
    np.testing.assert_array_equal(child.code, old.code)
    assert child.marks == old.marks and child.identity == old.identity == 8
    assert child.features.iris_colour == old.features.iris_colour and child.skin.colour == old.skin.colour
    assert (child.attributes.years, old.attributes.years) == (10, 60)
    grown_by = np.linalg.norm(child.vertices - old.vertices, axis=1)
    assert grown_by.max() > 0.004
    assert Person.of(8, "african-male", years=60).skin == old.skin


def test_what_years_do_by_hand() -> None:
    assert [head_age(years) for years in (10, 25, 90)] == pytest.approx([1 / 3, 2 / 3, 1])
    assert head_age(57.5) == pytest.approx(5 / 6)
    assert (grown(10), grown(16), grown(30)) == (0, 0.5, 1)
    assert wrinkled(25, 1) == 0 and wrinkled(80, 1) == pytest.approx(0.8)
    assert (bearded(15), bearded(18.5), bearded(22)) == (0, 0.5, 1)
    assert greyed(50, 50) == pytest.approx(0.475) and greyed(20, 40) == 0
    assert receded(15, 1) == 0 and receded(70, 0.4) == pytest.approx(0.4)


def test_children_have_no_beard_and_men_keep_theirs() -> None:
    man = Person.of(1, "european-male", beard=0.9, years=40, lipstick=0.5)
    assert man.skin.beard == pytest.approx(0.9)
    assert man.at_age(12).skin.beard == 0
    assert man.at_age(12).skin.lip_colour == Person.of(1, "european-male", years=12, lipstick=0).skin.lip_colour


def test_bald_men_once_had_hair() -> None:
    man = Person.of(1, "european-male", hair_style="none", years=60)
    assert (man.style.name, man.at_age(20).style.name) == ("none", "shaved")


def test_corner_shares_by_hand() -> None:
    """Half way between child (10) and young (25) of the head model lies 0.5; all African, male."""
    shares = corner_shares(np.array([1.0, 0, 0]), 1.0, 14 + 4 * (0.5 - 0.46) / 0.125)
    assert np.flatnonzero(shares).tolist() == [3, 4]
    np.testing.assert_allclose(shares[[3, 4]], 0.5)


def test_corners_of_men_and_women_are_named_rightly() -> None:
    """Below the eyes men's faces are longer, for the same distance between the eyes, in every ancestry."""
    basis = load_basis()
    chin = landmark_vertices()[8]
    corners = (basis.mean + basis.corners.reshape(18, -1, 3)).reshape(3, 2, 3, -1, 3)
    length = -corners[..., chin, 2] / corners[..., basis.eyes[0], 0].mean(-1)
    adults = length[:, :, 1:]  # children differ little
    assert (adults[:, 1] > 1.02 * adults[:, 0]).all()


def test_between_two_people() -> None:
    one, other = Person.sample(1, "asian-female"), Person.sample(2, "african-male")
    start, end, middle = (between(one, other, share) for share in (0, 1, 0.5))
    np.testing.assert_allclose(start.vertices, one.vertices, atol=1e-6)
    np.testing.assert_allclose(end.code, other.code, atol=1e-6)
    assert (start.traits, start.identity, end.identity) == (one.traits, 1, 2)
    assert middle.identity not in (1, 2) and middle.identity == between(one, other, 0.5).identity
    assert middle.traits.melanin == pytest.approx((one.traits.melanin + other.traits.melanin) / 2)
    lengths = [np.linalg.norm(person.code) for person in (one, middle, other)]
    assert lengths[1] == pytest.approx((lengths[0] + lengths[2]) / 2, rel=1e-5)


@given(st.integers(0, 1000), st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_the_way_to_another_leads_away_from_oneself(one: int, other: int) -> None:
    first, second = Person.sample(one), Person.sample(other + 2000)
    codes = [between(first, second, share).code for share in np.linspace(0, 1, 5)]
    cosines = [float(first.code @ code / np.linalg.norm(first.code) / np.linalg.norm(code)) for code in codes]
    assert (np.diff(cosines) < 0).all() and cosines[0] == pytest.approx(1)


def test_twins_are_nearly_the_same() -> None:
    person = Person.sample(4)
    double, third = twin(person), twin(person, 2)
    apart = np.linalg.norm(double.code - person.code)
    assert 0.5 < apart < 3.5  # strangers are about 11 apart
    assert double.traits.iris == person.traits.iris and double.attributes == person.attributes
    assert double.marks.moles != person.marks.moles
    assert len({person.identity, double.identity, third.identity}) == 3
    np.testing.assert_array_equal(twin(person).vertices, double.vertices)


def test_melanin_darkens_and_blood_reddens() -> None:
    darkness = [skin_colour(melanin, 0.5, 0).sum() for melanin in np.linspace(0, 1, 9)]
    assert (np.diff(darkness) < 0).all()
    pale, red = skin_colour(0.1, 0, 0), skin_colour(0.1, 1, 0)
    assert red[0] / red[1] > pale[0] / pale[1]


def test_mixes_are_written_rightly() -> None:
    for mix in MIXES.values():
        assert sum(mix.centre) == pytest.approx(1)
        assert sum(mix.hair) == pytest.approx(1) and sum(mix.iris) == pytest.approx(1)


@pytest.mark.parametrize(
    "bad",
    [
        lambda: Person.sample(-1),
        lambda: Person.sample(1, "martian"),
        lambda: Person.of(1, melanin=1.2),
        lambda: Person.of(1, melanin=float("nan")),
        lambda: Person.of(1, years="old"),
        lambda: Person.of(1, iris="violet"),
        lambda: Person.of(1, charm=1.0),
        lambda: Person.of(1, african=0.7, asian=0.6),
        lambda: Person.of(1, african=0.1, asian=0.1, european=0.1),
        lambda: Person.sample(1).at_age(9),
        lambda: Person.sample(1).at_age(81),
        lambda: between(Person.sample(1), Person.sample(2), 1.1),
        lambda: twin(Person.sample(1), -1),
        lambda: balanced(0),
        lambda: balanced(3, seed=-1),
        lambda: balanced(3, groups=("martian",)),
        lambda: balanced(3, groups=()),
    ],
)
def test_bad_input_is_refused(bad) -> None:
    with pytest.raises(BadConfig):
        bad()


def test_a_range_is_told_with_its_unit() -> None:
    with pytest.raises(BadConfig, match="years is 10 to 80 years, not 9"):
        Person.of(1, years=9)
