"""What faces do, as strengths (52,) of the head model's actions: drawn at random, read and set by plain names."""

from collections.abc import Mapping

import numpy as np

from engines.faceworld.basis import load_basis

ACTIONS: Mapping[str, tuple[str, ...]] = {
    "smile": ("mouthSmileLeft", "mouthSmileRight"),
    "jaw": ("jawOpen",),
    "frown": ("mouthFrownLeft", "mouthFrownRight"),
    "brows": ("browInnerUp", "browOuterUpLeft", "browOuterUpRight"),
    "blink": ("eyeBlinkLeft", "eyeBlinkRight"),
    "pucker": ("mouthPucker",),
}
"""Plain name -> the actions it sets."""


def sample_expression(rng: np.random.Generator, amount: float = 1.0) -> np.ndarray:
    """Strengths (52,) of one of: calm, smile, open mouth, frown, pucker, raised brows. Lids rest on the iris unless
    the brows are raised."""
    weights: dict[str, float] = {}

    def both(name: str, strength: float) -> None:
        for side in ("Left", "Right"):
            weights[name + side] = strength * rng.uniform(0.85, 1)

    kind = rng.random()
    both("eyeBlink", rng.uniform(0.0, 0.09) if rng.random() < 0.96 else rng.uniform(0.3, 0.9))
    both("eyeSquint", rng.uniform(0, 0.09))
    if kind < 0.35:
        both("mouthSmile", rng.uniform(0.15, 0.6) * amount)
        both("cheekSquint", rng.uniform(0, 0.4) * amount)
        weights["jawOpen"] = rng.uniform(0, 0.18) * amount
    elif kind < 0.47:
        weights["jawOpen"] = rng.uniform(0.06, 0.35) * amount
        weights["mouthFunnel"] = rng.uniform(0, 0.2) * amount
    elif kind < 0.53:
        both("mouthFrown", rng.uniform(0.1, 0.4) * amount)
        both("browDown", rng.uniform(0.1, 0.4) * amount)
    elif kind < 0.57:
        weights["mouthPucker"] = rng.uniform(0.15, 0.4) * amount
    elif kind < 0.64:
        both("eyeWide", rng.uniform(0, 0.3) * amount)
        weights["browInnerUp"] = rng.uniform(0.15, 0.5) * amount
        both("browOuterUp", rng.uniform(0.15, 0.5) * amount)
    return _strengths(weights)


def with_actions(expression: np.ndarray, changes: Mapping[str, float]) -> np.ndarray:
    """The same expression but for some of `ACTIONS`."""
    changed, basis = expression.copy(), load_basis()
    for name, strength in changes.items():
        changed[[basis.action(action) for action in ACTIONS[name]]] = strength
    return changed


def action_strength(expression: np.ndarray, name: str) -> float:
    """How strongly an expression does one of `ACTIONS`."""
    basis = load_basis()
    return float(np.mean([expression[basis.action(action)] for action in ACTIONS[name]]))


def _strengths(weights: Mapping[str, float]) -> np.ndarray:
    strengths = np.zeros(len(load_basis().actions), np.float32)
    for name, strength in weights.items():
        strengths[load_basis().action(name)] = strength
    return strengths
