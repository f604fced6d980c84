"""Pictures packed as JPEG bytes come back, each by its number."""

import numpy as np

from engines.data.packed import pack, unpack


def test_each_picture_comes_back_nearly_as_it_was():
    plain = np.array([[20, 30, 200], [250, 120, 10], [0, 0, 0]], np.uint8)
    images = np.broadcast_to(plain[:, None, None], (3, 24, 16, 3))
    packed = pack(images)
    assert packed["ends"].shape == (3,) and packed["ends"][-1] == len(packed["jpeg"])
    for index in range(3):
        found = unpack(packed, index)
        assert found.shape == (24, 16, 3) and found.dtype == np.uint8
        assert np.abs(found.astype(int) - images[index]).max() <= 3
