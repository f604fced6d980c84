"""Drift of a tower's features: nothing where nothing changes, and there where something does."""

import numpy as np
import pytest
import torch

from engines.analysis.feature_drift import feature_drift
from engines.backbones import towers
from engines.backbones.tower import TowerOutput
from engines.errors import BadInput


@pytest.fixture(scope="module")
def tower() -> towers.Tower:
    return towers.build("vit-tiny-random")


class Means(torch.nn.Module):
    """A tower whose tokens are the mean colours of four quarters: what it says can be computed by hand."""

    size_px = 4

    def __init__(self) -> None:
        super().__init__()
        self.unused = torch.nn.Parameter(torch.zeros(1))

    def forward(self, images: torch.Tensor) -> TowerOutput:
        grid = torch.nn.functional.avg_pool2d(images, 2).flatten(2).transpose(1, 2)
        return TowerOutput(images.mean((2, 3)), images.mean((2, 3)), grid)


def test_by_hand() -> None:
    clip = np.zeros((2, 4, 4, 3), np.uint8)
    clip[..., 0] = 255  # red throughout
    clip[1, :2, :2] = (0, 255, 0)  # the first quarter turns green: at right angles
    found = feature_drift(Means(), clip)  # type: ignore[arg-type]
    np.testing.assert_allclose(found.patches, [[[1, 0], [0, 0]]], atol=1e-6)
    np.testing.assert_allclose(found.pooled, [1 - 0.75 / np.hypot(0.75, 0.25)], atol=1e-6)


def test_a_still_clip_does_not_move_and_a_changed_one_does(tower: towers.Tower) -> None:
    rng = np.random.default_rng(0)
    clip = np.repeat(rng.integers(0, 255, (1, 56, 56, 3)).astype(np.uint8), 4, 0)
    clip[2, :14, :14] = 255 - clip[2, :14, :14]
    found = feature_drift(tower, clip, batch=3)
    assert found.pooled.shape == (3,) and found.patches.shape == (3, 4, 4)
    assert abs(found.pooled[0]) < 1e-5 and np.abs(found.patches[0]).max() < 1e-5
    np.testing.assert_allclose(found.pooled[1], found.pooled[2], rtol=1e-3)
    assert found.patches[1].argmax() == 0, "the patch that changed changes most"


def test_clips_of_a_batch_are_as_they_are_alone(tower: towers.Tower) -> None:
    clips = np.random.default_rng(1).integers(0, 255, (2, 3, 70, 70, 3)).astype(np.uint8)
    together = feature_drift(tower, clips)
    for number in range(2):
        np.testing.assert_allclose(together.patches[number], feature_drift(tower, clips[number]).patches, atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 56, 56, 3), (4, 56, 56), (4, 56, 56, 1)])
def test_what_is_no_clip_is_said(shape: tuple[int, ...], tower: towers.Tower) -> None:
    with pytest.raises(BadInput, match="two frames"):
        feature_drift(tower, np.zeros(shape, np.uint8))
