"""Which forgeries are upgraded and which are drawn: scores, the pacing curve, and sampling without replacement.

The forgery quality score of sample i at epoch t is FQS = d + α q (arXiv 2411.05335): q in [0, 1] is static, the rank
of the measured identity similarity; d in [0, 1] is the model's own feedback, 1 − P(fake), smoothed over epochs. The
lowest r(t) N by FQS are the easy ones, E; the rest, H, are hard. An epoch trains on H and on FreDA(E), drawn with
weights that grow with FQS.

The paper's constants are not known to us: smoothing 0.9 on the new value, start 0.5, α 1, r from 0.1 to 0.6.
"""

import numpy as np

from engines.errors import BadConfig

CURVES = ("linear", "root", "exp")
SHAPES = ("gaussian", "disc")
"""Low-pass masks of `freda`."""
ORDERS = ("forward", "reversed", "random")
SMOOTHING, START = 0.9, 0.5


def share(progress: float, curve: str = "linear", first: float = 0.1, last: float = 0.6) -> float:
    """r(t): share of forgeries treated as easy, `progress` in [0, 1] of the paced epochs; monotone from first to last.

    Raises:
        BadConfig: there is no such curve.
    """
    if curve not in CURVES:
        raise BadConfig(f"There is no pacing curve {curve!r}; there are {', '.join(CURVES)}.")
    t = min(max(progress, 0.0), 1.0)
    risen = {"linear": t, "root": t**0.5, "exp": (np.exp(3 * t) - 1) / (np.exp(3) - 1)}[curve]
    return float(first + (last - first) * risen)


def progress(epoch: int, epochs: int, warmup: int) -> float:
    """How far pacing is in an epoch, counted from 0: 0 in the first after the warm-up, 1 in the last."""
    return (epoch - warmup) / max(1, epochs - 1 - warmup)


def schedule(epochs: int, warmup: int, curve: str, first: float, last: float) -> list[float]:
    """r(t) of every epoch: nothing is easy during the warm-up."""
    return [
        share(progress(epoch, epochs, warmup), curve, first, last) if epoch >= warmup else 0.0
        for epoch in range(epochs)
    ]


def ranked(scores: np.ndarray) -> np.ndarray:
    """Ranks of scores (N,) spread over [0, 1]; equal scores share the mean of their ranks."""
    if len(scores) < 2:
        return np.full(len(scores), 0.5)
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    middle = last - (counts + 1) / 2
    return middle[inverse] / (len(scores) - 1)


def feedback(previous: np.ndarray, p_fake: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """d after an epoch: for samples seen (N,) bool, smoothed 1 − P(fake); for the others unchanged."""
    return np.where(seen, SMOOTHING * (1 - p_fake) + (1 - SMOOTHING) * previous, previous)


def ordered(fqs: np.ndarray, order: str, rng: np.random.Generator) -> np.ndarray:
    """The score that decides: FQS, its reverse, or a random one (the two controls).

    Raises:
        BadConfig: there is no such order.
    """
    if order not in ORDERS:
        raise BadConfig(f"There is no order {order!r}; there are {', '.join(ORDERS)}.")
    return {"forward": lambda: fqs, "reversed": lambda: -fqs, "random": lambda: rng.random(len(fqs))}[order]()


def easiest(score: np.ndarray, part: float) -> np.ndarray:
    """(N,) bool: the round(part N) lowest; of equal ones the first."""
    easy = np.zeros(len(score), bool)
    easy[np.argsort(score, kind="stable")[: round(part * len(score))]] = True
    return easy


def draw(score: np.ndarray, count: int, temperature: float, rng: np.random.Generator) -> np.ndarray:
    """`count` different samples with probability weights softmax(score / temperature), in random order (Gumbel top-k).

    Raises:
        BadConfig: more are wanted than there are.
    """
    if count > len(score):
        raise BadConfig(f"{count} of {len(score)} forgeries were asked for; lower `kept` to 1 or less.")
    keys = score / temperature + rng.gumbel(size=len(score))
    return np.argsort(-keys, kind="stable")[:count]
