"""Photographs under people's hands: every control takes its range and no more, and reads back what was set."""

from typing import Any

import numpy as np
import pytest

from engines.errors import BadConfig
from engines.faceworld.basis import load_basis
from engines.faceworld.expressions import ACTIONS, sample_expression
from engines.faceworld.photo import CONTROLS, Photo

NUMBERS = [name for name, control in CONTROLS.items() if not control.choices]
CHOICES = [name for name, control in CONTROLS.items() if control.choices]


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_are_taken_to_both_ends(name: str) -> None:
    control, photo = CONTROLS[name], Photo.sample(3)
    for value in (control.low, (control.low + control.high) / 2, control.high):
        assert photo.changed(**{name: value}).controls()[name] == pytest.approx(value, abs=1e-5)
    beyond = control.high + 0.01
    for wrong in (beyond, control.low - 0.01, float("nan"), "wide"):
        with pytest.raises(BadConfig, match=name):
            photo.changed(**{name: wrong})


@pytest.mark.parametrize("name", CHOICES)
def test_names_are_of_the_choices(name: str) -> None:
    photo = Photo.sample(3)
    for choice in CONTROLS[name].choices:
        assert photo.changed(**{name: choice}).controls()[name] == choice
    with pytest.raises(BadConfig, match=name):
        photo.changed(**{name: "moon"})


def test_no_other_controls() -> None:
    with pytest.raises(BadConfig, match="brightness"):
        Photo.sample(0).changed(brightness=1)


@pytest.mark.parametrize("seed", range(4))
def test_setting_what_is_there_changes_nothing(seed: int) -> None:
    photo = Photo.sample(seed, occluder="none")
    values: dict[str, Any] = photo.controls()
    again = photo.changed(**values)
    assert again.controls() == pytest.approx(values)
    assert again.place == photo.place and again.light.key == pytest.approx(photo.light.key)
    assert again.light.ambient is photo.light.ambient


def test_degrees_outside_radians_inside() -> None:
    photo = Photo.sample(1).changed(yaw=30, gaze_x=-10)
    assert photo.yaw == pytest.approx(np.pi / 6) and photo.light.gaze_x == pytest.approx(-np.pi / 18)


def test_another_place_brings_its_light_and_a_named_light_stays_in_place() -> None:
    photo = Photo.sample(2).changed(place="room", light="lamp")
    outside = photo.changed(place="park")
    assert outside.place.kind == "park" and outside.source in ("sun", "overcast", "golden hour")
    assert not np.array_equal(outside.light.ambient, photo.light.ambient)
    assert outside.light.gaze_x == photo.light.gaze_x
    assert photo.changed(place="park", light="softbox").source == "softbox"


def test_faces_are_calm_unless_they_act() -> None:
    """Lids rest: hardly any eye is wide open, few are shut, and raised brows are the exception."""
    basis = load_basis()
    drawn = np.stack([sample_expression(np.random.default_rng(n)) for n in range(600)])
    wide, shut = (drawn[:, basis.action(name)] for name in ("eyeWideLeft", "eyeBlinkLeft"))
    assert (wide > 0).mean() < 0.12 and wide.max() <= 0.3
    assert 0.01 < (shut > 0.3).mean() < 0.08 and np.median(shut) < 0.1
    assert (drawn[:, [basis.action(name) for name in ACTIONS["brows"]]].max(1) > 0).mean() < 0.12
    assert drawn.min() >= 0 and drawn.max() <= 1
