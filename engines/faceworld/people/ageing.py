"""What years do to a person: smooth, and the same for all but for the traits that set how early and how strongly.

Years are mapped to the head model's age by `YEARS_TO_AGE`. The model's corners are MakeHuman's: 1/3 is its child of
about 10 years, 2/3 its young adult of 25, 1 its old one of 90, and MakeHuman is linear between them. (anny's own
calibration, by body height, reads 8, 16 and 110 years there.) Here adults follow MakeHuman; below 25 faces grow as
they do: most of the way by 18.
"""

import numpy as np

YEARS, AGES = (10.0, 14.0, 18.0, 25.0, 90.0), (1 / 3, 0.46, 0.585, 2 / 3, 1.0)
"""Years, and the head model's age at each; linear between."""


def head_age(years: float) -> float:
    """The head model's age: 1/3 for a child, 2/3 for a young adult, 1 for an old one."""
    return float(np.interp(years, YEARS, AGES))


def corner_shares(ancestry: np.ndarray, male: float, years: float) -> np.ndarray:
    """Shares (18,) of the head model's corners; ancestry (3,) sums to 1."""
    ages = np.clip(1 - 3 * np.abs(head_age(years) - np.array([1 / 3, 2 / 3, 1])), 0, 1)
    return np.einsum("a,s,y->asy", ancestry, [1 - male, male], ages).reshape(-1)


def grown(years: float) -> float:
    """0 for a child, 1 for an adult: what skin, lips and brows gain in puberty."""
    return _ramp(years, 13, 19)


def old(years: float) -> float:
    """0 up to 30 years, 1 from 65."""
    return float(np.clip((years - 30) / 35, 0, 1))


def wrinkled(years: float, wrinkling: float) -> float:
    """Depth of lines in [0, 0.8]: none before 30, all at 80."""
    return (0.25 + 0.55 * wrinkling) * _ramp(years, 30, 80)


def bearded(years: float) -> float:
    """Share of an adult's beard: none at 15, all at 22."""
    return _ramp(years, 15, 22)


def greyed(years: float, grey_years: float) -> float:
    """Share of grey hair in [0, 0.95]; half at `grey_years`, over about 25 years."""
    return 0.95 * _ramp(years, max(grey_years - 13, 25), grey_years + 13)


def receded(years: float, receding: float) -> float:
    """How far the hairline is back, in [0, 1]."""
    return receding * _ramp(years, 18, 62)


def _ramp(value: float, low: float, high: float) -> float:
    t = float(np.clip((value - low) / (high - low), 0, 1))
    return t * t * (3 - 2 * t)
