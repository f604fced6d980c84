"""Video-level blending under sliders: one real clip, the largest turn, scale and shift, and what each step makes of it.

The draws are those of `engines.detection.blending.draw`, each as a share of its limit; the sliders are the limits. The
same seed moves alike under every setting, so that one slider changes one thing.
"""

from dataclasses import dataclass

import numpy as np

from engines.data.pixels import to_bytes, to_unit
from engines.detection.blending import NATIVE_PX, PARTS, Motion, blend, draw


@dataclass(frozen=True)
class Steps:
    """What blending makes of a clip, pictures (T, S, S, 3) uint8.

    Attributes:
        blend: what the paper trains on. warp: the same with alpha 1, organs wholly moved.
        mask: (T, S, S) in [0, 1], of all organs together.
        shift_px: how far each organ of `PARTS` was shifted (T, 4, 2) px, besides its turn and scale.
    """

    blend: np.ndarray
    warp: np.ndarray
    mask: np.ndarray
    shift_px: np.ndarray

    parts = PARTS


def by_hand(
    frames: np.ndarray,
    landmarks: np.ndarray,
    turn_deg: float,
    scale: float,
    shift_px: float,
    alpha: float,
    memory: float = 0.0,
    seed: int = 0,
) -> Steps:
    """Blend frames (T, S, S, 3) uint8 with landmarks (T, 68, 2) px.

    Args:
        turn_deg, scale, shift_px: what an organ is turned, scaled (as a share) and shifted by at most; px of a frame
            224 px wide.
        alpha: how much of the moved organ is mixed in. memory: correlation of neighbouring frames.

    Raises:
        BadInput: landmarks are missing, or are not numbers.
        BadConfig: memory is not in [0, 1).
    """
    drawn = draw(len(frames), frames.shape[2], seed, memory)
    limits = np.array([np.radians(turn_deg), scale, shift_px * frames.shape[2] / NATIVE_PX])
    turn, grow, shift = drawn.limits.T[..., None]
    motion = Motion(
        drawn.turn / turn * limits[0],
        1 + (drawn.scale - 1) / grow * limits[1],
        drawn.shift / shift[..., None] * limits[2],
        np.tile(limits, (len(frames), 1)),
    )
    images = to_unit(frames)
    mixed, whole = (blend(images, landmarks, motion, strength) for strength in (alpha, 1.0))
    mask = mixed.masks.amax(1).numpy()
    return Steps(to_bytes(mixed.frames), to_bytes(whole.frames), mask, motion.shift)
