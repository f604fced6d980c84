from dataclasses import dataclass, field

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from engines.detection import baselines
from engines.errors import BadInput


@dataclass
class Pictures:
    images: np.ndarray
    labels: np.ndarray
    family: np.ndarray
    target_id: np.ndarray
    jpeg_bytes: np.ndarray = field(default_factory=lambda: np.zeros(0))


def noise(n=160, seed=0, size=40):
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    images = rng.integers(60, 190, (n, size, size, 3)).astype(np.uint8)
    family = np.where(labels == 1, np.where(np.arange(n) % 4 == 1, "swap", "blend"), "real")
    return Pictures(images, labels, family, np.arange(n) // 4, rng.normal(3000, 100, n))


def with_fakes(change, seed):
    made = noise(seed=seed)
    for i in np.flatnonzero(made.labels):
        made.images[i] = change(made.images[i])
    return made


def blur_centre(image):
    soft = image.copy()
    soft[10:30, 10:30] = gaussian_filter(image[10:30, 10:30].astype(float), (0.4, 0.4, 0))
    return soft


def table(change, names=tuple(baselines.FEATURES)):
    rows = baselines.evaluate(with_fakes(change, 1), with_fakes(change, 2), names=names, draws=20)
    return {(row["name"], row["family"]): row for row in rows}


def test_a_blurred_centre_is_seen_by_sharpness_alone():
    rows = table(blur_centre, ["sharpness", "mean colour", "border pixels"])
    for family in ("swap", "blend"):
        assert rows["sharpness", family]["auc"] > 0.98
        assert rows["mean colour", family]["auc"] < 0.75
        assert rows["border pixels", family]["auc"] < 0.75


def test_a_colour_leak_is_caught():
    rows = table(lambda image: np.clip(image + np.array([12, 0, 0]), 0, 255))
    for name in ("mean colour", "colour mean and spread", "border pixels", "8 x 8 thumbnail"):
        assert rows[name, "swap"]["auc"] > 0.95, name
    assert rows["JPEG size", "swap"]["auc"] < 0.75


def test_a_size_leak_is_caught():
    first, second = noise(seed=1), noise(seed=2)
    for made in (first, second):
        made.jpeg_bytes = made.jpeg_bytes + 400 * made.labels
    rows = baselines.evaluate(first, second, names=["JPEG size"], draws=20)
    assert all(row["auc"] > 0.98 for row in rows)
    assert all(row["low"] <= row["auc"] <= row["high"] for row in rows)


def test_sharpness_by_hand():
    flat = np.full((1, 32, 32, 3), 100, np.uint8)
    flat[0, 15, 15] = 109  # one brighter pixel: |Laplacian| 4 x 9 there and 9 at each of four neighbours
    made = Pictures(flat, np.array([0]), np.array(["real"]), np.array([0]))
    whole, centre, border, ratio = baselines.sharpness(made)[0]
    assert whole == pytest.approx(72 / 32**2)
    assert centre == pytest.approx(72 / 16**2)
    assert border == 0
    assert ratio == pytest.approx(np.log(72 / 16**2 + 1))


def test_features_have_their_shapes():
    made = noise(n=6)
    widths = {name: feature(made).shape for name, feature in baselines.FEATURES.items()}
    assert widths == {
        "sharpness": (6, 4),
        "mean colour": (6, 3),
        "colour mean and spread": (6, 6),
        "JPEG size": (6, 1),
        "border pixels": (6, 3 * 4 * 6),
        "8 x 8 thumbnail": (6, 192),
    }


def test_thumbnail_and_border_by_hand():
    image = np.zeros((1, 48, 48, 3), np.uint8)
    image[0, :6] = 60  # the top frame alone
    made = Pictures(image, np.array([0]), np.array(["real"]), np.array([0]))
    thumb = baselines.thumbnail(made).reshape(8, 8, 3)
    assert (thumb[0] == 60).all()
    assert (thumb[1:] == 0).all()
    top, bottom, left, right = baselines.border_pixels(made).reshape(4, 8, 3)
    assert (top == 60).all()
    assert (bottom == 0).all()
    assert (left[0] == 60).all()
    assert (right[1:] == 0).all()


def test_work_in_parts_changes_nothing(monkeypatch):
    made = noise(n=10)
    whole = {name: feature(made) for name, feature in baselines.FEATURES.items()}
    monkeypatch.setattr(baselines, "_PART", 3)
    for name, feature in baselines.FEATURES.items():
        np.testing.assert_allclose(feature(made), whole[name], rtol=1e-4)


def test_one_class_is_said():
    reals = noise()
    reals.labels = np.zeros_like(reals.labels)
    with pytest.raises(BadInput, match="reals and fakes"):
        baselines.evaluate(reals, noise())
