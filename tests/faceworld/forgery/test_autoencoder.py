"""The autoencoder that runs in numpy against the one that was trained."""

import numpy as np
import pytest

from engines.faceworld.forgery.autoencoder import decode


def test_autoencoder_matches_torch() -> None:
    """The numpy network against torch's layers with the same weights."""
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file

    from engines import ASSETS
    from engines.faceworld.build_autoencoder import Autoencoder

    model = Autoencoder().double()
    weights = load_file(ASSETS / "world/autoencoder.safetensors")
    model.load_state_dict({name: value.double() for name, value in weights.items()})
    image = np.random.default_rng(0).random((30, 44, 3)).astype(np.float32)
    padded = np.pad(image, ((0, 2), (0, 0), (0, 0)), mode="edge")
    with torch.no_grad():
        expected = model(torch.from_numpy(padded).double().permute(2, 0, 1)[None])[0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(decode(image), np.clip(expected[:30], 0, 1), atol=1e-6)
