"""The pictures a detector is most wrongly sure of, small, to be looked at; and samples drawn evenly over families.

Wrong is judged at the detector's own threshold, the one found on its validation pictures; how wrong is how far the
probability lies beyond it. Of each family the worst few are kept, and of the reals as many as of all families together
up to four times that.
"""

import numpy as np
from torch.nn import functional as F

from engines.detection.arena.testset import as_bytes
from engines.detection.samples import Part

THUMB_PX = 72
REALS = 4
"""False alarms kept, as a multiple of the missed forgeries of one family."""


def worst(probability: np.ndarray, threshold: float, test: Part, count: int) -> np.ndarray:
    """Places of the most confident errors, family by family, the worst of each first."""
    wrong = (probability >= threshold) != (test.labels == 1)
    found = []
    for family in sorted(set(test.family.tolist())):
        places = np.flatnonzero(wrong & (test.family == family))
        real = bool(len(places)) and test.labels[places[0]] == 0
        order = np.argsort(np.abs(probability[places] - threshold), kind="stable")[::-1]
        found.append(places[order][: count * (REALS if real else 1)])
    return np.concatenate(found).astype(np.int64)


def gallery(probability: np.ndarray, threshold: float, test: Part, count: int) -> dict[str, np.ndarray]:
    """Arrays of the errors: `pictures` (K, T, T, 3) uint8, `score`, `label`, `family`, `index`, (K,) each."""
    places = worst(probability, threshold, test, count)
    pictures = np.zeros((0, THUMB_PX, THUMB_PX, 3), np.uint8)
    if len(places):
        pictures = as_bytes(F.interpolate(test.centre(places.tolist()), (THUMB_PX, THUMB_PX), mode="area"))
    named = {"score": probability[places], "label": test.labels[places], "family": test.family[places].astype(str)}
    return {"pictures": pictures, **named, "index": places}


def evenly(test: Part, total: int, seed: int) -> np.ndarray:
    """Places of at most `total` pictures, half of them real, the forgeries evenly over families; in their order."""
    rng, half = np.random.default_rng([seed, 0xA7E]), max(1, total // 2)
    names = sorted(set(test.family[test.labels == 1].tolist()))
    each = max(1, half // len(names))
    pools = [(np.flatnonzero(test.labels == 0), half)]
    pools += [(np.flatnonzero((test.family == name) & (test.labels == 1)), each) for name in names]
    drawn = [rng.permutation(pool)[:share] for pool, share in pools]
    return np.sort(np.concatenate(drawn))


def even_odds(test: Part, seed: int) -> np.ndarray:
    """Places of as many reals as forgeries, about the most there are: the odds a calibration speaks at."""
    reals = int((test.labels == 0).sum())
    places = evenly(test, 2 * min(reals, len(test) - reals), seed)
    labels = test.labels[places]
    count = min(int((labels == 0).sum()), int((labels == 1).sum()))
    rng = np.random.default_rng([seed, 0xE4E])
    return np.sort(np.concatenate([rng.permutation(places[labels == label])[:count] for label in (0, 1)]))
