"""A face and its mirror image: which landmark becomes which, and which angles change their sign."""

import numpy as np

_PAIRS = (
    *((i, 16 - i) for i in range(8)),  # jaw
    *((17 + i, 26 - i) for i in range(5)),  # brows
    *((31, 35), (32, 34)),  # nostrils
    *((36, 45), (37, 44), (38, 43), (39, 42), (40, 47), (41, 46)),  # eyes
    *((48, 54), (49, 53), (50, 52), (55, 59), (56, 58)),  # outer lips
    *((60, 64), (61, 63), (65, 67)),  # inner lips
)


def _order() -> np.ndarray:
    order = np.arange(68)
    for one, other in _PAIRS:
        order[one], order[other] = other, one
    return order


MIRRORED = _order()
"""Landmark i of a mirrored face is landmark `MIRRORED[i]` of the face, with x turned about."""


def mirror_targets(targets: np.ndarray) -> np.ndarray:
    """`readers.TARGETS` numbers (..., 140) of the mirror image: yaw and roll change sign, landmarks their sides."""
    points = targets[..., 4:].reshape(*targets.shape[:-1], 68, 2)[..., MIRRORED, :]
    points = points * [-1, 1] + [1, 0]
    head = targets[..., :4] * [-1, 1, -1, 1]
    return np.concatenate([head, points.reshape(*targets.shape[:-1], 136)], axis=-1).astype(targets.dtype)
