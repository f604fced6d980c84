"""Errors of the readers on people they have never seen, beside what needs no reader at all.

Rivals of the identity reader: the bundled embedder of photographs on the same faces, aligned by their true landmarks,
and a thumbnail of 8 x 8 pixels. Rival of the attribute reader: the mean over the training set, whatever the picture.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import ArrayLike
from torch import Tensor

from engines.analysis.identity import Pairs, all_pairs, embed, verify, within
from engines.backbones.embedder import FaceEmbedder
from engines.backbones.irnet import SIZE_PX
from engines.backbones.readers import Reader
from engines.recognition.readers.data import Faces, WorldFaces, unit
from engines.recognition.verification import missed
from engines.training.bootstrap import Interval, bootstrap

BATCH = 64
EYE_CORNERS = (36, 45)
"""Outer corners of the eyes: their distance is the unit of the landmarks' error (300-W's)."""
SMALL_PX = 64
"""Side of the pictures of a small generator, which the readers are tested on too."""
LEAST_PEOPLE = 4
"""People of a group that an interval is given for."""
ANGLES = ("yaw", "pitch", "roll")
Heard = Callable[[float], None]


@torch.inference_mode()
def said(reader: Reader, faces: Faces, heard: Heard, px: int = SIZE_PX) -> np.ndarray:
    """What a reader says of each face, made smaller if asked, (N, D) float32; as it is used: in full precision."""
    device = next(reader.parameters()).device

    def read(part: range) -> Tensor:
        images = unit(_stack(faces.picture, part)).to(device)
        return reader(images if px == SIZE_PX else F.interpolate(images, (px, px), mode="bilinear", antialias=True))

    return _over(faces, read, heard)


def photograph_embeddings(faces: WorldFaces, heard: Heard) -> np.ndarray:
    """What the bundled embedder of photographs says of each face, (N, 128) float32."""
    embedder = FaceEmbedder()
    return _over(faces, lambda part: torch.from_numpy(embed(_stack(faces.chip, part), embedder)), heard)


def thumbnails(faces: Faces) -> np.ndarray:
    """Each face as 8 x 8 pixels, (N, 192) float32."""
    return _over(faces, lambda part: F.adaptive_avg_pool2d(unit(_stack(faces.picture, part)), 8).flatten(1))


def identity_rows(reader: str, embeddings: np.ndarray, faces: Faces, draws: int, seed: int) -> list[dict[str, Any]]:
    """Error rates of one reader's embeddings (N, D), whose L2 distances tell people apart: over all pairs, with
    strangers of one group alone, and in each group."""
    pairs = all_pairs(embeddings, faces.people.tolist())
    kinds = {"all": pairs}
    if isinstance(faces, WorldFaces):
        kinds["same group"] = within(pairs, faces.groups.tolist())
        one, other = faces.groups[pairs.first], faces.groups[pairs.second]
        for group in sorted(set(faces.groups.tolist())):
            if len(set(faces.people[faces.groups == group])) >= LEAST_PEOPLE:
                kinds[group] = pairs.only((one == group) & (other == group))
    told = {kind: found for kind, found in kinds.items() if found.same.any() and not found.same.all()}
    return [_identity_row(reader, kind, found, draws, seed) for kind, found in told.items()]


def attribute_rows(
    told: np.ndarray, centre: np.ndarray, faces: WorldFaces, draws: int, seed: int, px: int = SIZE_PX
) -> list[dict[str, Any]]:
    """Mean absolute errors of the attribute reader (N, 140) and of the training mean (140,), by what and by group."""
    own, mean = errors(told, faces.targets), errors(np.broadcast_to(centre, told.shape), faces.targets)
    groups = {"all": np.ones(len(faces), bool)}
    groups |= {group: faces.groups == group for group in sorted(set(faces.groups.tolist()))}
    rows = []
    for what, values in own.items():
        for group, kept in groups.items():
            if len(set(faces.people[kept])) < LEAST_PEOPLE:
                continue
            found = mean_interval(values[kept], faces.people[kept], draws, seed)
            row = {"what": what, "unit": _UNITS[what], "px": px, "group": group, "photographs": int(kept.sum())}
            rows.append({**row, "error": found.value, "low": found.low, "high": found.high,
                         "error of the mean": float(mean[what][kept].mean())})  # fmt: skip
    return rows


def errors(told: np.ndarray, truth: np.ndarray) -> dict[str, np.ndarray]:
    """Absolute errors (N,) by name: yaw, pitch, roll in degrees, years, landmarks in % of the eye corners' distance."""
    off = np.abs(told - truth)
    points, true = (numbers[:, 4:].reshape(-1, 68, 2) for numbers in (told, truth))
    apart = np.linalg.norm(true[:, EYE_CORNERS[0]] - true[:, EYE_CORNERS[1]], axis=1)
    landmarks = 100 * np.linalg.norm(points - true, axis=2).mean(1) / apart
    return {**{name: off[:, axis] for axis, name in enumerate(ANGLES)}, "years": off[:, 3], "landmarks": landmarks}


def mean_interval(values: np.ndarray, people: np.ndarray, draws: int, seed: int) -> Interval:
    """The mean of values (N,), with an interval over resampled people (N,)."""
    none = np.zeros(len(values), np.int64)
    return bootstrap(
        lambda scores, _: float(np.asarray(scores).mean()), values, none, people.tolist(), draws=draws, seed=seed
    )


_UNITS = {**dict.fromkeys(ANGLES, "degrees"), "years": "years", "landmarks": "% of the eye corners' distance"}


def _identity_row(reader: str, kind: str, pairs: Pairs, draws: int, seed: int) -> dict[str, Any]:
    found, (share, _) = verify(pairs, draws, seed), missed(pairs)
    counts = {"same-person pairs": found.same, "pairs of strangers": found.different}
    rates = {"eer": found.eer.value, "low": found.eer.low, "high": found.eer.high, "fnmr at fmr 1 %": share}
    return {"reader": reader, "pairs": kind, "people": len(set(pairs.person[pairs.first])), **counts, **rates}


def _mean(values: ArrayLike, _: ArrayLike) -> float:
    return float(np.asarray(values).mean())


def _stack(take: Callable[[int], np.ndarray], part: range) -> np.ndarray:
    return np.stack([take(index) for index in part])


def _over(faces: Faces, of: Callable[[range], Tensor], heard: Heard = lambda part: None) -> np.ndarray:
    parts = []
    for start in range(0, len(faces), BATCH):
        part = range(start, min(start + BATCH, len(faces)))
        parts.append(of(part).float().cpu())
        heard(part.stop / len(faces))
    return torch.cat(parts).numpy()
