import numpy as np
import pytest
import torch

from engines.detection import gallery, side_by_side
from engines.detection.detector import build
from engines.detection.samples import WorldSamples
from engines.faceworld.dataset import ForgerySet, ForgerySpec

CARD = {
    "name": "x", "tower": "vit-tiny-random", "method": "probe", "options": {}, "head": "softmax2", "crop_px": 56,
    "pretrained": False, "calibration": {},
}  # fmt: skip


@pytest.fixture(scope="module")
def detector():
    torch.manual_seed(0)
    return build(CARD).eval()


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    spec = ForgerySpec("test", ("selfblend",), 4, 4, 6, size_px=64)
    return WorldSamples(ForgerySet.build(spec, workers=1, cache=tmp_path_factory.mktemp("world")), 56)


def test_one_pass_gives_the_logits_and_the_features(detector, samples):
    heard = []
    seen = gallery.looked_at(detector, samples, lambda share, note: heard.append(share))
    crops = samples.centre(range(10))
    with torch.no_grad():
        np.testing.assert_allclose(seen.logits, detector(crops).numpy(), atol=1e-5)
        np.testing.assert_allclose(seen.features, detector.tower(crops).pooled.numpy(), atol=1e-5)
    assert heard == [0.0]
    known = gallery.described(samples)
    assert {name: len(values) for name, values in known.items()} == dict.fromkeys(known, 10)
    assert known["quality"][:4].tolist() == [1, 1, 1, 1]
    assert gallery.thumbnails(samples).shape == (10, gallery.THUMB_PX, gallery.THUMB_PX, 3)


def test_a_detector_does_not_differ_from_itself_and_a_turned_weight_is_seen(detector):
    torch.manual_seed(0)
    other = build(CARD).eval()
    other.load_state_dict(detector.state_dict())
    rows = side_by_side.weight_angles(detector, other)
    assert len(rows) == 4 * detector.tower.depth
    assert max(row["largest_deg"] for row in rows) < 0.1
    assert all(row["moved"] == 0 for row in rows)
    with torch.no_grad():
        other.tower.projections()["blocks.0.q"].weight.mul_(2)
        torch.nn.init.orthogonal_(other.tower.projections()["blocks.0.k"].weight)
    rows = {row["projection"]: row for row in side_by_side.weight_angles(detector, other)}
    assert rows["blocks.0.q"]["largest_deg"] < 0.1  # twice as long, the same space
    assert rows["blocks.0.q"]["moved"] == pytest.approx(1)
    assert rows["blocks.0.k"]["largest_deg"] > 30


def test_towers_that_do_not_correspond_have_no_angles(detector):
    other = build({**CARD, "tower": "timm/resnet18"})
    assert side_by_side.weight_angles(detector, other) == []


def test_differences_have_the_sign_of_the_better_one():
    labels = np.tile([0, 1], 40)
    family = np.where(labels == 1, np.where(np.arange(80) < 40, "swap", "edit"), "real")
    people = np.arange(80) // 4
    right, wrong = labels + 0.0, np.where(family == "edit", -1.0, labels)
    rows = {row["family"]: row for row in side_by_side.differences(right, wrong, labels, family, people, draws=50)}
    assert list(rows) == ["all families", "edit", "swap"]
    assert (rows["swap"]["difference"], rows["swap"]["fakes"]) == (0, 20)
    assert (rows["edit"]["first"], rows["edit"]["second"], rows["edit"]["difference"]) == (1, 0, 1)
    assert rows["all families"]["difference"] == pytest.approx(0.5)
