"""Where weights come from, their cards, and files that are not what they seem."""

import json
import struct
from pathlib import Path

import httpx
import huggingface_hub
import pytest
import torch
from huggingface_hub.errors import RepositoryNotFoundError
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save, save_file

from engines.backbones import towers, weights
from engines.backbones.cards import Card, load_bundled, save_bundled
from engines.errors import BadWeights, MissingWeights

TENSORS = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.tensor([1, 2], dtype=torch.uint8)}
CARD = Card("thing", "A thing", "a test", "CC0-1.0", "make thing")


@pytest.fixture(autouse=True)
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No hub, and a weight folder of the test's own."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("MIEN_WEIGHTS", str(tmp_path / "own"))
    return tmp_path / "own"


def test_inspect_tells_names_types_and_shapes(tmp_path: Path) -> None:
    save_file(TENSORS, tmp_path / "x.safetensors", metadata={"format": "pt"})
    found = weights.inspect(tmp_path / "x.safetensors")
    assert {name: (info.dtype, info.shape) for name, info in found.items()} == {"a": ("F32", (2, 3)), "b": ("U8", (2,))}
    assert torch.equal(weights.read(tmp_path / "x.safetensors")["a"], TENSORS["a"])


def test_a_pickle_with_another_name_is_refused(tmp_path: Path) -> None:
    for modern in (True, False):
        torch.save(TENSORS, tmp_path / "x.safetensors", _use_new_zipfile_serialization=modern)
        with pytest.raises(BadWeights, match="pickle"):
            weights.inspect(tmp_path / "x.safetensors")


def _with_header(entries: object, data: bytes = b"\0" * 8) -> bytes:
    header = json.dumps(entries).encode()
    return struct.pack("<Q", len(header)) + header + data


@pytest.mark.parametrize(
    ("content", "fact"),
    [
        (b"", "claims 0 bytes"),
        (b"\0\0", "claims 0 bytes"),
        (struct.pack("<Q", 2**40) + b"{}", "claims 1,099,511,627,776 bytes of a file of 10"),
        (save(TENSORS)[:-1], "cut off"),
        (save(TENSORS) + b"\0", "after them"),
        (struct.pack("<Q", 4) + b"nope", "does not describe tensors"),
        (_with_header([1]), "does not describe tensors"),
        (_with_header({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}), "does not fill"),
        (_with_header({"a": {"dtype": "OBJ", "shape": [1], "data_offsets": [0, 8]}}), "OBJ"),
        (_with_header({"a": {"dtype": "U8", "shape": [-8], "data_offsets": [0, 8]}}), "-8"),
        (
            _with_header({n: {"dtype": "U8", "shape": [8], "data_offsets": [0, 8]} for n in "ab"}),
            "overlap",
        ),
        (_with_header({"a": {"dtype": "U8", "shape": [4], "data_offsets": [4, 8]}}), "overlap, or bytes lie between"),
    ],
)
def test_damaged_files_are_refused_with_the_reason(tmp_path: Path, content: bytes, fact: str) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(content)
    with pytest.raises(BadWeights) as caught:
        weights.inspect(path)
    assert fact in str(caught.value)
    assert str(path) in str(caught.value)


@given(st.binary(max_size=200), st.integers(0, 100))
def test_no_bytes_cause_anything_but_bad_weights(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, at: int
) -> None:
    whole = save(TENSORS)
    path = tmp_path_factory.getbasetemp() / "fuzz.safetensors"
    path.write_bytes(whole[:at] + noise + whole[at + len(noise) :])
    try:
        assert set(weights.read(path)) is not None
    except BadWeights as error:
        assert len(str(error)) > 20


def test_a_folder_or_a_missing_path_is_a_sentence(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(BadWeights, match="cannot be read"):
            weights.inspect(path)


def test_bundled_weights_come_back_with_their_card(tmp_path: Path) -> None:
    card = save_bundled(TENSORS, CARD, tmp_path)
    tensors, read = load_bundled("thing", tmp_path)
    assert read == card and card.size_bytes == (tmp_path / "thing.safetensors").stat().st_size
    assert torch.equal(tensors["a"], TENSORS["a"])
    assert (
        save_bundled(dict(reversed(TENSORS.items())), CARD, tmp_path).sha256 == card.sha256
    )  # the bytes are the tensors'


def test_a_changed_bundled_file_is_refused(tmp_path: Path) -> None:
    save_bundled(TENSORS, CARD, tmp_path)
    path = tmp_path / "thing.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(BadWeights, match=r"SHA-256.*make thing"):
        load_bundled("thing", tmp_path)


def test_an_absent_bundled_file_names_those_that_are_there(tmp_path: Path) -> None:
    save_bundled(TENSORS, CARD, tmp_path)
    with pytest.raises(MissingWeights, match=r"there: thing"):
        load_bundled("other", tmp_path)


def test_a_card_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"name": "x", "colour": 1}')
    with pytest.raises(BadWeights, match="colour"):
        weights.cards(tmp_path)


def test_what_ships_is_what_its_cards_say_and_fits_the_budget() -> None:
    cards = weights.cards()
    assert {"dinov2-s6", "retinaface-mobile025", "face-embedder"} <= {card.name for card in cards}
    for card in cards:
        load_bundled(card.name)
        assert card.licence and card.origin and card.command
        assert card.size_bytes == (weights.BUNDLED / card.file).stat().st_size
    ours = [card for card in cards if card.command.endswith("engines.backbones.bundle")]
    assert sum(card.size_bytes for card in ours) < 35e6


def test_a_folder_is_the_first_place(tmp_path: Path, offline: Path) -> None:
    for folder in (tmp_path / "named", offline / "some" / "model"):
        folder.mkdir(parents=True)
        (folder / "w.safetensors").write_bytes(b"x")
    wanted = weights.Wanted("m", "w.safetensors", repo="some/model", folder=tmp_path / "named")
    assert weights.resolve(wanted) == tmp_path / "named" / "w.safetensors"
    assert (
        weights.resolve(weights.Wanted("m", "w.safetensors", repo="some/model")) == offline / "some/model/w.safetensors"
    )


def test_a_known_hash_is_checked(tmp_path: Path) -> None:
    (tmp_path / "w").write_bytes(b"x")
    right = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    assert weights.resolve(weights.Wanted("m", "w", folder=tmp_path, sha256=right))
    with pytest.raises(BadWeights, match="is expected"):
        weights.resolve(weights.Wanted("m", "w", folder=tmp_path, sha256="0" * 64))


def test_a_missing_file_says_which_where_and_what_meanwhile(offline: Path) -> None:
    with pytest.raises(MissingWeights) as caught:
        weights.resolve(weights.Wanted("m", "w.safetensors", repo="some/model", sha256="ab" * 32))
    message = str(caught.value)
    for part in ("HF_HUB_OFFLINE", "w.safetensors", "ab" * 32, str(offline / "some" / "model"), "dinov2-s6"):
        assert part in message


def test_a_hub_that_does_not_answer_is_a_missing_file_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(MissingWeights, match="ConnectError"):
        weights.resolve(weights.Wanted("m", "w.safetensors", repo="some/model"))


def test_a_hub_that_lacks_the_file_is_a_missing_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(*_: object, **__: object) -> str:
        request = httpx.Request("GET", "https://hub")
        raise RepositoryNotFoundError("no such file", response=httpx.Response(404, request=request))

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(httpx, "head", lambda *_, **__: httpx.Response(200))
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", lacking)
    with pytest.raises(MissingWeights, match="RepositoryNotFoundError"):
        weights.resolve(weights.Wanted("m", "w.safetensors", repo="some/model"))


@pytest.mark.parametrize("repo", ["../up", "a/../../etc", "/etc/passwd", "~/x", "a/b/c", ".."])
def test_no_path_is_built_from_what_is_not_a_repository(repo: str, tmp_path: Path) -> None:
    (tmp_path / "up").mkdir()
    (tmp_path / "up" / "w").write_bytes(b"x")
    with pytest.raises(MissingWeights):
        weights.resolve(weights.Wanted("m", "w", repo=repo))


def test_towers_of_the_hub_are_missing_offline_and_found_in_the_own_folder(offline: Path) -> None:
    name = "timm/vit_tiny_patch16_224.augreg_in21k"
    with pytest.raises(MissingWeights, match=r"timm/vit_tiny_patch16_224\.augreg_in21k"):
        towers.build(name)
    import timm

    source = timm.create_model("vit_tiny_patch16_224", num_classes=0)
    folder = offline / "timm" / "vit_tiny_patch16_224.augreg_in21k"
    folder.mkdir(parents=True)
    save_file(source.state_dict(), folder / "model.safetensors")
    tower = towers.build(name)
    expected = source.blocks[0].attn.qkv.weight[:192]
    assert torch.equal(tower.projections()["blocks.0.q"].weight, expected)


def test_weights_of_another_model_are_refused(offline: Path) -> None:
    folder = offline / "timm" / "vit_tiny_patch16_224.augreg_in21k"
    folder.mkdir(parents=True)
    save_file(TENSORS, folder / "model.safetensors")
    with pytest.raises(BadWeights, match="do not fit"):
        towers.build("timm/vit_tiny_patch16_224.augreg_in21k")
