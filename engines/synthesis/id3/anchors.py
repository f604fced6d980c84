"""Anchors: N directions on the sphere of embeddings, as far apart as they can be pushed (the Tammes problem).

ID³, algorithm 3, names anchors with the largest smallest angle. Here every point is repelled by all others: the mean
over i of (1 / b) log sum over j of exp(b w_i · w_j) falls, by gradient steps on the sphere, while b grows, so that in
the end only the nearest neighbour counts. Products go block by block: memory is `BLOCK` times N numbers.
Differs from the paper: its solver is not told; this one and its schedule are a choice. The embeddings of faces need not
fill the sphere: the world's reader puts nine tenths of their length into some 20 of its 128 directions, and what is
asked for outside of these is nobody: no picture comes near it. So anchors may be spread, and turned away from, within
what the training set fills (`filled`).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor

from engines.errors import BadConfig, Stopped
from engines.training.sampling import hash_seed

BLOCK = 1024
FILLED = 0.9
"""Share of the squared length of embeddings that lies in the directions they are said to fill."""
SHARPNESS, STEP = (20.0, 100.0), (0.5, 0.01)
"""b, and the length of a step, at the beginning and at the end."""
Heard = Callable[[float], None]


@dataclass
class Spread:
    """Directions and how they came apart.

    Attributes:
        points: (N, D) of length 1. start: (N, D) where they began.
        largest: the largest cosine of two of them before each round, and after the last.
    """

    points: Tensor
    start: Tensor
    largest: list[float] = field(default_factory=list)


def random_directions(count: int, width: int, seed: int = 0) -> Tensor:
    """(N, D) of length 1, evenly over the sphere."""
    return F.normalize(torch.randn(count, width, generator=torch.Generator().manual_seed(seed)), dim=1)


@torch.no_grad()
def tammes(
    count: int,
    width: int,
    seed: int = 0,
    rounds: int | None = None,
    heard: Heard | None = None,
    stopping: Callable[[], bool] | None = None,
) -> Spread:
    """Random directions, pushed apart; the best round is kept.

    Args:
        rounds: steps; by default 200, fewer for many points (30 for 10,000).

    Raises:
        BadConfig: fewer than two points or dimensions.
        Stopped: `stopping` said so.
    """
    if count < 2 or width < 2:
        raise BadConfig(f"Anchors need two points and two dimensions at least, not {count} and {width}.")
    rounds = rounds or int(min(200, max(30, 300_000 / count)))
    spread = Spread(random_directions(count, width, seed), torch.empty(0))
    spread.start = spread.points.clone()
    points, best = spread.points, math.inf
    for number in range(rounds + 1):
        if stopping and stopping():
            raise Stopped("Stopped while anchors were pushed apart; nothing is kept.")
        part = number / rounds
        pull, largest = _repulsion(points, _between(*SHARPNESS, part))
        spread.largest.append(largest)
        if largest < best:
            best, spread.points = largest, points
        pull -= (pull * points).sum(1, keepdim=True) * points  # along the sphere
        points = F.normalize(points - _between(*STEP, part) * pull, dim=1)
        if heard:
            heard(part)
    return spread


@torch.no_grad()
def filled(embeddings: Tensor, share: float = FILLED) -> Tensor:
    """The fewest orthogonal directions (K, D), K at least 2, that hold a share of the embeddings' (N, D) squared
    length."""
    _, size, axes = torch.linalg.svd(embeddings.float(), full_matrices=False)
    held = size.square().cumsum(0) / size.square().sum()
    return axes[: max(2, int((held < share).sum()) + 1)]


def spread_within(space: Tensor, count: int, seed: int = 0, rounds: int | None = None) -> Tensor:
    """Anchors (count, D) pushed apart within the directions `space` (K, D), see `filled`."""
    return tammes(count, len(space), seed, rounds).points @ space


@torch.no_grad()
def largest_cosine(points: Tensor) -> float:
    """The largest cosine of two of the directions (N, D)."""
    return float(nearest_cosines(points).max())


@torch.no_grad()
def nearest_cosines(points: Tensor) -> Tensor:
    """Cosine of each direction (N, D) to the nearest other one, (N,)."""
    parts = []
    for start in range(0, len(points), BLOCK):
        rows = points[start : start + BLOCK] @ points.T
        _forget_self(rows, start)
        parts.append(rows.amax(1))
    return torch.cat(parts)


def near(anchors: Tensor, cosines: Tensor, seed: int, space: Tensor | None = None) -> Tensor:
    """Directions at given cosines (N,) to their anchors (N, D), turned evenly: y = c w + sqrt(1 - c²) v, v ⊥ w.

    Args:
        space: (K, D) directions within which v is drawn; all of them by default.
    """
    own = hash_seed(seed, 0x7A)  # not the stream that random anchors of the same seed come from
    generator = torch.Generator().manual_seed(own)
    turn = torch.randn(len(anchors), anchors.shape[1] if space is None else len(space), generator=generator)
    turn = turn if space is None else turn @ space
    turn = F.normalize(turn - (turn * anchors).sum(1, keepdim=True) * anchors, dim=1)
    c = cosines.clamp(-1, 1)[:, None]
    return c * anchors + (1 - c.square()).sqrt() * turn


def _repulsion(points: Tensor, sharpness: float) -> tuple[Tensor, float]:
    """Of each point the mean of all others, weighted towards the nearest, (N, D); and the largest cosine."""
    pulls, largest = torch.empty_like(points), -1.0
    for start in range(0, len(points), BLOCK):
        rows = points[start : start + BLOCK] @ points.T
        _forget_self(rows, start)
        largest = max(largest, float(rows.max()))
        pulls[start : start + BLOCK] = rows.mul_(sharpness).softmax(1) @ points
    return pulls, largest


def _forget_self(rows: Tensor, start: int) -> None:
    rows.diagonal(start).fill_(-math.inf)


def _between(first: float, last: float, part: float) -> float:
    return first + (last - first) * part
