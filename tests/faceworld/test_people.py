"""People: reproducible, in the group that was asked for, calm, and apart from each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.errors import BadConfig
from engines.faceworld.basis import load_basis
from engines.faceworld.people import GROUPS, Person, _sample
from engines.faceworld.photo import Photo, mix_lights, sample_light


def test_same_number_same_person() -> None:
    one = _sample.__wrapped__(7, None)
    other = _sample.__wrapped__(7, None)
    np.testing.assert_array_equal(one.code, other.code)
    np.testing.assert_array_equal(one.hair.vertices, other.hair.vertices)
    assert one.skin == other.skin and one.features == other.features


def test_different_numbers_different_people() -> None:
    codes = np.stack([Person.sample(number).code for number in range(30)])
    distance = np.linalg.norm(codes[:, None] - codes[None], axis=2)[~np.eye(30, dtype=bool)]
    assert distance.min() > 4


@pytest.mark.parametrize("group", GROUPS)
def test_group_is_kept(group: str) -> None:
    for number in range(5):
        who = Person.sample(number, group).attributes
        assert who.group == group
        assert who.african + who.asian + who.european == pytest.approx(1)
        assert 0.58 <= who.age <= 0.95


@given(st.integers(0, 2**40))
@settings(max_examples=15, deadline=None)
def test_heads_stay_plausible(number: int) -> None:
    person = Person.sample(number)
    shift = np.linalg.norm(person.vertices - load_basis().mean, axis=1)
    assert np.isfinite(person.vertices).all() and shift.max() < 0.06
    assert all(0 < channel < 1 for channel in person.skin.colour)
    assert np.isfinite(person.hair.vertices).all()


def test_hair_keeps_out_of_the_skull() -> None:
    """Strands are grown outside the mean head's surface."""
    for number in range(20):
        rest = Person.sample(number).hair.rest
        if len(rest):
            inside = (np.abs(rest[:, 0]) < 0.05) & (np.abs(rest[:, 1] - 0.07) < 0.05) & (np.abs(rest[:, 2]) < 0.05)
            assert not inside.any()


@pytest.mark.parametrize(
    "bad", [lambda: Person.sample(-1), lambda: Person.sample(1, "martian"), lambda: Photo.sample(-3)]
)
def test_bad_input_is_refused(bad) -> None:
    with pytest.raises(BadConfig):
        bad()


def test_mixed_lights_begin_and_end_at_theirs() -> None:
    rng = np.random.default_rng(0)
    one, other = sample_light(rng), sample_light(rng)
    np.testing.assert_allclose(mix_lights(one, other, 0).key, one.key)
    end = mix_lights(one, other, 1)
    np.testing.assert_allclose(end.key_direction, other.key_direction)
    assert end.gaze_x == one.gaze_x
    assert np.linalg.norm(mix_lights(one, other, 0.5).key_direction) == pytest.approx(1)


def test_frontal_photographs_turn_less() -> None:
    turns = [[abs(Photo.sample(n, frontal).yaw) for n in range(200)] for frontal in (True, False)]
    assert np.mean(turns[0]) < 0.5 * np.mean(turns[1])
