"""Detectors whose weights or answers are no finite numbers, and those of other architectures: what a page is told."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from engines.detection.detector import Detector, build
from engines.errors import BadConfig, BadInput, BadWeights, MienError
from workbench import finite, questions

PICTURES = 12
CARD = {
    "name": "lora", "tower": "vit-tiny-random", "method": "lora", "options": {"rank": 2}, "head": "softmax2",
    "crop_px": 56, "pretrained": False, "calibration": {"scale": 1.0, "bias": 0.0, "threshold": 0.5},
}  # fmt: skip


@pytest.fixture(scope="module")
def crop() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (112, 112, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A user's folder with so many test pictures of each kind."""
    root, rng = tmp_path_factory.mktemp("data"), np.random.default_rng(1)
    for part in ("train", "test"):
        for kind in ("real", "fake"):
            (root / part / kind).mkdir(parents=True)
            for number in range(PICTURES):
                picture = rng.integers(0, 255, (112, 112, 3), dtype=np.uint8)
                Image.fromarray(picture).save(root / part / kind / f"{kind}{number}.png")
    return str(root)


def saved(folder: Path, **card: Any) -> tuple[Detector, Path]:
    """A detector, and where it is to be saved, named as the model of a run is."""
    torch.manual_seed(0)
    where = folder / "runs" / "261128-bad" / "artifacts" / "model"
    where.mkdir(parents=True)
    return build(CARD | card).eval(), where


def ask(name: str, **arguments: Any) -> Any:
    return questions.QUESTIONS[name](lambda *said: None, **arguments)


def everything(detector: str, crop: np.ndarray, data: str) -> dict[str, dict[str, Any]]:
    """Each question that pages ask of a detector."""
    face = {"crop": crop, "detector": detector}
    return {
        "attend": face,
        "attribute": {**face, "method": "grad-cam", "target": "forged"},
        "embed": {"detector": detector, "layout": "PCA", "data": data, "near": 5, "seed": 0, "later": False},
        "erase": {"detector": detector, "data": data, "order": "strongest"},
        "compare": {"first": detector, "second": "effort", "data": data},
        "difference": {"first": detector, "second": "effort", "data": data, "place": 0, "method": "grad-cam"},
    }


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_named_with_a_way_on(
    value: float, tmp_path: Path, crop: np.ndarray, data: str
) -> None:
    model, folder = saved(tmp_path)
    model.head.weight.data[0, 0] = value
    model.save(folder)
    for name, arguments in everything(str(folder), crop, data).items():
        with pytest.raises(
            BadWeights, match=r"of run 261128-bad holds .*not finite.*head.weight.*Choose another"
        ) as said:
            ask(name, **arguments)
        assert str(tmp_path) not in str(said.value)


def test_activations_that_overflow_are_said(tmp_path: Path, crop: np.ndarray, data: str) -> None:
    model, folder = saved(tmp_path)
    for parameter in model.tower.parameters():
        if parameter.requires_grad:
            parameter.data.fill_(1e25)  # finite, and its square is not
    model.save(folder)
    for name, arguments in everything(str(folder), crop, data).items():
        with pytest.raises(BadInput, match=r"of run 261128-bad overflows.*Choose another detector"):
            ask(name, **arguments)


def test_a_sound_detector_is_answered(tmp_path: Path, crop: np.ndarray, data: str) -> None:
    model, folder = saved(tmp_path)
    model.save(folder)
    found = {name: ask(name, **arguments) for name, arguments in everything(str(folder), crop, data).items()}
    assert found["embed"]["points"].shape == (2 * PICTURES, 2)
    assert np.isfinite(found["attend"]["maps"]).all()


def test_spectra_that_are_no_numbers_are_said(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "261128-bad" / "artifacts" / "arrays"
    folder.mkdir(parents=True)
    good, bad = np.ones((4, 6)), np.ones((4, 6))
    bad[2, 3] = np.nan
    np.savez(folder / "spectra.npz", values=good, after=bad)
    np.savez(folder / "features.npz", before=good, after=good)
    files = {"spectra": str(folder / "spectra.npz"), "features": str(folder / "features.npz")}
    with pytest.raises(BadInput, match=r"of run 261128-bad overflows: 1 of the 48 numbers of its singular values"):
        ask("inside", **files, rank=1, floor=0.0)


def test_a_network_of_another_architecture_says_what_it_lacks(tmp_path: Path, crop: np.ndarray, data: str) -> None:
    model, folder = saved(tmp_path, tower="timm/resnet18", method="probe", options={})
    model.save(folder)
    asked = everything(str(folder), crop, data)
    with pytest.raises(BadConfig, match="no attention to show; choose a vision transformer"):
        ask("attend", **asked["attend"])
    with pytest.raises(BadInput, match="Attention rollout needs a transformer; choose another method"):
        ask("attribute", **asked["attribute"] | {"method": "attention rollout"})
    direction = asked["attribute"] | {"target": "direction", "projection": "blocks.0.v"}
    with pytest.raises(BadInput, match="no attention weights; explain its logit instead"):
        ask("attribute", **direction)
    assert ask("embed", **asked["embed"])["points"].shape == (2 * PICTURES, 2)
    assert ask("compare", **asked["compare"])["angles"] == []


def test_a_checkpoint_of_another_architecture_is_refused(tmp_path: Path, crop: np.ndarray) -> None:
    model, folder = saved(tmp_path)
    model.save(folder)
    card = folder / "detector.json"
    card.write_text(card.read_text().replace('"lora"', '"full"').replace('"rank": 2', ""))
    with pytest.raises(MienError, match="belongs to another model"):
        ask("attend", crop=crop, detector=str(folder))


def test_a_block_that_is_not_there_is_said(tmp_path: Path, crop: np.ndarray) -> None:
    model, folder = saved(tmp_path)
    model.save(folder)
    last = model.tower.depth
    asked = {"crop": crop, "detector": str(folder), "method": "grad-cam", "target": "direction"}
    with pytest.raises(BadInput, match=rf"no weight v in block {last + 1}; its blocks are 1 to {last}"):
        ask("attribute", **asked, projection=f"blocks.{last}.v")


def test_a_set_of_too_few_pictures_is_said(tmp_path: Path, data: str) -> None:
    for kind in ("real", "fake"):
        (tmp_path / "few" / "test" / kind).mkdir(parents=True)
        source = Path(data) / "test" / kind / f"{kind}0.png"
        (tmp_path / "few" / "test" / kind / source.name).write_bytes(source.read_bytes())
    with pytest.raises(BadInput, match="has 2 pictures to look at; 8 or more"):
        ask("erase", detector="effort", data=str(tmp_path / "few"), order="strongest")


def test_a_detector_is_called_by_its_name_or_its_run() -> None:
    assert finite.named("effort") == "effort"
    assert finite.named("/home/runs/261128-a/artifacts/model/rivals/lora") == "of run 261128-a"
    finite.finite("effort", score=0.5)
