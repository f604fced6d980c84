"""The analytic head: random projection, ReLU, and ridge regression from sums over all sessions.

RanPAC (McDonnell et al., NeurIPS 2023): H = ReLU(F R) with R ~ N(0, 1) drawn once; G = Σ H^T H and Q = Σ H^T Y over
the sessions, Y one-hot; W = (G + λ I)^-1 Q. With frozen features G and Q do not depend on the order or the number of
sessions, so nothing is forgotten. λ is chosen on the current session alone: the first four fifths of its shuffled rows
fit, the rest validate by squared error on one-hot labels.

Differs from the released code, in speed only: the grid of λ costs one symmetric eigendecomposition of the smaller of
H H^T (rows by rows) and H^T H, instead of a dense solve each, and the final system is solved by Cholesky in float64.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from engines.errors import BadInput

FIT_SHARE = 0.8


class Projection:
    """H = ReLU(F R): features (N, F) to (N, M), float64. M = 0 leaves the features as they are.

    Args:
        width: F. size: M. seed: of R.
    """

    def __init__(self, width: int, size: int, seed: int):
        generator = torch.Generator().manual_seed(seed)
        self.size = size or width
        self.matrix = torch.randn(width, size, generator=generator) if size else None

    def __call__(self, features: Tensor) -> Tensor:
        """(N, F) -> (N, M)."""
        return features.double() if self.matrix is None else torch.relu(features.float() @ self.matrix).double()


class Statistics:
    """G (M, M) and Q (M, K), the sums over everything seen so far."""

    def __init__(self, size: int, classes: int):
        self.gram = torch.zeros(size, size, dtype=torch.float64)
        self.target = torch.zeros(size, classes, dtype=torch.float64)

    def add(self, hidden: Tensor, labels: Tensor) -> None:
        """Add rows (N, M) of classes (N,).

        Raises:
            BadInput: rows and labels differ in number, or a label is beyond the classes.
        """
        self.gram += hidden.T @ hidden
        self.target += hidden.T @ one_hot(labels, self.target.shape[1], len(hidden))

    def solve(self, ridge: float, seen: int) -> Tensor:
        """W (M, seen) = (G + λ I)^-1 Q of the classes seen."""
        system = self.gram + ridge * torch.eye(len(self.gram), dtype=torch.float64)
        factor, failed = torch.linalg.cholesky_ex(system)
        if failed:  # λ is below the rounding of G: add what rounding hides
            jitter = torch.finfo(torch.float64).eps * len(system) * float(self.gram.diagonal().max())
            factor = torch.linalg.cholesky(system + jitter * torch.eye(len(system), dtype=torch.float64))
        return torch.cholesky_solve(self.target[:, :seen], factor)

    def rotated(self, seen: int) -> tuple[Tensor, Tensor, Tensor]:
        """Λ (M,), U (M, M) and U^T Q (M, seen) of G = U Λ U^T: any λ is then (H U) (U^T Q / (Λ + λ))."""
        values, vectors = torch.linalg.eigh(self.gram)
        return values.clamp(min=0), vectors, vectors.T @ self.target[:, :seen]


def one_hot(labels: Tensor, classes: int, rows: int) -> Tensor:
    """(N,) -> (N, classes) float64.

    Raises:
        BadInput: there are not as many labels as rows, or one is beyond the classes.
    """
    if len(labels) != rows:
        raise BadInput(f"There are {rows} rows and {len(labels)} labels; give one label a row.")
    if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < classes:
        raise BadInput(f"A label is beyond the {classes} classes.")
    return torch.nn.functional.one_hot(labels.long(), classes).double()


def ridge_errors(hidden: Tensor, target: Tensor, grid: Sequence[float], fit_share: float = FIT_SHARE) -> Tensor:
    """Validation error (len(grid),) of each λ, from one eigendecomposition.

    Args:
        hidden: (N, M), rows in random order; the first `fit_share` fit. target: (N, K).

    Raises:
        BadInput: too few rows to fit and to validate.
    """
    cut = int(fit_share * len(hidden))
    if not 0 < cut < len(hidden):
        raise BadInput(f"{len(hidden)} rows cannot be divided to choose a ridge; give at least 2.")
    fit, held = hidden[:cut], hidden[cut:]
    if cut < hidden.shape[1]:  # fewer rows than columns: H^T (H H^T + λ I)^-1 Y
        values, vectors = torch.linalg.eigh(fit @ fit.T)
        left, right = held @ (fit.T @ vectors), vectors.T @ target[:cut]
    else:
        values, vectors = torch.linalg.eigh(fit.T @ fit)
        left, right = held @ vectors, vectors.T @ (fit.T @ target[:cut])
    values = values.clamp(min=0)
    return torch.stack([(left @ (right / (values + ridge)[:, None]) - target[cut:]).square().mean() for ridge in grid])


def choose_ridge(hidden: Tensor, target: Tensor, grid: Sequence[float]) -> float:
    """The λ of the grid with the least validation error; the larger of equals."""
    errors = ridge_errors(hidden, target, grid)
    return max(ridge for ridge, error in zip(grid, errors.tolist(), strict=True) if error <= float(errors.min()))
