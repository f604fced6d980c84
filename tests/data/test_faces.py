"""Faces: the portrait that ships, none, forty, a small one in a large photograph, and one that fills it."""

import io
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter

from engines.data.faces import align, face_quality, find_faces
from engines.data.images import read_image

PORTRAIT = Path(__file__).parents[2] / "assets" / "media" / "astronaut.jpg"
EYES_BY_HAND = np.array([[204.0, 101.0], [247.0, 104.0]])  # pupils, read off the enlarged portrait


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    return read_image(PORTRAIT)


def test_the_portrait_has_one_face_where_it_is(portrait: np.ndarray) -> None:
    (face,) = find_faces(portrait)
    assert face.score > 0.99
    left, right, nose, mouth_left, mouth_right = face.landmarks
    assert np.abs(face.landmarks[:2] - EYES_BY_HAND).max() < 4
    assert left[0] < nose[0] < right[0] and mouth_left[0] < nose[0] < mouth_right[0]
    assert left[1] < nose[1] < mouth_left[1]
    x0, y0, x1, y1 = face.box
    assert (face.landmarks > [x0, y0]).all() and (face.landmarks < [x1, y1]).all()
    quality = face_quality(portrait, face)
    assert quality.ok and quality.reasons == []


def test_a_mirrored_photograph_has_mirrored_landmarks(portrait: np.ndarray) -> None:
    (face,), (mirrored,) = find_faces(portrait), find_faces(portrait[:, ::-1].copy())
    back = mirrored.landmarks[[1, 0, 2, 4, 3]] * [-1, 1] + [512, 0]
    assert np.abs(back - face.landmarks).max() < 4


@pytest.mark.parametrize("picture", [np.zeros((300, 400, 3), np.uint8), np.full((1, 900, 3), 200, np.uint8)])
def test_no_face_is_an_empty_list(picture: np.ndarray) -> None:
    assert find_faces(picture) == []


def test_noise_is_no_face() -> None:
    assert find_faces(np.random.default_rng(0).integers(0, 255, (480, 640, 3), dtype=np.uint8)) == []


def test_forty_faces_are_forty_and_the_largest_come_first(portrait: np.ndarray) -> None:
    face = Image.fromarray(portrait[20:220, 120:320])
    sizes = [110 + 2 * i for i in range(40)]
    sheet = Image.new("RGB", (8 * 200, 5 * 200), (90, 90, 90))
    for i, size in enumerate(sizes):
        sheet.paste(face.resize((size, size)), (i % 8 * 200, i // 8 * 200))
    found = find_faces(np.asarray(sheet))
    assert len(found) == 40
    areas = [float(np.prod(each.box[2:] - each.box[:2])) for each in found]
    assert areas == sorted(areas, reverse=True)
    cells = {(int(each.landmarks[2, 0] // 200), int(each.landmarks[2, 1] // 200)) for each in found}
    assert len(cells) == 40


def test_a_face_of_seventy_pixels_in_twelve_megapixels_is_found(portrait: np.ndarray) -> None:
    sheet = Image.new("RGB", (4000, 3000), (120, 120, 120))
    small = Image.fromarray(portrait).resize((340, 340), Image.Resampling.LANCZOS)
    sheet.paste(small, (2900, 1700))
    (face,) = find_faces(np.asarray(sheet))
    expected = EYES_BY_HAND * 340 / 512 + [2900, 1700]
    assert np.abs(face.landmarks[:2] - expected).max() < 4


@pytest.mark.parametrize("side", [60, 900, 3000])
def test_a_face_that_fills_the_photograph_is_one_face(portrait: np.ndarray, side: int) -> None:
    tight = Image.fromarray(portrait[60:190, 165:285]).resize((side, side))
    (face,) = find_faces(np.asarray(tight))
    assert (face.box[2:] - face.box[:2]).min() > 0.6 * side


def test_a_twelve_megapixel_photograph_takes_less_than_two_seconds(portrait: np.ndarray) -> None:
    photo = Image.new("RGB", (4000, 3000), (100, 110, 120))
    photo.paste(Image.fromarray(portrait).resize((3000, 3000)), (500, 0))
    buffer = io.BytesIO()
    photo.save(buffer, "JPEG", quality=92)
    find_faces(np.zeros((64, 64, 3), np.uint8))  # the network is loaded once in a process
    before = time.process_time()
    image = read_image(buffer.getvalue())
    found = find_faces(image)
    qualities = [face_quality(image, face) for face in found]
    assert time.process_time() - before < 2
    assert len(qualities) == 1


def test_a_blurred_portrait_is_not_judged(portrait: np.ndarray) -> None:
    """2.5 px of the portrait are 2 px of the crop."""
    soft = gaussian_filter(portrait, (2.5, 2.5, 0))
    quality = face_quality(soft, find_faces(soft)[0])
    assert not quality.ok and "blurred" in quality.reasons[0]


def test_detection_leaves_torch_s_threads_as_they_were(portrait: np.ndarray) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    find_faces(portrait)
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)


def test_the_aligned_portrait_has_its_eyes_where_the_detector_expects_them(portrait: np.ndarray) -> None:
    crop = align(portrait, find_faces(portrait)[0])
    assert crop.shape == (112, 112, 3) and crop.dtype == np.uint8
    again = find_faces(crop)[0].landmarks
    assert np.abs(again[:2].mean(axis=0) - [56, 51]).max() < 2
    assert abs(np.hypot(*(again[1] - again[0])) - 35) < 3
    assert abs(again[1, 1] - again[0, 1]) < 2
