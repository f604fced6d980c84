"""What trivial measures of a clip tell of forgeries: the floor that a detector has to leave behind.

Each is one number of the grey values of a clip, its sign chosen on the training films.
"""

from typing import Any

import numpy as np
from torch import Tensor

from engines.detection.compare import auc_rows
from engines.detection.sta.clips import Films
from engines.training.metrics import auc


def measures(clips: Tensor) -> dict[str, np.ndarray]:
    """Of clips (N, T, 3, S, S): change from frame to frame, jitter (change of the change), and sharpness, (N,) each."""
    grey = clips.mean(2)
    step = grey.diff(dim=1)
    jitter = step.diff(dim=1) if step.shape[1] > 1 else step
    fine = grey[..., 1:-1, 1:-1] - (grey[..., :-2, 1:-1] + grey[..., 2:, 1:-1]) / 2
    found = {"change": step, "jitter": jitter, "sharpness": fine}
    return {name: values.abs().flatten(1).mean(1).numpy() for name, values in found.items()}


def rows(train: Films, test: Films, seen: tuple[str, ...], draws: int) -> list[dict[str, Any]]:
    """AUC of each measure by family, with intervals."""
    known, asked = (_of(films) for films in (train, test))
    signs = {name: 1 if auc(values, train.labels) >= 0.5 else -1 for name, values in known.items()}
    scores = {(name, 0): signs[name] * values for name, values in asked.items()}
    return auc_rows(scores, test, seen, draws)


def _of(films: Films, batch: int = 16) -> dict[str, np.ndarray]:
    parts = [
        measures(films.views(range(start, min(start + batch, len(films))))[:, 0])
        for start in range(0, len(films), batch)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
