"""CLIP's image tower in the hub's real format, with random weights."""

import json
from pathlib import Path

import pytest
import torch
from transformers import CLIPConfig, CLIPModel, CLIPTextConfig, CLIPVisionConfig, CLIPVisionModel

from engines.backbones import towers
from engines.errors import BadInput, BadWeights, MissingWeights

SHAPE = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "image_size": 56,
    "patch_size": 14,
}


@pytest.fixture
def saved(tmp_path: Path) -> tuple[CLIPVisionModel, Path]:
    torch.manual_seed(0)
    model = CLIPVisionModel(CLIPVisionConfig(**SHAPE)).eval()
    model.save_pretrained(tmp_path)
    return model, tmp_path


def test_a_saved_model_gives_its_own_features(saved: tuple[CLIPVisionModel, Path]) -> None:
    model, folder = saved
    tower = towers.build(f"clip/{folder}")
    images = torch.rand(2, 3, 56, 56)
    expected = model((images - tower.mean) / tower.std)
    output = tower(images)
    assert (tower.width, tower.feature_width, tower.depth, tower.heads, tower.patch_px, tower.size_px) == (
        32,
        32,
        2,
        4,
        14,
        56,
    )
    assert (output.pooled - expected.pooler_output).abs().max() < 1e-5
    assert output.patches.shape == (2, 16, 32)


def test_attention_equals_the_library_s(saved: tuple[CLIPVisionModel, Path]) -> None:
    model, folder = saved
    tower = towers.build(f"clip/{folder}")
    images = torch.rand(2, 3, 56, 56)
    model.set_attn_implementation("eager")
    expected = model((images - tower.mean) / tower.std, output_attentions=True).attentions
    for ours, theirs in zip(tower.attention(images), expected, strict=True):
        assert ours.shape == (2, 4, 17, 17)
        assert (ours - theirs).abs().max() < 1e-5


def test_projections_are_live_and_have_gradients(saved: tuple[CLIPVisionModel, Path]) -> None:
    tower = towers.build(f"clip/{saved[1]}")
    tower(torch.rand(2, 3, 56, 56)).pooled.square().sum().backward()
    assert list(tower.projections())[:4] == ["blocks.0.q", "blocks.0.k", "blocks.0.v", "blocks.0.out"]
    assert all(linear.weight.grad.abs().sum() > 0 for linear in tower.projections().values())
    tower.replace_projection("blocks.1.out", torch.nn.Identity())
    assert isinstance(tower.projections()["blocks.1.out"], torch.nn.Identity)


def test_other_sizes_interpolate_positions(saved: tuple[CLIPVisionModel, Path]) -> None:
    tower = towers.build(f"clip/{saved[1]}")
    assert tower(torch.rand(1, 3, 28, 28)).patches.shape == (1, 4, 32)
    with pytest.raises(BadInput):
        tower(torch.rand(1, 3, 30, 30))


def test_the_image_half_of_a_whole_clip_is_used(tmp_path: Path) -> None:
    text = CLIPTextConfig(
        vocab_size=50, hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=4
    )
    whole = CLIPModel(
        CLIPConfig(text_config=text.to_dict(), vision_config=CLIPVisionConfig(**SHAPE).to_dict(), projection_dim=16)
    )
    whole.eval().save_pretrained(tmp_path)
    tower = towers.build(f"clip/{tmp_path}")
    images = torch.rand(1, 3, 56, 56)
    expected = whole.vision_model((images - tower.mean) / tower.std).pooler_output
    assert (tower(images).pooled - expected).abs().max() < 1e-5


def test_the_published_architecture_can_be_built_untrained(monkeypatch: pytest.MonkeyPatch) -> None:
    from engines.backbones import clip

    monkeypatch.setitem(clip.KNOWN["openai/clip-vit-large-patch14"], "num_hidden_layers", 1)
    tower = towers.build("clip/openai/clip-vit-large-patch14", pretrained=False)
    assert (tower.width, tower.heads, tower.size_px) == (1024, 16, 224)


def test_missing_and_damaged_files_are_sentences(saved: tuple[CLIPVisionModel, Path], tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match=r"config\.json"):
        towers.build(f"clip/{tmp_path.parent / 'nowhere'}")
    config = json.loads((saved[1] / "config.json").read_text())
    (saved[1] / "config.json").write_text(json.dumps(config | {"hidden_size": 64}))
    with pytest.raises(BadWeights, match="of another shape"):
        towers.build(f"clip/{saved[1]}")
    (saved[1] / "config.json").write_text("[]")
    with pytest.raises(BadWeights, match=r"config\.json"):
        towers.build(f"clip/{saved[1]}")
    (saved[1] / "model.safetensors").unlink()
    (saved[1] / "config.json").write_text(json.dumps(config))
    with pytest.raises(MissingWeights, match=r"model\.safetensors"):
        towers.build(f"clip/{saved[1]}")
