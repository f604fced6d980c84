"""The face embedder on the one real portrait that ships, and on what it must refuse."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from engines.backbones.embedder import SAME_PERSON, FaceEmbedder, unpacked
from engines.data.alignment import align_for_embedder
from engines.data.faces import find_faces
from engines.errors import BadInput
from engines.faceworld.camera import finish
from engines.faceworld.people import Person
from engines.faceworld.photo import Photo
from engines.faceworld.render import render

PORTRAIT = Path(__file__).parents[2] / "assets" / "media" / "astronaut.jpg"


@pytest.fixture(scope="module")
def embedder() -> FaceEmbedder:
    return FaceEmbedder()


def chip(picture: np.ndarray) -> torch.Tensor:
    aligned = align_for_embedder(picture, find_faces(picture)[0])
    return torch.from_numpy(aligned).permute(2, 0, 1).float() / 255


def test_a_person_is_close_to_herself_and_far_from_others(embedder: FaceEmbedder) -> None:
    portrait = Image.open(PORTRAIT)
    views = [
        portrait,
        portrait.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        portrait.resize((300, 300)),
        portrait.rotate(12),
    ]
    photos = [Photo.sample(number, frontal=True) for number in range(3)]
    others = [finish(render(Person.sample(number), photo).image, photo.camera) for number, photo in enumerate(photos)]
    embedded = embedder(torch.stack([chip(np.asarray(view)) for view in views] + [chip(other) for other in others]))
    assert embedded.shape == (7, 128)
    distance = torch.cdist(embedded, embedded)
    assert distance[:4, :4].max() < SAME_PERSON / 2
    assert distance[:4, 4:].min() > SAME_PERSON


def test_gradients_reach_the_chips_and_not_the_weights(embedder: FaceEmbedder) -> None:
    chips = torch.rand(1, 3, 150, 150, requires_grad=True)
    embedder(chips).square().sum().backward()
    assert chips.grad is not None and chips.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in embedder.parameters())


def test_other_shapes_are_refused(embedder: FaceEmbedder) -> None:
    with pytest.raises(BadInput, match="150"):
        embedder(torch.rand(1, 3, 112, 112))


def test_packed_weights_are_level_times_step_plus_low_times_gain() -> None:
    packed = {
        "w": torch.tensor([[0, 1], [2, 3]], dtype=torch.uint8),
        "w.range": torch.tensor([-1.0, 0.5]),
        "w.gain": torch.tensor([1.0, 10.0]),
        "b": torch.tensor([7.0]),
    }
    result = unpacked(packed)
    assert set(result) == {"w", "b"}
    assert torch.equal(result["w"], torch.tensor([[-1.0, -0.5], [0.0, 5.0]]))
    assert torch.equal(result["b"], torch.tensor([7.0]))
