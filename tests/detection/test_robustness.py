"""Damage: each kind does what it says, more with every severity, alike each time; rows against answers by hand."""

import numpy as np
import pytest

from engines.detection import robustness
from engines.errors import BadConfig


def pictures(count=2):
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (count, 14, 14, 3))
    return np.kron(coarse, np.ones((1, 8, 8, 1))).astype(np.uint8)


@pytest.mark.parametrize("kind", robustness.STRENGTHS)
def test_more_damage_with_every_severity(kind):
    plain = pictures(4)
    away = []
    for severity in range(6):
        hurt = robustness.damage(plain, kind, severity)
        assert hurt.shape == plain.shape and hurt.dtype == np.uint8
        np.testing.assert_array_equal(hurt, robustness.damage(plain, kind, severity))
        away.append(np.abs(hurt.astype(float) - plain).mean())
    assert away[0] == 0 and np.all(np.diff(away) > 0)


def test_contrast_by_hand():
    picture = np.zeros((1, 2, 2, 3), np.uint8)
    picture[0, 0] = 200
    hurt = robustness.damage(picture, "contrast", 4)
    assert sorted(set(hurt.ravel().tolist())) == [60, 140]


def test_blocks_hide_their_share():
    """One block of an eighth of the side hides a sixty-fourth of the picture."""
    hurt = robustness.damage(np.zeros((3, 112, 112, 3), np.uint8), "block", 1)
    np.testing.assert_array_equal((hurt == 128).mean((1, 2, 3)), 1 / 64)


def test_colours_keep_their_order():
    red = np.zeros((1, 32, 32, 3), np.uint8)
    red[..., 0] = 200
    for kind in ("jpeg", "blur", "resize"):
        assert robustness.damage(red, kind, 3)[0, 16, 16].argmax() == 0


class Brightness:
    """Says "forged" of bright pictures."""

    def probabilities(self, images):
        return images.mean((1, 2, 3)) / 255


def test_rows_by_hand():
    """Forged ones are brighter: contrast and blur keep means, so the AUC stays 1."""
    images = np.stack([np.full((16, 16, 3), level, np.uint8) for level in (10, 20, 30, 200, 210, 220)])
    labels, group = np.array([0, 0, 0, 1, 1, 1]), np.arange(6)
    heard = []
    found = list(
        robustness.rows({"bright": Brightness()}, images, labels, group, ("contrast", "blur"), 50, heard.append)
    )
    assert [(row["kind"], row["severity"]) for row in found][:2] == [("none", 0), ("contrast", 1)]
    assert len(found) == 11 and all(row["auc"] == row["low"] == row["high"] == 1 for row in found)
    assert heard[-1] == 1


def test_bad_input():
    with pytest.raises(BadConfig, match="no damage 'rain'"):
        robustness.damage(pictures(), "rain", 1)
    with pytest.raises(BadConfig, match="Severity is 0 to 5"):
        robustness.damage(pictures(), "blur", 6)
