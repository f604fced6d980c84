"""One picture and the faces that a run's guides draw of it, step by step: a photograph, or a forgery of the face world.

Pictures are uint8 RGB. The detector looks at (S, S, 3); drawings are (P, P, 3), the denoiser's size.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from engines.data.alignment import align, align_for_benchmark
from engines.data.faces import find_faces
from engines.data.pixels import to_bytes, to_unit
from engines.detection.augment import plain_view
from engines.detection.data import WORLD_LABEL
from engines.detection.diffusionfake.learner import DiffusionFake
from engines.detection.diffusionfake.measures import BRANCHES, LINES
from engines.detection.diffusionfake.reconstruct import drawing, psnr
from engines.detection.samples import centre_crop
from engines.errors import BadInput
from engines.faceworld.dataset import ForgerySpec

PEOPLE = 12
"""Of whom a forgery's target and source are chosen, by its number: of the validation split, whom no training saw."""
KEPT = 6
"""States of a drawing that are kept, evenly from its first step to its last."""
ALIGNED_PX = 112


@dataclass(frozen=True, eq=False)
class Shown:
    """A picture as (1, 3, S, S) in [0, 1], and the real frames behind it by branch, where they are known."""

    picture: Tensor
    behind: dict[str, Tensor]


@dataclass(frozen=True, eq=False)
class Drawn:
    """What was drawn of a picture (S, S, 3).

    Attributes:
        steps: (K,) how many steps each kept state has behind it.
        drawn: (3, K, P, P, 3), of source, target and without a guide; before the last step what the denoiser expects.
        behind: (2, S, S, 3) the source's and the target's real frame; the picture itself where they are not known.
        psnr_db: (3, K) of `drawn` against its frame; without a guide against the source's.
        weight: (2,) how far each branch leans on its guide.
        score: the detector's calibrated P(forged).
    """

    picture: np.ndarray
    steps: np.ndarray
    drawn: np.ndarray
    behind: np.ndarray
    psnr_db: np.ndarray
    weight: np.ndarray
    score: float


def forged(model: DiffusionFake, family: str, number: int) -> Shown:
    """A face-world forgery of a family by its number.

    Raises:
        BadConfig: there is no such family.
    """
    spec = ForgerySpec("val", (family,), PEOPLE, reals=0, fakes_per_family=1, seed=number, partners=True)
    row, _ = spec.row(0)
    whole = {"source": row["sources"], "target": row["targets"]}
    return Shown(_seen(model, row["images"]), {name: _seen(model, picture) for name, picture in whole.items()})


def photographed(model: DiffusionFake, image: np.ndarray) -> Shown:
    """The largest face of a photograph (H, W, 3), cut out as the pictures were that the run learned from.

    Raises:
        BadInput: no face was found.
    """
    faces = find_faces(image)
    if not faces:
        raise BadInput("No face was found. Use a photograph of a face from the front, at least 40 pixels wide.")
    if _of_world(model):
        return Shown(_seen(model, align(image, faces[0], ALIGNED_PX)), {})
    return Shown(_seen(model, align_for_benchmark(image, faces[0])[0]), {})


@torch.inference_mode()
def draw(
    model: DiffusionFake, shown: Shown, seed: int, steps: int, progress: Callable[[float, str], None] = lambda *_: None
) -> Drawn:
    """Draw both faces, and a third without a guide, from the same noise.

    Args:
        seed: of the noise. steps: of DDIM. progress: hears the part done and what is drawn.
    """
    at = np.unique(np.linspace(1, steps, min(KEPT, steps)).round().astype(int))
    behind = {name: shown.behind.get(name, shown.picture) for name in BRANCHES}
    lines = []
    for number, line in enumerate(LINES):
        hear = _hearer(progress, number, line, steps)
        lines.append(_line(model, shown.picture, line, seed, steps, set(at.tolist()), hear))
    of = (behind[name] for name in (*BRANCHES, BRANCHES[0]))
    wanted = [F.interpolate(frame, model.size_px, mode="bilinear", antialias=True) for frame in of]
    weights = model.guides(shown.picture)
    logit = model.detector(shown.picture).numpy()
    return Drawn(
        picture=to_bytes(shown.picture)[0],
        steps=at,
        drawn=np.stack([to_bytes(line) for line in lines]),
        behind=np.concatenate([to_bytes(behind[name]) for name in BRANCHES]),
        psnr_db=torch.stack([psnr(line, frame) for line, frame in zip(lines, wanted, strict=True)]).numpy(),
        weight=np.array([float(weights[name][1]) for name in BRANCHES]),
        score=float(model.detector.calibration(logit)[0]),
    )


def _line(
    model: DiffusionFake, picture: Tensor, line: str, seed: int, steps: int, at: set[int], hear: Callable[[int], None]
) -> Tensor:
    """The kept states of one drawing, decoded: (K, 3, P, P)."""
    guided, kept = line in BRANCHES, []
    branch = line if guided else BRANCHES[0]
    for number, step in enumerate(drawing(model, picture, branch, seed, steps, guided), start=1):
        hear(number)
        if number in at:
            kept.append(model.denoiser.decode(step.latents if number == steps else step.estimate))
    return torch.cat(kept)


def _hearer(progress: Callable[[float, str], None], number: int, line: str, steps: int) -> Callable[[int], None]:
    def hear(step: int) -> None:
        progress((number * steps + step) / (len(LINES) * steps), f"{line}, step {step} of {steps}")

    return hear


def _seen(model: DiffusionFake, picture: np.ndarray) -> Tensor:
    """A whole picture as the detector looks at it, (1, 3, S, S)."""
    detector = model.detector
    if _of_world(model):
        return to_unit(centre_crop(picture[None], detector.crop_px))
    return plain_view(picture, str(detector.card["config"].get("recipe", "face")), detector.crop_px)[None]


def _of_world(model: DiffusionFake) -> bool:
    return model.detector.card.get("data") == WORLD_LABEL
