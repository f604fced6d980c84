"""Hair: every style covers what it should and leaves the face free; strands stay outside the skull."""

import numpy as np
import pytest

from engines.errors import BadConfig
from engines.faceworld.basis import load_basis
from engines.faceworld.beards import GROWN, grow_beard
from engines.faceworld.hair import TAIL, Hair, grow_hair, risen
from engines.faceworld.hairstyles import STYLES, HairStyle, sample_style, style_named
from engines.faceworld.people import Person
from engines.faceworld.photo import Photo
from engines.faceworld.render import render
from engines.faceworld.scalp import AZIMUTH, CENTRE, POLAR, hairline, load_scalp

COVER = {
    **{"none": (0.0, 0.02), "shaved": (0.02, 0.2), "receding": (0.02, 0.2)},
    **dict.fromkeys(("short", "brushed_up", "swept_back"), (0.05, 0.25)),
    **dict.fromkeys(("side_part", "tied", "fringe", "curly"), (0.07, 0.32)),
    **dict.fromkeys(("afro", "bob", "bob_fringe", "long", "wavy", "braids"), (0.13, 0.56)),
}
"""Least and greatest share of a near-frontal picture that is hair."""
HANGING = ("fringe", "bob", "bob_fringe", "long", "wavy", "braids")


def _grown(name: str, seed: int = 0) -> tuple[HairStyle, Hair]:
    rng = np.random.default_rng(seed)
    style = style_named(name, rng)
    return style, grow_hair(style, load_basis().mean, rng)


@pytest.mark.parametrize("name", STYLES)
def test_every_style_covers_a_plausible_share(name: str) -> None:
    for seed in range(3):
        person = Person.of(seed, "european-female", hair_style=name, years=30)
        truth = render(person, Photo.sample(seed, frontal=True, occluder="none")).truth
        low, high = COVER[name]
        assert low <= truth.masks["hair"].mean() <= high
        columns, rows = truth.landmarks[30:68].T
        face = np.s_[int(rows.min()) : int(rows.max()), int(columns.min()) : int(columns.max())]
        if name not in HANGING:
            assert truth.masks["hair"][face].sum() == 0


@pytest.mark.parametrize("name", STYLES)
def test_locks_neither_pierce_the_head_nor_float(name: str) -> None:
    """Every point stays outside the skull under it; every root lies on it."""
    style, hair = _grown(name)
    if not len(hair.rest):
        assert name in ("none", "shaved")
        return
    points = hair.rest[::2].reshape(-1, style.segments + 1, 3)
    scalp = load_scalp()
    offset = points - CENTRE
    radius = np.linalg.norm(offset, axis=2)
    row = (np.arccos(offset[..., 2] / radius) / np.pi * POLAR).astype(int)
    column = ((np.arctan2(offset[..., 0], offset[..., 1]) + np.pi) / (2 * np.pi) * AZIMUTH).astype(int)
    above = radius - scalp.radius[np.minimum(row, POLAR - 1), np.minimum(column, AZIMUTH - 1)]
    assert np.percentile(above, 1) > -0.004
    tail = TAIL if name == "tied" else 0
    assert np.abs(above[: len(points) - tail, 0]).max() < 0.03
    assert np.linalg.norm(np.diff(points, axis=1), axis=2).max() < 0.09


@pytest.mark.parametrize("name", ["bob", "long", "wavy", "braids"])
def test_long_hair_hangs_beside_the_face(name: str) -> None:
    """Before the ears and below the eyes no lock comes nearer to the middle than the cheeks."""
    _, hair = _grown(name)
    before = hair.rest[(hair.rest[:, 1] < 0.02) & (hair.rest[:, 2] < -0.01) & (hair.rest[:, 2] > -0.10)]
    assert not (np.abs(before[:, 0]) < 0.045).any()


def test_bands_are_meshes_with_unit_normals() -> None:
    _, hair = _grown("wavy")
    assert len(hair.vertices) == len(hair.rest) == len(hair.normals) == len(hair.strands)
    assert hair.faces.max() == len(hair.vertices) - 1 and hair.faces.min() == 0
    np.testing.assert_allclose(np.linalg.norm(hair.normals, axis=1), 1, atol=1e-5)
    along = hair.rest[hair.faces[:, 2]] - hair.rest[hair.faces[:, 0]]
    assert (np.linalg.norm(along, axis=1) > 1e-5).mean() > 0.99  # the third corner is farther along the lock
    brightness, _, down = hair.strands.T
    assert brightness.min() > 0.4 and brightness.max() < 1.3 and down.min() == 0 and down.max() == 1


def test_hair_affords_its_share_of_a_photograph() -> None:
    """Triangles are what hair costs."""
    assert max(len(_grown(name)[1].faces) for name in STYLES) < 10_500


def test_same_seed_same_hair() -> None:
    np.testing.assert_array_equal(_grown("curly", 4)[1].vertices, _grown("curly", 4)[1].vertices)
    assert np.abs(_grown("curly", 4)[1].vertices[:50] - _grown("curly", 5)[1].vertices[:50]).max() > 1e-4


def test_styles_follow_sex_age_and_ancestry() -> None:
    rng = np.random.default_rng(0)

    def share(names: tuple[str, ...], male: bool, old: float, african: float) -> float:
        return float(np.mean([sample_style(rng, male, old, african).name in names for _ in range(400)]))

    long = ("bob", "bob_fringe", "long", "wavy", "tied")
    assert share(long, False, 0.0, 0.1) > 0.6 and share(long, True, 0.0, 0.1) < 0.05
    bald = ("none", "receding")
    assert share(bald, True, 1.0, 0.1) > 0.3 > share(bald, True, 0.0, 0.1)
    assert share(bald, False, 1.0, 0.1) == 0
    curled = ("afro", "braids", "curly")
    assert share(curled, False, 0.0, 0.9) > 0.4 > share(curled, False, 0.0, 0.1)


def test_a_hairline_recedes() -> None:
    """The same draw with more thinning begins higher over the temples."""
    temple = np.array([[0.035, 0.0, 0.075]])
    full, thin = (style_named("short", np.random.default_rng(1), thinning) for thinning in (0.0, 1.0))
    assert hairline(thin, temple)[0] < hairline(full, temple)[0] - 0.01


def test_unknown_styles_are_refused() -> None:
    with pytest.raises(BadConfig, match=r"mohawk.*afro"):
        style_named("mohawk", np.random.default_rng(0))


def test_the_scalp_rises_only_above_the_hairline() -> None:
    line = np.array([-0.1, 0.0, 0.5], np.float32)
    np.testing.assert_allclose(risen(line, 0.01), [0, 0, 0.01], atol=1e-9)


def test_a_grown_beard_sits_on_the_lower_face_and_moves_with_it() -> None:
    skin, head = Person.sample(0).skin, load_basis().mean
    assert grow_beard(skin._replace(beard=GROWN - 0.01), head, np.random.default_rng(0)) is None
    beard = grow_beard(skin._replace(beard=1.0), head, np.random.default_rng(0))
    assert beard is not None
    places = beard.locks.rest
    assert places[:, 2].max() < -0.03 and places[:, 1].max() < 0.08
    mouth = (np.abs(places[:, 0]) < 0.015) & (np.abs(places[:, 2] + 0.0745) < 0.003)
    assert mouth.mean() < 0.01
    carried = np.linalg.norm(head[beard.carriers] - beard.locks.vertices, axis=1)
    assert carried.max() < 0.035
