"""How two learners' logits become one answer, and the heads' what-ifs from what a run kept. NumPy alone: pages use it.

By entropy: p = softmax(z), H = -Σ p log(p + 1e-9), (a_f, a_s) = softmax(-γ [H_f, H_s]) for each sample, and
z = a_f z_f + a_s z_s. γ = 0 is the plain mean.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engines.errors import BadConfig

Floats = NDArray[np.floating]
HEADS = ("ridge", "class mean", "cosine")


class Mixed(NamedTuple):
    """Logits (N, K) and the slow learner's weight (N,); the fast one's is 1 less it."""

    logits: Floats
    slow_weight: Floats


def mix(slow: Floats, fast: Floats, how: str = "entropy", gamma: float = 1.0) -> Mixed:
    """One answer of logits (N, K) each.

    Args:
        how: entropy; add, the mean; max, the larger logit of each class; fast or slow alone.

    Raises:
        BadConfig: another way.
    """
    half = np.full(len(slow), 0.5)
    if how == "entropy":
        weight = entropy_weights(slow, fast, gamma)
        return Mixed(weight[:, None] * slow + (1 - weight[:, None]) * fast, weight)
    if how == "add":
        return Mixed((slow + fast) / 2, half)
    if how == "max":
        return Mixed(np.maximum(slow, fast), half)
    if how in ("fast", "slow"):
        return Mixed(slow if how == "slow" else fast, np.full(len(slow), float(how == "slow")))
    raise BadConfig(f"Learners cannot be mixed by {how!r}; choose entropy, add, max, fast or slow.")


def entropy_weights(slow: Floats, fast: Floats, gamma: float) -> Floats:
    """The slow learner's weight (N,)."""
    gap = np.clip(gamma * (entropy(slow) - entropy(fast)), -700, 700)
    return 1 / (1 + np.exp(gap))


def entropy(logits: Floats) -> Floats:
    """Of the softmax of logits (N, K), nats: (N,)."""
    shifted = np.exp(logits - logits.max(1, keepdims=True))
    p = shifted / shifted.sum(1, keepdims=True)
    return -(p * np.log(p + 1e-9)).sum(1)


def ridge_logits(kept: Mapping[str, np.ndarray], learner: str, ridge: float) -> Floats:
    """Logits (N, K) of a learner's analytic head under any λ: (H U) (U^T Q / (Λ + λ)), times σ."""
    scaled = kept[f"{learner}_target"] / (kept[f"{learner}_values"] + ridge)[:, None]
    return float(kept[f"{learner}_sigma"]) * (kept[f"{learner}_rotated"] @ scaled)


def head_logits(kept: Mapping[str, np.ndarray], learner: str, head: str, ridge: float | None = None) -> Floats:
    """Logits of a learner under one of `HEADS`; the ridge that was chosen unless another is named.

    Raises:
        BadConfig: there is no such head.
    """
    if head == "ridge":
        return ridge_logits(kept, learner, float(kept[f"{learner}_ridge"]) if ridge is None else ridge)
    if head not in HEADS:
        raise BadConfig(f"There is no head {head!r}; there are {', '.join(HEADS)}.")
    return kept[f"{learner}_{head.replace(' ', '_')}"]
