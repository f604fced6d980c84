"""How a measured quality agrees with the one known by construction: Spearman's ρ with a bootstrap interval.

The interval resamples people, not forgeries: those painted on one person are alike.
"""

import numpy as np
from scipy.stats import spearmanr

DRAWS = 100


def agreement(
    known: np.ndarray, measured: np.ndarray, people: np.ndarray, draws: int = DRAWS, seed: int = 0
) -> dict[str, float]:
    """`spearman` of two scores (N,), 0 where one does not vary; `low` and `high`, its 95 % percentile interval.

    Args:
        people: (N,) who each forgery shows.
    """
    rng = np.random.default_rng([seed, 0xA9])
    rho = _spearman(known, measured)
    names = np.unique(people)
    rows = {name: np.flatnonzero(people == name) for name in names}
    again = [np.concatenate([rows[name] for name in rng.choice(names, len(names))]) for _ in range(draws)]
    drawn = [_spearman(known[chosen], measured[chosen]) for chosen in again]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {"spearman": rho, "low": float(min(low, rho)), "high": float(max(high, rho))}


def _spearman(one: np.ndarray, other: np.ndarray) -> float:
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(spearmanr(one, other).statistic)
