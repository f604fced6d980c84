"""What the inference process can be asked. Runs in the child alone: imports engines, answers in plain data.

Each question is a function `(progress, **arguments)`. `progress(share, note, partial)` tells the page how far it is and
what is known of the answer so far where that is worth showing. Answers hold numbers, text, dicts, lists and numpy
arrays only, so that the asking process never needs torch.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench import (
    augment_questions,
    drift_questions,
    identity_questions,
    inside_questions,
    quality_questions,
    reconstruction_questions,
    world_questions,
)
from workbench.finite import finite

if TYPE_CHECKING:
    from engines.detection.clip_judgement import ClipJudgement

Progress = Callable[..., None]
_SHOWN_PX = 1400
_TOLD_S = 1.0


def warm(progress: Progress) -> None:
    """Import what the other questions need and load the detectors, so that the first picture is judged at once."""
    from engines.data.faces import find_faces
    from engines.detection.judge import detectors

    progress(None, "loading the detectors")
    find_faces(np.zeros((64, 64, 3), np.uint8))
    detectors()


def judge(progress: Progress, data: bytes) -> dict[str, Any]:
    """A photograph, from the bytes of its file.

    Returns:
        `answer`: what `mien detect --json` prints; `image` (H, W, 3) uint8, at most `_SHOWN_PX` along a side, and
        `boxes` in its pixels; `crops` (N, 112, 112, 3), the faces as they were judged; `known`, a sentence for each
        detector; `caution`, what no score means.
    """
    from engines.data.images import read_image
    from engines.detection import judge as judging
    from engines.detection.verdict import NO_PROOF

    image = read_image(data)
    progress(None, "faces and scores")
    found = judging.judge(image)
    for face in found.faces:
        for name, score in face.scores.items():
            finite(name, score=score)
    shown, share = _fitting(image)
    crops = [face.crop for face in found.faces]
    return {
        "answer": {"kind": "photograph", **found.to_dict()},
        "image": shown,
        "boxes": [[value * share for value in face.box] for face in found.faces],
        "crops": np.stack(crops) if crops else np.empty((0, 112, 112, 3), np.uint8),
        "known": found.detectors,
        "caution": NO_PROOF,
    }


def explain(_: Progress, crop: np.ndarray, detector: str) -> dict[str, Any]:
    """Why a detector scored an aligned face (112, 112, 3) as it did.

    Returns:
        `face` (S, S, 3) uint8, the part the detector saw; `map` and `control` (S, S); `covered` (T,) and the logits
        while covering by the map, by the control and elsewhere: `deletion`, `control_deletion` (T,), `random` (R, T);
        `significant` and `words`, what the map is worth.
    """
    from engines.analysis import attribution
    from engines.data.pixels import to_unit
    from engines.detection.judge import detectors
    from engines.detection.samples import centre_crop

    asked = detectors()[detector]
    seen = centre_crop(crop[None], asked.crop_px)
    found = attribution.explain(asked.logit_model(), to_unit(seen))
    finite(detector, map=found.map)
    names = ("map", "control", "deletion", "control_deletion", "random")
    curves = {name: getattr(found, name)[0] for name in names}
    worth = {"significant": found.significant[0], "words": found.words[0], "method": found.method}
    return {"face": seen[0], "covered": found.covered, **curves, **worth}


def clip(progress: Progress, data: bytes) -> dict[str, Any]:
    """A clip, from the bytes of its file; what is judged so far is told once a second.

    Returns:
        `answer`: what `mien detect --json` prints; `crops`, track -> (M, 112, 112, 3) uint8, the face at each of its
        `moments`; `known` and `caution` as of `judge`.
    """
    from engines.detection.judge import judge_clip

    told = time.monotonic()
    answer: dict[str, Any] = {}
    for so_far in judge_clip(data):
        note, known = f"{so_far.frames[-1].time_s:.0f} s judged", None
        if so_far.progress == 1:
            answer = _of_clip(so_far)
        elif time.monotonic() - told >= _TOLD_S:
            told, known = time.monotonic(), _of_clip(so_far)
        progress(so_far.progress, note, known)
    return answer


def _of_clip(found: "ClipJudgement") -> dict[str, Any]:
    from engines.detection.verdict import NO_PROOF

    crops = {
        number: np.stack([moment.face.crop for moment in track.moments] or [np.zeros((112, 112, 3), np.uint8)])
        for number, track in found.tracks.items()
    }
    answer = {"kind": "clip", **found.to_dict()}
    return {"answer": answer, "crops": crops, "known": found.detectors, "caution": NO_PROOF}


def world(progress: Progress, seed: int, count: int) -> dict[str, Any]:
    """Rendered people and, of each, a forgery: `real` and `fake` (N, S, S, 3) uint8, and the `families` (N)."""
    from engines.faceworld.camera import finish
    from engines.faceworld.forgery import FAMILIES, forge
    from engines.faceworld.people import Person
    from engines.faceworld.photo import Photo
    from engines.faceworld.render import render

    kinds = [family for family in FAMILIES if family != "autoencoder"]
    families = [kinds[(seed + index) % len(kinds)] for index in range(count)]
    real, fake = [], []
    for index, family in enumerate(families):
        number = seed * 1000 + index * 2
        person, other, photo = Person.sample(number), Person.sample(number + 1), Photo.sample(number, frontal=True)
        real.append(finish(render(person, photo, 160).image, photo.camera))
        fake.append(forge(family, person, photo, other, number, size_px=160).image)
        progress((index + 1) / count, "rendering people")
    return {"real": np.stack(real), "fake": np.stack(fake), "families": families}


def inside(progress: Progress, spectra: str, features: str, rank: int, floor: float) -> dict[str, Any]:
    """What the Subspaces page shows beside the raw arrays of a run.

    Args:
        spectra, features: the NPZ files of a run.

    Returns:
        `effective_rank` and `effective_rank_after` (P,), `residual_share` (P,) of the energy, and for the features
        before and after training `points_…` (M, 2) and `explained_…` (C,).
    """
    import torch

    from engines.analysis.embedding import project
    from engines.analysis.subspaces import effective_rank

    progress(None, "ranks")
    kept, samples = _load(spectra), _load(features)
    finite(spectra, singular_values=_both(kept, "values", "after"), features=_both(samples, "before", "after"))
    found: dict[str, Any] = {}
    for name, key in (("values", "effective_rank"), ("after", "effective_rank_after")):
        found[key] = np.array([effective_rank(torch.from_numpy(row)) for row in kept[name]])
    found["residual_share"] = np.array([_tail_share(row, rank, floor) for row in kept["values"]])
    progress(None, "principal components")
    for when in ("before", "after"):
        rows = samples[when].astype(np.float64)
        axes = project(rows, min(40, rows.shape[0] - 1, rows.shape[1]))
        found |= {f"points_{when}": axes.points[:, :2], f"explained_{when}": axes.explained}
    return found


def _fitting(image: np.ndarray) -> tuple[np.ndarray, float]:
    """The picture made small enough to be sent to a page, and how many times smaller it is."""
    from PIL import Image

    share = min(1.0, _SHOWN_PX / max(image.shape[:2]))
    if share == 1.0:
        return image, share
    size = (round(image.shape[1] * share), round(image.shape[0] * share))
    return np.asarray(Image.fromarray(image).resize(size)), share


def _tail_share(values: np.ndarray, rank: int, floor: float) -> float:
    squares = np.square(values.astype(np.float64))
    trained = squares[values >= floor][-rank:]
    return float(trained.sum() / squares.sum())


def _both(arrays: dict[str, np.ndarray], *names: str) -> np.ndarray:
    """All numbers of some arrays in one."""
    return np.concatenate([arrays[name].ravel() for name in names])


def _load(path: str) -> dict[str, np.ndarray]:
    with np.load(Path(path), allow_pickle=False) as arrays:
        return dict(arrays)


QUESTIONS: dict[str, Callable[..., Any]] = {
    "warm": warm,
    "judge": judge,
    "explain": explain,
    "clip": clip,
    "world": world,
    "inside": inside,
    **inside_questions.QUESTIONS,
    **identity_questions.QUESTIONS,
    **augment_questions.QUESTIONS,
    **drift_questions.QUESTIONS,
    **quality_questions.QUESTIONS,
    **reconstruction_questions.QUESTIONS,
    **world_questions.QUESTIONS,
}
"""Name -> function."""
