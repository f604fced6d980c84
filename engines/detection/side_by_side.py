"""Two detectors on the same pictures and weight by weight: how they differ, and where.

Angles are principal angles between the spaces that the strongest left singular directions of corresponding attention
weights span: 0 where both weights write into the same space.
"""

from typing import Any

import numpy as np
import torch

from engines.analysis.subspaces import principal_angles
from engines.detection import methods
from engines.detection.detector import Detector
from engines.training.bootstrap import paired_bootstrap
from engines.training.metrics import auc

DIRECTIONS = 16


def differences(
    one: np.ndarray, other: np.ndarray, labels: np.ndarray, family: np.ndarray, groups: np.ndarray, draws: int = 400
) -> list[dict[str, Any]]:
    """AUC of both and their paired difference, family by family and over all, with 95 % intervals over people.

    Args:
        one, other: logits (N,) of the same pictures.
    """
    rows = []
    for name in ["all families", *sorted(set(family[labels == 1].tolist()))]:
        use = np.ones(len(labels), bool) if name == "all families" else (labels == 0) | (family == name)
        found = paired_bootstrap(one[None, use], other[None, use], labels[use], groups[use].tolist(), draws, 0)
        rows.append(
            {"family": name, "first": auc(one[use], labels[use]), "second": auc(other[use], labels[use]),
             "difference": found.value, "low": found.low, "high": found.high, "fakes": int(labels[use].sum())}
        )  # fmt: skip
    return rows


@torch.no_grad()
def weight_angles(one: Detector, other: Detector) -> list[dict[str, Any]]:
    """How far corresponding attention weights have turned and moved; none where the towers do not correspond.

    Returns:
        Rows `{projection, largest_deg, mean_deg, moved}`; `moved` is the difference's share of the first's norm.
    """
    first, second = (methods.tuned_weights(detector.tower) for detector in (one, other))
    if {name: a.shape for name, a in first.items()} != {name: b.shape for name, b in second.items()}:
        return []
    rows = []
    for name in first:
        a, b = first[name].float().cpu(), second[name].float().cpu()
        angles = torch.rad2deg(principal_angles(_leading(a), _leading(b)))
        moved = float(torch.linalg.norm(a - b) / torch.linalg.norm(a))
        rows.append(
            {"projection": name, "largest_deg": float(angles.max()), "mean_deg": float(angles.mean()), "moved": moved}
        )
    return rows


def _leading(weight: torch.Tensor) -> torch.Tensor:
    """(D, K) orthonormal."""
    left, _, _ = torch.linalg.svd(weight, full_matrices=False)
    return left[:, :DIRECTIONS]
