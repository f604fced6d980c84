"""Whether what a detector holds and says are numbers at all, so that a page says so instead of drawing nothing.

A training that diverged leaves weights that are infinite or no numbers; weights that are merely huge overflow on the
way. Both are answered with what was found, in which detector, and what to do.
"""

from pathlib import Path
from typing import Any

import numpy as np

from engines.errors import BadInput, BadWeights

_ADVICE = "Choose another detector, or train it anew with a lower learning rate."


def sound(model: Any, name: str) -> None:
    """Check every parameter of a detector (a torch module), which a page calls by `name` or by its folder.

    Raises:
        BadWeights: some are not finite; the first of them is named.
    """
    import torch

    bad = [key for key, value in model.named_parameters() if not bool(torch.isfinite(value).all())]
    if bad:
        more = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
        raise BadWeights(
            f"The detector {named(name)} holds weights that are not finite numbers ({bad[0]}{more}): its training"
            f" diverged, or its file is damaged. {_ADVICE}"
        )


def finite(name: str, **values: Any) -> None:
    """Check what a detector says: arrays or numbers, by what they are called in a sentence ("features").

    Raises:
        BadInput: some are not finite.
    """
    for what, value in values.items():
        bad = ~np.isfinite(np.asarray(value, dtype=np.float64))
        if bad.any():
            raise BadInput(
                f"The detector {named(name)} overflows: {int(bad.sum())} of the {bad.size} numbers of its"
                f" {what.replace('_', ' ')} are not finite. Its weights are too large. {_ADVICE}"
            )


def named(detector: str) -> str:
    """What to call a detector in a sentence: its name, or for a folder of a run the run's."""
    folder = Path(detector)
    runs = [part.name for part in folder.parents if part.parent.name == "runs"]
    return f"of run {runs[0]}" if runs else folder.name
