"""The judge: faces of a photograph or a clip, each with the score of every detector, a verdict, and plain words.

Photographs are (H, W, 3) uint8 RGB; boxes and landmarks are in their pixels. Faces are found, measured and aligned
to 112 px by `engines.data`; what is not fit to be judged gets reasons and no score. Of a clip, frames spread over its
whole length are judged one by one, the largest face of each.
"""

import dataclasses
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
from torch import nn

from engines.analysis.attribution import DEFAULT, Attribution, explain
from engines.data.alignment import align
from engines.data.faces import Face, find_faces
from engines.data.images import read_image
from engines.data.pixels import to_unit
from engines.data.quality import face_quality
from engines.data.video import frames
from engines.detection.detector import Detector, bundled_detectors
from engines.detection.judgement import ClipFrame, ClipJudgement, FaceJudgement, Judgement
from engines.detection.samples import centre_crop
from engines.detection.verdict import measured
from engines.errors import BadInput, MissingWeights

CROP_PX = 112
CLIP_FRAMES = 32
MAPPED_FACES = 4
"""Faces of a photograph, the largest first, that get attribution maps."""

_STILL_BRANDS = (b"heic", b"heix", b"mif1", b"avif")
_LOADING = threading.Lock()
_LOADED: dict[str, Detector] = {}


class Judging(Protocol):
    """What the judge needs of a detector."""

    @property
    def card(self) -> dict[str, Any]:
        """Where it comes from and how well it did, see `engines.detection.detector`."""
        ...

    @property
    def crop_px(self) -> int:
        """Side of the central crop the network sees."""
        ...

    def assess(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Calibrated P(forged) and novelty, (N,) each, of aligned faces (N, 112, 112, 3) uint8."""
        ...

    def logit_model(self) -> nn.Module:
        """Crops (B, 3, S, S) in [0, 1] -> logit (B,)."""
        ...


Detectors = Mapping[str, Judging]


def detectors() -> dict[str, Detector]:
    """The bundled detectors by name, loaded once in a process.

    Raises:
        MissingWeights: none is bundled.
        BadWeights: one is damaged.
    """
    with _LOADING:
        for name, folder in bundled_detectors().items():
            if name not in _LOADED:
                _LOADED[name] = Detector.load(folder)
        if not _LOADED:
            raise MissingWeights(
                "No detector ships here. Train one with `mien train effort`, or install the package anew."
            )
        return dict(_LOADED)


def judge(
    image: np.ndarray, with_maps: bool = False, *, using: Detectors | None = None, method: str = DEFAULT
) -> Judgement:
    """Judge the faces of a photograph (H, W, 3), uint8 RGB.

    Args:
        with_maps: also explain each detector's score of the largest faces, which takes seconds.
        using: detectors by name; the bundled ones if not given.
        method: of the maps, a key of `engines.analysis.attribution.METHODS`.

    Raises:
        BadInput: no such picture or method.
        MissingWeights, BadWeights: a detector or the face finder is not there, or is damaged.
    """
    _check(image)
    asked = detectors() if using is None else using
    found = _judged(image, find_faces(image), asked)
    if with_maps:
        found = [_mapped(face, asked, method) for face in found[:MAPPED_FACES]] + found[MAPPED_FACES:]
    return Judgement(found, (image.shape[1], image.shape[0]), _known(asked))


def explain_face(face: FaceJudgement, detector: Judging, method: str = DEFAULT) -> Attribution:
    """Map, control and test of one detector's score of one face; shapes have B = 1, over `shown(face, detector)`.

    Raises:
        BadInput: an unknown method, or one that cannot look into this detector.
    """
    return explain(detector.logit_model(), to_unit(shown(face, detector)[None]), method)


def shown(face: FaceJudgement, detector: Judging) -> np.ndarray:
    """The part of a face's crop that a detector sees: (S, S, 3) uint8."""
    return centre_crop(face.crop[None], detector.crop_px)[0]


def judge_clip(
    source: bytes | Path | BinaryIO, *, using: Detectors | None = None, max_frames: int = CLIP_FRAMES
) -> Iterator[ClipJudgement]:
    """Judge a clip; each frame done gives the answer so far, the last one being the whole.

    Raises:
        BadInput: it is no clip, or has no frames, raised before the first answer.
        MissingWeights, BadWeights: as for `judge`.
    """
    asked = detectors() if using is None else using
    known, done = _known(asked), list[ClipFrame]()
    pending = frames(source, max_frames)
    upcoming = next(pending, None)
    while upcoming is not None:
        (time_s, image), upcoming = upcoming, next(pending, None)
        faces = _judged(image, find_faces(image)[:1], asked)
        done.append(ClipFrame(float(time_s), faces[0] if faces else None))
        progress = min(len(done) / max_frames, 0.99) if upcoming is not None else 1.0
        yield ClipJudgement(list(done), progress, known)


def judge_file(path: Path | str, *, using: Detectors | None = None) -> dict[str, Any]:
    """Judge a photograph or a clip in a file, told apart by content.

    Returns:
        `{faces: [{box, landmarks, quality, scores, verdict, words}], kind, unsure, words, …}`.

    Raises:
        BadInput: it is neither, or damaged.
        MissingWeights, BadWeights: as for `judge`.
    """
    path = Path(path)
    if _is_clip(path):
        *_, last = judge_clip(path, using=using)
        return {"kind": "clip", **last.to_dict()}
    return {"kind": "photograph", **judge(read_image(path), using=using).to_dict()}


def _judged(image: np.ndarray, faces: list[Face], asked: Detectors) -> list[FaceJudgement]:
    """Faces of one photograph, those that are fit scored together."""
    crops = np.stack([align(image, face, CROP_PX) for face in faces]) if faces else np.empty((0, CROP_PX, CROP_PX, 3))
    quality = [face_quality(image, face) for face in faces]
    fit = [i for i, measure in enumerate(quality) if measure.ok]
    scores: list[dict[str, float]] = [{} for _ in faces]
    novelty = [0.0 for _ in faces]
    for name, detector in asked.items() if fit else ():
        for i, score, strange in zip(fit, *detector.assess(crops[fit]), strict=True):
            scores[i][name] = round(float(score), 6)
            novelty[i] = max(novelty[i], round(float(strange), 3))
    return [
        FaceJudgement(_floats(face.box), [_floats(point) for point in face.landmarks], *measured_face)
        for face, *measured_face in zip(faces, quality, scores, crops, novelty, strict=True)
    ]


def _mapped(face: FaceJudgement, asked: Detectors, method: str) -> FaceJudgement:
    return dataclasses.replace(face, maps={name: explain_face(face, asked[name], method) for name in face.scores})


def _known(asked: Detectors) -> list[str]:
    return [measured(name, detector.card) for name, detector in asked.items()]


def _check(image: np.ndarray) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
        raise BadInput(
            f"A photograph is (H, W, 3) uint8 RGB, not {image.shape} {image.dtype}; read it with read_image."
        )


def _is_clip(path: Path) -> bool:
    try:
        with path.open("rb") as handle:
            head = handle.read(12)
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror or error}); check the path.") from error
    boxed = head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free") and head[8:12] not in _STILL_BRANDS
    return boxed or head.startswith(b"\x1aE\xdf\xa3") or (head.startswith(b"RIFF") and head[8:12] == b"AVI ")


def _floats(numbers: Any) -> tuple[float, ...]:
    return tuple(round(float(number), 2) for number in numbers)
