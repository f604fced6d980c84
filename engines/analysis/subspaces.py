"""Spectra and subspaces of weight matrices: ranks, energy, angles, and the smallest singular triplets.

A weight W (n, m) is read as W = U diag(s) V^T with s in descending order, as torch.linalg.svd gives it. Angles are
in radians.

Sources: effective rank, O. Roy and M. Vetterli, The effective rank, 2007; stable rank, M. Rudelson and R.
Vershynin, 2007; principal angles, A. Bjorck and G. Golub, 1973 (through scipy); block Golub-Kahan
bidiagonalisation of the inverse, G. Golub and C. Van Loan, Matrix Computations, chapter 10.
"""

import math

import scipy.linalg
import torch
from torch import Tensor

from engines.errors import BadInput

Triplets = tuple[Tensor, Tensor, Tensor]

_ROUNDS = 16
_SPARE = 2
_TOLERANCE = 1e-8
_WORTH_IT = 64


def singular_values(weight: Tensor) -> Tensor:
    """Singular values in descending order, float64 on the CPU: (min(n, m),).

    Raises:
        BadInput: not a matrix of finite numbers.
    """
    return torch.linalg.svdvals(_matrix(weight).cpu())


def effective_rank(values: Tensor) -> float:
    """exp of the entropy of the singular values' shares: n for n equal values, 1 for a single one.

    Raises:
        BadInput: all values are zero.
    """
    shares = values.double() / _total(values)
    return float(torch.exp(torch.special.entr(shares).sum()))


def stable_rank(values: Tensor) -> float:
    """||W||_F^2 / ||W||_2^2: between 1 and the rank, and untouched by tiny singular values.

    Raises:
        BadInput: all values are zero.
    """
    _total(values)
    return float((values.double() / values.max()).square().sum())


def energy_kept(values: Tensor) -> Tensor:
    """Share of ||W||_F^2 within the first r directions, for r = 0 ... n: (n + 1,), from 0 to 1.

    Raises:
        BadInput: all values are zero.
    """
    energy = (values.double() / _total(values)).square()
    kept = torch.cat([energy.new_zeros(1), energy.cumsum(0)])
    return kept / kept[-1]


def principal_angles(first: Tensor, second: Tensor) -> Tensor:
    """Angles between the spans of two sets of columns (n, p) and (n, q): (min(p, q),), ascending, radians.

    Raises:
        BadInput: the columns have different lengths.
    """
    first, second = _matrix(first), _matrix(second)
    if first.shape[0] != second.shape[0]:
        raise BadInput(f"Subspaces of {first.shape[0]} and {second.shape[0]} dimensions have no angle between them.")
    angles = scipy.linalg.subspace_angles(first.cpu().numpy(), second.cpu().numpy())
    return torch.from_numpy(angles[::-1].copy())


def smallest_triplets(weight: Tensor, k: int) -> tuple[Tensor, Tensor, Tensor]:
    """The k smallest singular triplets without a full SVD: U (n, k), s (k,) descending, V (m, k).

    One LU factorisation in float64, then a block Krylov space of the inverse, with Rayleigh-Ritz on it, until every
    wanted triplet satisfies W v = s u and W^T u = s v to a relative 1e-8 or to float64 rounding. A matrix that is
    not square is first reduced to a triangle by QR; one that is singular is factorised with noise of rounding size,
    and the triplets are still those of the matrix itself.

    A full float64 SVD is taken instead where it is as fast (fewer than 64 rows or columns, k above a 48th of them),
    and where the space stops growing before the triplets are exact, which happens when very many close but
    different values lie at the k-th. Either way values and equations are exact to float64. Within equal or nearly
    equal values the vectors are some basis of their common subspace, as they are for any SVD, and the sign of a
    pair (u, v) is arbitrary; the same input gives the same output.

    Args:
        weight: (n, m), any floating type; the work is done in float64.

    Returns:
        In the weight's type (float32 for half types) on its device.

    Raises:
        BadInput: not a matrix of finite numbers, or k outside 1 ... min(n, m).
    """
    matrix = _matrix(weight)
    if not 1 <= k <= min(matrix.shape):
        raise BadInput(f"A {matrix.shape[0]} x {matrix.shape[1]} weight has no {k} smallest singular triplets.")
    found = _by_krylov(matrix, k) or _by_full_svd(matrix, k)
    kind = weight.dtype if weight.dtype == torch.float64 else torch.float32
    u, s, v = (part.to(weight.device, kind) for part in found)
    return u, s, v


def _by_full_svd(matrix: Tensor, k: int) -> Triplets:
    u, s, vh = torch.linalg.svd(matrix, full_matrices=False)
    return u[:, -k:], s[-k:], vh[-k:].mT


def _by_krylov(matrix: Tensor, k: int) -> Triplets | None:
    n, m = matrix.shape
    if n < m:
        found = _by_krylov(matrix.mT, k)
        return found and (found[2], found[1], found[0])
    if n > m:
        q, triangle = torch.linalg.qr(matrix)
        found = _by_krylov(triangle, k)
        return found and (q @ found[0], found[1], found[2])
    scale = float(torch.linalg.matrix_norm(matrix))
    if n < _WORTH_IT or k > n // 48 or scale == 0:
        return None
    return _grow(matrix, k, torch.finfo(torch.float64).eps * scale)


def _grow(matrix: Tensor, k: int, rounding: float) -> Triplets | None:
    """Blocks U_j of A^-T V_(j-1) and V_j of A^-1 U_j, each orthogonal to those before, until k triplets are exact."""
    n = len(matrix)
    random = torch.Generator().manual_seed(n * 1_000_003 + k)
    lu, pivots = _factor(matrix, rounding, random)
    block = torch.randn(n, k + _SPARE, dtype=torch.float64, generator=random).to(matrix.device)
    us, vs, images = (matrix.new_empty(n, 0) for _ in range(3))
    for _ in range(_ROUNDS):
        us, block = _extended(us, torch.linalg.lu_solve(lu, pivots, block, adjoint=True))
        vs, block = _extended(vs, torch.linalg.lu_solve(lu, pivots, block))
        images = torch.cat([images, matrix @ block], dim=1)
        left, s, right = torch.linalg.svd(us.mT @ images)
        s, u, v, image = s[-k:], us @ left[:, -k:], vs @ right[-k:].mT, images @ right[-k:].mT
        error = (image - u * s).norm(dim=0) + (matrix.mT @ u - v * s).norm(dim=0)
        if bool((error <= _TOLERANCE * s + math.sqrt(n) * rounding).all()):
            return u, s, v
    return None


def _extended(basis: Tensor, block: Tensor) -> tuple[Tensor, Tensor]:
    for _ in range(2):  # once leaves rounding errors of the size of what was taken away
        block = torch.linalg.qr(block - basis @ (basis.mT @ block)).Q
    return torch.cat([basis, block], dim=1), block


def _factor(matrix: Tensor, rounding: float, random: torch.Generator) -> tuple[Tensor, Tensor]:
    lu, pivots, _ = torch.linalg.lu_factor_ex(matrix)
    if not bool((lu.diagonal().abs() > rounding).all()):
        noise = torch.randn(matrix.shape, dtype=torch.float64, generator=random).to(matrix.device)
        lu, pivots, _ = torch.linalg.lu_factor_ex(matrix + rounding / math.sqrt(len(matrix)) * noise)
    return lu, pivots


def _matrix(weight: Tensor) -> Tensor:
    if weight.ndim != 2 or not weight.numel() or not weight.is_floating_point():
        raise BadInput(f"A weight matrix is needed, not a tensor of shape {tuple(weight.shape)} and {weight.dtype}.")
    weight = weight.detach()
    matrix = (weight.cpu() if weight.device.type == "mps" else weight).double()  # mps has no float64
    if not bool(torch.isfinite(matrix).all()):
        raise BadInput(f"The weight {tuple(weight.shape)} holds numbers that are not finite.")
    return matrix


def _total(values: Tensor) -> Tensor:
    total = values.double().sum()
    if not float(total) > 0:
        raise BadInput("All singular values are zero; a zero matrix has no spectrum to speak of.")
    return total
