import pickle

import pytest
import torch
from safetensors.torch import load_file
from typer.testing import CliRunner

from engines.backbones.convert import convert, tensors
from engines.errors import BadInput, BadWeights
from workbench.cli import app


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return torch.nn.Linear(3, 2)


def test_a_checkpoint_becomes_the_same_tensors_by_plain_names(model, tmp_path):
    trained = {"epoch": 3, "state_dict": {f"module.{name}": value for name, value in model.state_dict().items()}}
    torch.save(trained, tmp_path / "own.pth")
    found = convert(tmp_path / "own.pth", tmp_path / "own.safetensors")
    assert {name: info.shape for name, info in found.items()} == {"weight": (2, 3), "bias": (2,)}
    for name, value in load_file(tmp_path / "own.safetensors").items():
        assert torch.equal(value, model.state_dict()[name])


def test_a_file_with_code_is_refused_and_its_code_never_runs(tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    (tmp_path / "trap.pth").write_bytes(pickle.dumps({"state_dict": Trap()}))
    torch.save({"weight": torch.ones(1), "trap": Trap()}, tmp_path / "zip.pth")
    (tmp_path / "ran").unlink(missing_ok=True)
    for name in ("trap.pth", "zip.pth"):
        with pytest.raises(BadWeights, match="holds code, or is no checkpoint"):
            convert(tmp_path / name, tmp_path / "out.safetensors")
    assert {path.name for path in tmp_path.iterdir()} == {"trap.pth", "zip.pth"}  # nothing ran, nothing is left


def test_a_file_that_needs_too_much_memory_or_is_none_is_said(tmp_path):
    torch.save({"weight": torch.zeros(2**28)}, tmp_path / "large.pth")
    with pytest.raises(BadWeights, match="more memory"):
        convert(tmp_path / "large.pth", tmp_path / "large.safetensors", memory=1500 * 2**20)
    with pytest.raises(BadInput, match="no file"):
        convert(tmp_path / "none.pth", tmp_path / "x.safetensors")
    (tmp_path / "x.safetensors").write_bytes(b"mine")
    with pytest.raises(BadInput, match="exists already"):
        convert(tmp_path / "large.pth", tmp_path / "x.safetensors")
    assert (tmp_path / "x.safetensors").read_bytes() == b"mine"


def test_shared_and_transposed_tensors_are_written_whole():
    weight = torch.arange(6.0).view(2, 3)
    found = tensors({"model": {"a": weight.T, "tied": weight, "step": 3}})
    assert {name: value.tolist() for name, value in found.items()} == {
        "a": weight.T.tolist(), "tied": weight.tolist(),
    }  # fmt: skip
    assert found["a"].is_contiguous()
    with pytest.raises(BadWeights, match="no tensors by name"):
        tensors([weight])


def test_the_command_says_what_it_wrote(model, tmp_path):
    torch.save(model.state_dict(), tmp_path / "own.pth")
    done = CliRunner().invoke(app, ["weights", "convert", str(tmp_path / "own.pth")])
    assert done.exit_code == 0
    assert "2 tensors" in done.output
    assert (tmp_path / "own.safetensors").is_file()
