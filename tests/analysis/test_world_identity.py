"""The measure of the face world's people, small: what is shown, and that its people are told apart."""

import pytest

from engines.analysis.world_identity import CURVES, PLAIN, View, frontal, measured_curve, share_found, show
from engines.faceworld.people import balanced


def test_every_person_is_shown_in_every_view() -> None:
    shown = show([(1, "asian-male"), (2, "indian-female")], {PLAIN: View(), "child": View(10)}, 2)
    assert shown.embeddings.shape == (8, 128)
    assert shown.views == (PLAIN, PLAIN, "child", "child") * 2
    assert shown.groups == ("asian-male",) * 4 + ("indian-female",) * 4
    assert shown.identities == (1,) * 4 + (2,) * 4


def test_people_are_told_apart_and_found() -> None:
    """Far looser than what is measured, so that it fails only when identity is lost."""
    people = balanced(16, 900)
    everyone, strangers = frontal(people, 3)
    assert everyone.eer.value < 0.12 and strangers.eer.value < 0.25
    assert everyone.same == strangers.same == 16 * 3 and strangers.different == 8 * 9
    assert share_found(people[:6]) == 1


@pytest.mark.parametrize("name", CURVES)
def test_curves_begin_with_the_plain_view(name: str) -> None:
    everyone, _ = measured_curve(balanced(4, 900, ("asian-male", "african-female")), name)
    assert list(everyone) == list(CURVES[name])
    assert everyone[PLAIN].same == 4
