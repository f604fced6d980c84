"""Flicker: a blend whose colour and edge change from frame to frame, as when each frame is made for itself."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np


def sample_flicker(rng: np.random.Generator) -> dict[str, Any]:
    """Knobs: standard deviations of the face's brightness and of its tint (of full scale), and of the edge's place
    (log of the exponent that the soft mask is raised to)."""
    return {
        "brightness": rng.uniform(0.0008, 0.004),
        "tint": rng.uniform(0.0003, 0.002),
        "edge": rng.uniform(0.1, 0.4),
    }


@dataclass(frozen=True, eq=False)
class Flicker:
    """Per frame (T, 4): what is added to red, green and blue of the forged face, and the log of the mask's exponent."""

    changes: np.ndarray

    @classmethod
    def none(cls, frames: int) -> Self:
        """No flicker."""
        return cls(np.zeros((frames, 4)))

    @classmethod
    def sample(cls, seed: int, frames: int, knobs: dict[str, Any]) -> Self:
        """The flicker of that number, independent from frame to frame; a longer one begins with the shorter."""
        noise = np.clip(np.random.default_rng([seed, 0xF11C]).standard_normal((frames, 5)), -2.5, 2.5)
        tint = noise[:, 1:4] - noise[:, 1:4].mean(1, keepdims=True)
        colour = knobs["brightness"] * noise[:, :1] + knobs["tint"] * tint
        return cls(np.concatenate([colour, knobs["edge"] * noise[:, 4:]], 1))

    def applied(self, frame: int, image: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A frame's forged picture and mask with its flicker; without any, both as they were, exactly."""
        change = self.changes[frame].astype(np.float32)
        return image + change[:3], mask ** np.exp(change[3])
