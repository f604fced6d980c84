"""Drawing while one waits: steps, what is known behind a forgery, progress, photographs, and what cannot be drawn."""

import numpy as np
import pytest
import torch

from engines.backbones import denoiser
from engines.data.images import read_image
from engines.detection.diffusionfake import live
from engines.detection.diffusionfake.reconstruct import drawing, psnr, reconstruct
from engines.errors import BadInput
from tests.detection.diffusionfake.test_guided_training import learner
from workbench.widgets.detect import SAMPLE

CONFIG = {"recipe": "crop"}


@pytest.fixture(scope="module")
def model():
    made = learner(denoiser.build(denoiser.TINY))
    card = {"calibration": {"scale": 1.0, "bias": 0.0, "threshold": 0.5}, "data": "face world", "config": CONFIG}
    made.detector.card |= card
    return made.eval()


def test_the_last_step_is_the_reconstruction(model):
    images = torch.rand(2, 3, 28, 28, generator=torch.Generator().manual_seed(0))
    steps = list(drawing(model, images, "target", seed=3, steps=4))
    assert len(steps) == 4 and not torch.equal(steps[0].estimate, steps[0].latents)
    whole = reconstruct(model, images, "target", seed=3, steps=4)
    assert torch.equal(model.denoiser.decode(steps[-1].latents), whole)
    torch.testing.assert_close(steps[-1].estimate, steps[-1].latents, atol=0.2, rtol=0)  # hardly any noise is left


def test_a_forgery_is_drawn_beside_its_own_frames(model):
    heard = []
    shown = live.forged(model, "swap", 3)
    found = live.draw(model, shown, 1, 5, lambda part, note: heard.append((part, note)))
    assert found.steps.tolist() == [1, 2, 3, 4, 5] and found.drawn.shape == (3, 5, 32, 32, 3)
    assert found.picture.shape == (28, 28, 3) and (found.behind[0] != found.behind[1]).any()
    assert [part for part, _ in heard] == pytest.approx(np.arange(1, 16) / 15)
    assert heard[0][1] == "source, step 1 of 5" and heard[-1][1] == "no guide, step 5 of 5"
    assert 0 <= found.score <= 1 and ((found.weight > 0) & (found.weight < 1)).all()
    wanted = torch.nn.functional.interpolate(shown.behind["target"], 32, mode="bilinear", antialias=True)
    made = reconstruct(model, shown.picture, "target", 1, 5)
    assert found.psnr_db[1, -1] == pytest.approx(float(psnr(made, wanted)), abs=1e-4)
    again = live.draw(model, shown, 1, 5)
    assert np.array_equal(found.drawn, again.drawn)
    assert not np.array_equal(found.drawn, live.draw(model, shown, 2, 5).drawn)


def test_of_many_steps_six_are_kept(model):
    found = live.draw(model, live.Shown(torch.rand(1, 3, 28, 28), {}), 0, 20)
    assert found.steps.tolist() == [1, 5, 9, 12, 16, 20]
    assert np.array_equal(found.behind[0], found.picture) and np.array_equal(found.behind[1], found.picture)


def test_a_photographs_largest_face_is_cut_as_training_cut_it(model):
    image = read_image(SAMPLE.read_bytes())
    assert live.photographed(model, image).picture.shape == (1, 3, 28, 28)
    model.detector.card |= {"data": "/photographs", "config": {"recipe": "face"}}
    other = live.photographed(model, image)
    model.detector.card |= {"data": "face world", "config": CONFIG}
    assert other.picture.shape == (1, 3, 28, 28) and other.behind == {}
    assert not torch.allclose(other.picture, live.photographed(model, image).picture, atol=0.1)
    with pytest.raises(BadInput, match="No face was found"):
        live.photographed(model, np.zeros((80, 80, 3), np.uint8))
