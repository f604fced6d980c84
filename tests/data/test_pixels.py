"""Pictures go to tensors and back unchanged."""

import numpy as np
import torch

from engines.data.pixels import to_bytes, to_unit


def test_there_and_back():
    pictures = np.random.default_rng(0).integers(0, 256, (2, 5, 7, 3)).astype(np.uint8)
    unit = to_unit(pictures)
    assert unit.shape == (2, 3, 5, 7) and unit.dtype == torch.float32
    assert unit[1, 2, 3, 4] == pictures[1, 3, 4, 2] / np.float32(255)
    np.testing.assert_array_equal(to_bytes(unit), pictures)


def test_out_of_range_is_clipped():
    assert to_bytes(torch.tensor([-0.5, 1.5]).view(1, 1, 1, 2).expand(1, 3, 1, 2)).ravel().tolist() == [
        0,
        0,
        0,
        255,
        255,
        255,
    ]
