import json

import pytest
import torch

from engines.backbones import denoiser
from engines.errors import BadInput, BadWeights
from engines.synthesis.latent.bundle import bundle, check


@pytest.fixture
def run(tmp_path):
    """A finished run of the recipe `latent`, as it lies on disk, with a tiny model."""
    model = denoiser.build("tiny-random")
    for name, part in (("vae", model.vae), ("unet", model.unet), ("scheduler", model.schedule)):
        part.save_pretrained(tmp_path / "run" / "artifacts" / "model" / name)
    told = {"data": "face world", "seed": 3, "rebuilt_psnr_db": 21.5, "rebuilt_l1": 0.06, "pictures": 8}
    (tmp_path / "run" / "result.json").write_text(json.dumps(told))
    (tmp_path / "run" / "spec.json").write_text(json.dumps({"preset": "full", "config": {"steps": 6}}))
    return tmp_path / "run"


def test_a_bundled_model_is_the_runs_in_half_precision_with_its_cards(run, tmp_path, monkeypatch):
    cards = bundle(run, tmp_path / "denoiser")
    assert [card.name for card in cards] == ["denoiser/vae", "denoiser/unet"]
    assert cards[0].held_out == {"rebuilt_psnr_db": 21.5, "rebuilt_l1": 0.06, "pictures": 8}
    assert (cards[1].seed, cards[1].data, cards[1].command) == (
        3,
        "face world",
        "mien train latent --preset full --wait",
    )
    monkeypatch.setattr(denoiser, "BUNDLED", tmp_path / "denoiser")
    one, other = denoiser.build("world"), denoiser.build("tiny-random")
    noisy, t = torch.randn(1, 4, 8, 8), torch.tensor([100])
    torch.testing.assert_close(one(noisy, t), other(noisy, t), atol=0.02, rtol=0.02)
    assert denoiser.bundled_cards(tmp_path / "denoiser") == cards


def test_a_changed_file_is_refused(run, tmp_path, monkeypatch):
    bundle(run, tmp_path / "denoiser")
    file = tmp_path / "denoiser" / denoiser.WEIGHTS["unet"]
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    monkeypatch.setattr(denoiser, "BUNDLED", tmp_path / "denoiser")
    with pytest.raises(BadWeights, match="not the file that its card names"):
        denoiser.build("world")


def test_a_model_of_other_data_may_not_ship(run, tmp_path):
    told = json.loads((run / "result.json").read_text()) | {"data": "my photographs"}
    (run / "result.json").write_text(json.dumps(told))
    with pytest.raises(BadInput, match="of my photographs"):
        bundle(run, tmp_path / "denoiser")
    assert not (tmp_path / "denoiser").exists()


def test_the_bundled_model_is_whole():
    cards = denoiser.bundled_cards()
    check(cards)
    model = denoiser.build("world")
    assert (model.shrinks, model.steps) == (4, 1000)
    assert cards[0].held_out["rebuilt_psnr_db"] > 18
