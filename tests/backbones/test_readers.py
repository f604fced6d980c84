"""The readers: shapes, gradients to the picture, and files that are what their cards say."""

import json

import numpy as np
import pytest
import torch

from engines.backbones import readers
from engines.backbones.cards import Card
from engines.backbones.irnet import ARCHITECTURES, IRNet
from engines.backbones.readers import AttributeReader, IdentityReader, Readers
from engines.errors import BadConfig, BadInput, BadWeights, MissingWeights

CARD = Card("x", "title", "origin", "Apache-2.0", "command", {"network": "ir-xs", "threshold": 0.25})


def small():
    torch.manual_seed(0)
    attributes = AttributeReader("ir-xs")
    attributes.centre.copy_(torch.rand(readers.TARGETS))
    return IdentityReader("ir-xs"), attributes


@pytest.fixture
def folder(tmp_path):
    for reader in small():
        readers.save(reader, CARD, tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", [name for name in ARCHITECTURES if name != "ir-100"])
def test_every_network_ends_in_its_numbers(name):
    net = IRNet(name).eval()
    with torch.inference_mode():
        assert net(torch.zeros(1, 3, 112, 112)).shape == (1, ARCHITECTURES[name].out)


def test_the_small_networks_are_light():
    for name in ("ir-xs", "ir-s", "ir-m"):
        assert sum(parameter.numel() for parameter in IRNet(name).parameters()) < 2e6


def test_the_fields_networks_are_their_size():
    """IR-50 and IR-100 with a 512-d embedding have 43.6 and 65.2 million parameters."""
    with torch.device("meta"):
        sizes = {name: sum(p.numel() for p in IRNet(name).parameters()) / 1e6 for name in ("ir-50", "ir-100")}
    assert sizes == pytest.approx({"ir-50": 43.6, "ir-100": 65.2}, abs=0.1)


def test_an_unknown_network():
    with pytest.raises(BadConfig, match="there are ir-xs"):
        IRNet("ir-7")


@pytest.mark.parametrize("size", [64, 112, 160])
def test_readings_of_any_size_and_gradients_to_the_picture(size):
    both = Readers(*small())
    images = torch.rand(2, 3, size, size, requires_grad=True)
    found = both.read(images)
    assert [tuple(field.shape) for field in found] == [(2, 64), (2, 3), (2,), (2, 68, 2)]
    assert torch.allclose(found.identity.norm(dim=1), torch.ones(2), atol=1e-5)
    for field in (found.identity[:, 0], found.pose, found.years, found.landmarks):
        (gradient,) = torch.autograd.grad(field.sum(), images, retain_graph=True)
        assert torch.isfinite(gradient).all() and (gradient.abs().amax(dim=(1, 2, 3)) > 0).all()
    assert all(parameter.grad is None and not parameter.requires_grad for parameter in both.parameters())


def test_numbers_are_deviations_from_the_mean():
    """An untrained net with a zeroed end says the training set's mean; landmarks are in px of the picture given."""
    identity, attributes = small()
    last = attributes.net.head[-1]
    last.weight.data.zero_(), last.bias.data.zero_()
    attributes.centre.copy_(torch.tensor([10.0, -5.0, 1.0, 40.0, *[0.5, 0.25] * 68]))
    found = Readers(identity, attributes).read(torch.rand(1, 3, 64, 64))
    assert found.pose[0].tolist() == [10, -5, 1] and found.years.tolist() == [40]
    assert found.landmarks[0, 67].tolist() == [32, 16]


def test_arrays_are_read_as_tensors_are():
    both, images = Readers(*small()), np.random.default_rng(0).integers(0, 256, (5, 112, 112, 3), dtype=np.uint8)
    with torch.inference_mode():
        whole = both(torch.from_numpy(images).permute(0, 3, 1, 2) / 255)
    parts = both.read_arrays(images, batch=2)
    for name, field in whole._asdict().items():
        np.testing.assert_allclose(parts[name], field.numpy(), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    "images", [torch.rand(3, 112, 112), torch.rand(1, 1, 112, 112), torch.rand(1, 3, 112, 96),
               torch.zeros(1, 3, 112, 112, dtype=torch.uint8)]
)  # fmt: skip
def test_what_is_no_batch_of_faces(images):
    with pytest.raises(BadInput, match=r"float pictures \(B, 3, S, S\)"):
        IdentityReader("ir-xs")(images)
    with pytest.raises(BadInput, match="uint8"):
        Readers(*small()).read_arrays(images.numpy().astype(np.float32))


def test_saved_and_loaded_is_the_rounded_reader(tmp_path):
    images = torch.rand(2, 3, 112, 112)
    for reader in small():
        reader.train()(images)  # norms have something to keep
        readers.rounded(reader.eval())
        card = readers.save(reader, CARD, tmp_path)
        loaded, read = readers.load(reader.name, tmp_path)
        assert read == card and not loaded.training
        assert torch.equal(loaded(images), reader(images))
    assert Readers.load(tmp_path).threshold == 0.25


def test_half_precision_changes_little():
    identity, images = small()[0].eval(), torch.rand(4, 3, 112, 112)
    before = identity(images)
    assert (readers.rounded(identity)(images) * before).sum(1).min() > 0.999


def test_a_changed_file_is_refused(folder):
    path = folder / "identity.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(BadWeights, match="SHA-256"):
        Readers.load(folder)


def test_an_absent_reader(tmp_path):
    with pytest.raises(MissingWeights, match="identity"):
        Readers.load(tmp_path)


def test_weights_of_another_network_are_refused(folder):
    card = json.loads((folder / "identity.json").read_text())
    for network in ("ir-s", None):
        card["config"] = {"network": network} if network else {}
        (folder / "identity.json").write_text(json.dumps(card))
        with pytest.raises(BadWeights, match=r"does not fit ir-s|is no reader"):
            Readers.load(folder)
