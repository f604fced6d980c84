"""What can be asked about forgery quality: FreDA of one forgery, with its spectra.

As in `questions`: functions `(progress, **arguments)` that import engines and answer in plain data.
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np

Progress = Callable[..., None]


def freda(
    progress: Progress, family: str, seed: int, cutoff: float, shape: str, amplitude_only: bool
) -> dict[str, Any]:
    """FreDA of forgery `seed` of a family.

    Returns:
        `pictures`, `spectra` and `power`, each by name (fake, real, upgraded), `difference` and `mask`, as
        `engines.detection.quality.explore.Explored` says; and `known`, the forgery's Q*.
    """
    from engines.detection.quality.explore import explore, forged

    progress(None, "forging")
    pair = forged(family, seed)
    found = asdict(explore(pair.fake, pair.real, cutoff, shape, amplitude_only))
    for name in ("spectra", "power"):
        found[name] = {which: values.astype(np.float32) for which, values in found[name].items()}
    return {**found, "known": pair.known}


QUESTIONS: dict[str, Callable[..., Any]] = {"freda": freda}
"""Name -> function."""
