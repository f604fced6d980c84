"""CADDM's targets by hand, its head's shape, and masks that move as their pictures do."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from engines.backbones import towers
from engines.data.videos import Video
from engines.detection.augment import mask_view, training_view
from engines.detection.detector import Detector
from engines.detection.folders import FolderSamples
from engines.detection.rivals.localise import LocalisingLearner, MaskedSamples, forged_shares
from engines.detection.samples import WorldSamples
from engines.errors import BadInput
from engines.faceworld.dataset import ForgerySet, ForgerySpec


def test_shares_by_hand():
    """An 8 px mask whose left half is forged, 2 x 2 places with middles at pixel 2 and 6, anchors of 3 and 9 px.

    Three px around column 2 are 1 to 3, all forged; around 6 they are 5 to 7, none. Nine px around column 2 are -2 to
    6, within the picture 0 to 6, of which four of seven are forged; around 6, 2 to 7, two of six.
    """
    mask = torch.zeros(1, 8, 8)
    mask[..., :4] = 1
    shares = forged_shares(mask, (2, 2), (0.3, 1.0))
    assert shares.shape == (1, 2, 2, 2)
    assert torch.equal(shares[0, 0], torch.tensor([[1.0, 0.0], [1.0, 0.0]]))
    assert torch.allclose(shares[0, 1], torch.tensor([[4 / 7, 2 / 6], [4 / 7, 2 / 6]]))


def test_rows_are_rows():
    mask = torch.zeros(1, 8, 8)
    mask[:, :4] = 1
    assert torch.equal(forged_shares(mask, (2, 2), (0.3,))[0, 0], torch.tensor([[1.0, 1.0], [0.0, 0.0]]))


@pytest.mark.parametrize(("name", "grid"), [("vit-tiny-random", 4), ("timm/test_resnet", 2)])
def test_the_head_and_its_loss(name, grid):
    """Before training the head is made to say 0 everywhere: binary cross-entropy log 2, whatever the target."""
    tower = towers.build(name, pretrained=False)
    learner = LocalisingLearner(Detector(tower, nn.Linear(tower.feature_width, 2), {}), 0.5, (0.2, 0.5, 1.0)).eval()
    images = torch.rand(2, 3, 56, 56)
    assert learner.where(tower(images).grid()).shape == (2, 3, grid, grid)
    nn.init.zeros_(learner.where.weight)
    nn.init.zeros_(learner.where.bias)
    losses = learner({"images": images, "labels": torch.tensor([0, 1]), "mask": torch.zeros(2, 56, 56)})
    assert losses["where"].item() == pytest.approx(np.log(2))
    both = (losses["loss/real"] + losses["loss/fake"]).item() / 2
    assert losses["loss"].item() == pytest.approx(both + 0.5 * np.log(2), rel=1e-5)


def test_the_worlds_masks_are_cropped_as_pictures_are():
    """A set whose pictures are its masks: crops of both are the same, wherever they lie and however mirrored."""
    spec = ForgerySpec(split="train", families=("swap",), identities=2, reals=1, fakes_per_family=3)
    made = ForgerySet.build(spec)
    samples = WorldSamples(made, 98)
    object.__setattr__(made, "images", np.repeat(made.masks[..., None], 3, 3))
    for seed in range(4):
        items = [(index, seed) for index in range(4)]
        batch = MaskedSamples(samples, 0.1).__getitems__(items)
        assert torch.equal(batch["mask"], (batch["images"][:, 0] > 0.1).float())
        assert batch["mask"][0].sum() == 0 and (batch["mask"][1:].sum((1, 2)) > 0).all()


@pytest.mark.parametrize("recipe", ["face", "natural"])
def test_masks_of_photographs_move_as_they_do(recipe):
    """Of a white square on black, picture and mask agree but for what blur, colour and JPEG do at its edge."""
    mask = np.zeros((80, 80), np.uint8)
    mask[10:40, 6:30] = 255
    apart, places = [], set()
    for seed in range(12):
        picture = training_view(np.repeat(mask[..., None], 3, 2), recipe, 56, seed)[0]
        moved = mask_view(mask, recipe, 56, seed)
        apart.append(((picture > 0.5) != (moved > 0.5)).float().mean().item())
        places.add(tuple((moved > 0.5).nonzero().float().mean(0).round().tolist()))
    assert max(apart) < 0.03 and len(places) > 2


def test_forged_photographs_need_masks(tmp_path):
    frame, mask = tmp_path / "0.png", tmp_path / "masks" / "0.png"
    mask.parent.mkdir()
    Image.fromarray(np.zeros((60, 60, 3), np.uint8)).save(frame)
    Image.fromarray(np.full((30, 30), 255, np.uint8)).save(mask)
    with_mask = FolderSamples([Video("a", (frame,), 1, "FF-DF", masks=(mask,))], "face", 56, 1)
    assert with_mask.masks([(0, 3)]).mean() > 0.8
    real = FolderSamples([Video("a", (frame,), 0, "real")], "face", 56, 1)
    assert real.masks([(0, 3)]).sum() == 0
    with pytest.raises(BadInput, match="has no mask"):
        FolderSamples([Video("a", (frame,), 1, "FF-DF")], "face", 56, 1).masks([(0, 3)])
