"""Light: harmonics by hand, exposure and balance after the face, and the bank's lights in the places that have them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.faceworld.light import (
    _LIT_BY,
    FRONT,
    SOURCES,
    Light,
    _add,
    environment,
    irradiance,
    light_at,
    mix_lights,
    sample_light,
    unit,
)
from engines.faceworld.places import KINDS, SMALL, Place, background

ANGLES = st.tuples(st.floats(0, np.pi), st.floats(0, 2 * np.pi))


def _direction(angles: tuple[float, float]) -> tuple[float, float, float]:
    polar, turn = angles
    return np.sin(polar) * np.cos(turn), np.sin(polar) * np.sin(turn), np.cos(polar)


def _sphere() -> list[tuple[float, float, float]]:
    """Evenly spread directions: a Fibonacci lattice."""
    number = np.arange(2000)
    z, turn = 1 - (2 * number + 1) / 2000, number * np.pi * (3 - np.sqrt(5))
    flat = np.sqrt(1 - z * z)
    return list(zip(flat * np.cos(turn), flat * np.sin(turn), z, strict=True))


def test_white_all_around_lights_every_side_alike() -> None:
    """Radiance 1 from everywhere: irradiance pi, over pi 1, whatever the normal."""
    coefficients = np.zeros((9, 3))
    for direction in _sphere():
        for channel in range(3):
            _add(coefficients, channel, 4 * np.pi / 2000, *direction)
    for normal in _sphere()[::97]:
        np.testing.assert_allclose(irradiance(coefficients, *normal), 1, atol=2e-3)


@given(towards=ANGLES, normal=ANGLES)
def test_one_direction_is_the_cosine_lobe_to_order_two(
    towards: tuple[float, float], normal: tuple[float, float]
) -> None:
    """(1 + 2 cos + 5/4 P2(cos)) / 4 pi: the three terms of the clamped cosine, worked out by hand."""
    coefficients, light, side = np.zeros((9, 3)), _direction(towards), _direction(normal)
    _add(coefficients, 1, 1.0, *light)
    cosine = float(np.dot(light, side))
    expected = (1 + 2 * cosine + 1.25 * (3 * cosine**2 - 1) / 2) / (4 * np.pi)
    red, green, blue = irradiance(coefficients, *side)
    assert green == pytest.approx(expected, abs=1e-6) and red == blue == 0


def test_a_grey_place_without_a_lamp_is_even() -> None:
    picture = np.full((SMALL, SMALL, 3), 0.5, np.float32)
    coefficients = environment(picture, (1.0, 1.0, 1.0), (1.0, 1.0, 1.0), (0.0, -1.0, 0.0), 0.3, np.zeros(3))
    values = np.array([irradiance(coefficients, *normal) for normal in _sphere()[::50]])
    np.testing.assert_allclose(values, 0.51, atol=0.02)


def test_the_place_colours_the_side_it_is_on() -> None:
    """A red left half and a blue right half: cheeks turned there receive more of it."""
    picture = np.full((SMALL, SMALL, 3), 0.1, np.float32)
    picture[:, : SMALL // 2, 0] = picture[:, SMALL // 2 :, 2] = 0.8
    coefficients = environment(picture, (1.0, 1.0, 1.0), (1.0, 1.0, 1.0), (0.0, -1.0, 0.0), 0.3, np.ones(3))
    left, right = irradiance(coefficients, -0.8, 0.6, 0.0), irradiance(coefficients, 0.8, 0.6, 0.0)
    assert left[0] > 1.2 * right[0] and right[2] > 1.2 * left[2] and left[1] == pytest.approx(right[1], rel=0.01)


@pytest.mark.parametrize("name", list(SOURCES))
def test_each_light_of_the_bank_exposes_a_face(name: str) -> None:
    """On a face that looks ahead: about as bright whatever the light, nearly white, the key from where it should be."""
    for number in range(20):
        light = light_at(Place(KINDS[number % len(KINDS)], number), name, np.random.default_rng(number))
        facing = max(float(np.dot(light.key_direction, FRONT)), 0.42)
        face = np.array(irradiance(light.ambient, *FRONT)) + np.array(light.key) * facing
        assert 0.6 < face.mean() < 1.5 and face.max() / face.min() < 1.9
        assert np.linalg.norm(light.key_direction) == pytest.approx(1)
        low, high = SOURCES[name].height
        assert np.sin(low) - 1e-9 <= light.key_direction[2] <= np.sin(high) + 1e-9
        assert np.array(light.key).min() > 0


def test_every_place_has_its_lights() -> None:
    assert set(_LIT_BY) == set(KINDS)
    assert {name for names in _LIT_BY.values() for name in names} == set(SOURCES)


def test_mixed_lights_lie_between() -> None:
    one, other = (sample_light(np.random.default_rng(seed)) for seed in (1, 2))
    start, middle, end = (mix_lights(one, other, share) for share in (0.0, 0.5, 1.0))
    np.testing.assert_allclose(start.ambient, one.ambient)
    np.testing.assert_allclose(middle.ambient, (one.ambient + other.ambient) / 2)
    np.testing.assert_allclose(end.key, other.key)
    assert isinstance(end, Light) and (end.gaze_x, end.pupil) == (one.gaze_x, one.pupil)


@given(st.tuples(*[st.floats(-9, 9)] * 3).filter(lambda v: np.linalg.norm(v) > 0.1))
def test_unit_vectors(vector: tuple[float, float, float]) -> None:
    assert np.linalg.norm(unit(np.array(vector))) == pytest.approx(1)


@pytest.mark.parametrize("kind", KINDS)
def test_places_are_pictures_that_repeat(kind: str) -> None:
    background.cache_clear()
    one, again = background(Place(kind, 5)), None
    background.cache_clear()
    again = background(Place(kind, 5))
    np.testing.assert_array_equal(one, again)
    assert one.shape == (SMALL, SMALL, 3) and one.dtype == np.float32
    assert one.min() > 0 and one.max() < 2 and not np.array_equal(one, background(Place(kind, 6)))
    with pytest.raises(ValueError, match="read-only"):
        one[0, 0, 0] = 1
