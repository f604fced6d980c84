"""The renderer: its truth agrees with an independent projection, its masks with its depth, its bytes repeat."""

import dataclasses
import resource
import subprocess
import sys

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from engines.errors import BadConfig
from engines.faceworld.basis import load_basis
from engines.faceworld.camera import finish
from engines.faceworld.landmarks import CANONICAL_CM, landmark_vertices
from engines.faceworld.people import Person
from engines.faceworld.photo import Photo
from engines.faceworld.raster import FAR, rasterise, vertex_normals
from engines.faceworld.render import render


def _complex(points: np.ndarray) -> np.ndarray:
    return points[..., 0] + 1j * points[..., 1]


CASES = [(person, photo) for person in range(3) for photo in range(3)]


@pytest.mark.parametrize(("person", "photo"), CASES)
def test_landmarks_are_where_a_pinhole_puts_them(person: int, photo: int) -> None:
    """Projected again from the head's vertices with scipy's rotations: within a pixel, and in fact within a tenth."""
    who, shot = Person.sample(person), Photo.sample(photo)
    truth = render(who, shot).truth
    basis = load_basis()
    head = who.vertices + (shot.expression @ basis.expression).reshape(-1, 3)
    turned = (Rotation.from_euler("x", shot.pitch) * Rotation.from_euler("z", shot.yaw)).apply(head)
    seen = turned[:, [0, 2]] * [1, -1] * (shot.distance / (turned[:, 1] + shot.distance))[:, None]
    left, right = (seen[eye].mean(0) for eye in basis.eyes)
    scale = 35 * shot.zoom / max(float(abs(_complex(left - right))), 0.045)
    turn = np.exp(1j * (shot.roll - np.angle(_complex(left - right))))
    centre = 56 + shot.shift[0] + 1j * (0.455 * 112 + shot.shift[1])
    expected = centre + scale * turn * _complex(seen[landmark_vertices()] - (left + right) / 2)
    assert np.abs(_complex(truth.landmarks) - expected).max() < 0.1


@pytest.mark.parametrize(("person", "photo"), CASES)
def test_canonical_places_at_landmarks_are_the_landmarks(person: int, photo: int) -> None:
    """The map of canonical places, read where a visible frontal landmark is, gives that landmark's place."""
    truth = render(Person.sample(person), Photo.sample(photo, frontal=True), 224).truth
    mean = load_basis().mean[landmark_vertices()]
    for number in (*range(27, 31), 48, 54):
        column, row = truth.landmarks[number].astype(int)
        if truth.masks["face"][row, column] == 1:
            assert np.linalg.norm(truth.places[row, column] - mean[number]) < 0.006


@pytest.mark.parametrize("size", [64, 112])
def test_masks_agree_with_depth(size: int) -> None:
    for photo in range(5):
        truth = render(Person.sample(photo), Photo.sample(photo), size).truth
        parts = [mask for name, mask in truth.masks.items() if name != "face"]
        total = np.sum(parts, axis=0)
        assert truth.depth.shape == (size, size) and all(mask.shape == (size, size) for mask in parts)
        assert total.min() >= 0 and total.max() <= 1 + 1e-6
        np.testing.assert_array_equal(total > 0, np.isfinite(truth.depth))
        np.testing.assert_array_equal(np.isfinite(truth.places[..., 0]), np.isfinite(truth.depth))
        assert truth.masks["eyes"].sum() > 0 and truth.masks["face"].mean() > 0.15


def test_eyes_are_where_face_recognition_wants_them() -> None:
    five = np.stack([render(Person.sample(n), Photo.sample(n, frontal=True)).truth.five for n in range(20)])
    assert np.abs(np.linalg.norm(five[:, 0] - five[:, 1], axis=1).mean() - 35) < 1
    assert np.abs(five[:, :2].mean(1) - [56, 51]).max() < 4
    assert (five[:, 0, 0] < five[:, 1, 0]).all()


_DIGEST = """
import hashlib
from engines.faceworld.camera import finish
from engines.faceworld.people import Person
from engines.faceworld.photo import Photo
from engines.faceworld.render import render
whole = hashlib.sha256()
for number in range(6):
    photo = Photo.sample(number)
    whole.update(finish(render(Person.sample(number), photo).image, photo.camera).tobytes())
digest = whole.hexdigest()
"""


def test_same_seeds_same_bytes_here_and_in_a_fresh_process() -> None:
    here: dict[str, str] = {}
    exec(_DIGEST, here)
    fresh = subprocess.run(
        [sys.executable, "-c", _DIGEST + "print(digest)"], capture_output=True, text=True, check=True
    )
    assert here["digest"] == fresh.stdout.strip()


def test_memory_is_flat() -> None:
    """200 more photographs of a person cost no more memory than the first 60."""
    photos = [Photo.sample(number) for number in range(260)]
    for photo in photos[:60]:
        finish(render(Person.sample(0), photo, 64).image, photo.camera)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for photo in photos[60:]:
        finish(render(Person.sample(0), photo, 64).image, photo.camera)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 12_000  # KiB


def test_the_key_light_is_on_its_side_and_shadows_fall_on_the_other() -> None:
    photo = Photo.sample(4, frontal=True, occluder="none").changed(yaw=0, place="studio", light="softbox")
    sides = []
    for across in (-0.8, 0.8):
        light = photo.light._replace(key_direction=(across, -0.55, 0.24), fill=(0.0, 0.0, 0.0))
        picture = render(Person.sample(2), dataclasses.replace(photo, light=light))
        face = picture.truth.masks["skin"] == 1
        columns = np.arange(112) < 56 + photo.shift[0]
        sides.append(picture.image[face & columns].mean() - picture.image[face & ~columns].mean())
    assert sides[0] > 0.08 and sides[1] < -0.08


def test_teeth_show_when_the_mouth_opens_and_smiles() -> None:
    photo = Photo.sample(11, frontal=True, occluder="none").changed(yaw=0, pucker=0, frown=0)
    closed, open_ = (render(Person.sample(5), photo.changed(jaw=jaw, smile=0.7), 224) for jaw in (0.0, 0.3))
    mouths = [picture.truth.masks["mouth"].sum() for picture in (closed, open_)]
    assert mouths[1] > mouths[0] + 100
    inside = open_.image[open_.truth.masks["mouth"] > 0.9]
    assert (inside.mean(1) > 0.45).mean() > 0.08 and (inside.mean(1) < 0.3).mean() > 0.2


def test_image_is_display_rgb() -> None:
    image = render(Person.sample(1), Photo.sample(1)).image
    assert image.shape == (112, 112, 3) and image.dtype == np.float32
    assert image.min() >= 0 and image.max() <= 1 and image.std() > 0.05


@pytest.mark.parametrize("size", [8, 1024])
def test_sizes_out_of_bounds_are_refused(size: int) -> None:
    with pytest.raises(BadConfig, match="px"):
        render(Person.sample(0), Photo.sample(0), size)


def test_normals_of_a_pyramid() -> None:
    """A face in the plane z = 0, counter-clockwise, looks along +z."""
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32)
    normals = vertex_normals(vertices, np.array([[0, 1, 2]], np.int32))
    np.testing.assert_allclose(normals, [[0, 0, 1]] * 3, atol=1e-6)


def test_rasterised_square_by_hand() -> None:
    """Two triangles cover pixels 1..2 of a 4 x 4 raster at depth 3; a nearer triangle hides one of them."""
    square = [[1, 1, 3], [3, 1, 3], [3, 3, 3], [1, 3, 3]]
    near = [[1, 1, 2], [2, 1, 2], [2, 2, 2], [1, 2, 2]]
    screen = np.array(square + near, np.float32)
    faces = np.array([[0, 3, 2], [0, 2, 1], [4, 7, 6], [4, 6, 5]], np.int32)
    index, depth = rasterise(screen, faces, len(faces), 4)
    expected = np.full((4, 4), FAR, np.float32)
    expected[1:3, 1:3] = 3
    expected[1, 1] = 2
    np.testing.assert_allclose(depth, expected)
    np.testing.assert_array_equal(index >= 0, expected < FAR)
    np.testing.assert_array_equal(index[1:3, 1:3] >= 2, [[True, False], [False, False]])
    turned = faces[:, ::-1].copy()
    assert (rasterise(screen, turned, len(turned), 4)[0] < 0).all()
    np.testing.assert_allclose(rasterise(screen, turned, 0, 4)[1], expected)


def test_normals_are_unit_vectors_that_agree_with_depth() -> None:
    """Across the cheek and forehead the depth's slope, differenced between pixels, is that of the normals."""
    truth = render(Person.sample(2), Photo.sample(2, frontal=True, occluder="none"), 224).truth
    seen = np.isfinite(truth.depth)
    np.testing.assert_array_equal(np.isfinite(truth.normals).all(2), seen)
    np.testing.assert_allclose(np.linalg.norm(truth.normals[seen], axis=1), 1, atol=1e-5)
    metres_per_px = 0.062 / 70
    down, across = np.gradient(np.where(seen, truth.depth, 10), metres_per_px)
    slope = np.stack([across, -np.ones_like(across), -down], 2) / np.sqrt(1 + across**2 + down**2)[..., None]
    flat = (truth.masks["skin"] == 1) & (truth.normals[..., 1] < -0.7) & (np.hypot(down, across) < 1.2)
    assert flat.sum() > 5000
    angles = np.degrees(np.arccos(np.clip((slope * truth.normals).sum(2)[flat], -1, 1)))
    assert np.median(angles) < 6 and np.quantile(angles, 0.9) < 20


def test_sixty_eight_landmarks_are_distinct_and_mirrored() -> None:
    assert len(CANONICAL_CM) == 68
    vertices = landmark_vertices()
    assert len(set(vertices)) == 68
    mean = load_basis().mean[vertices]
    for one, other in ((0, 16), (36, 45), (39, 42), (48, 54), (31, 35)):
        np.testing.assert_allclose(mean[one] * [-1, 1, 1], mean[other], atol=0.006)
