"""The judge: faces of a photograph or a clip, each with the score of every detector, a verdict, and plain words.

Photographs are (H, W, 3) uint8 RGB; boxes and landmarks are in their pixels. Faces are found, measured and aligned
to 112 px by `engines.data`; what is not fit to be judged gets reasons and no score. A clip is read from end to end:
its cuts are found, frames spread over its whole length are judged, and each face in them is followed by itself.
"""

import dataclasses
import math
import threading
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np
from torch import nn

from engines.analysis.attribution import DEFAULT, Attribution, explain
from engines.data.alignment import align
from engines.data.face import Face
from engines.data.faces import find_faces
from engines.data.images import read_image
from engines.data.pixels import to_unit
from engines.data.quality import FaceQuality, face_quality
from engines.data.tracks import FaceTracker
from engines.data.video import ACCEPTED, Footage, Frame
from engines.detection.clip_judgement import ClipFrame, ClipJudgement
from engines.detection.detector import Detector, bundled_detectors
from engines.detection.judgement import FaceJudgement, Judgement
from engines.detection.samples import centre_crop
from engines.detection.verdict import measured
from engines.errors import BadInput, MissingWeights

CROP_PX = 112
CLIP_FRAMES, LEAST_FRAMES, RATE_HZ = 600, 32, 4.0
"""Frames of a clip that are judged: four a second, and so many at most and, where there are as many, at least."""
LONG_SIDE_PX = 1920
"""Larger frames of a clip are made so small."""
_LOT = 8
"""Frames of a clip whose faces are scored together."""
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

    A clip that is damaged on the way is judged as far as it can be read; the answer says so.

    Args:
        using: detectors by name; the bundled ones if not given.
        max_frames: how many frames at most.

    Raises:
        BadInput: it is no clip, or has no frames, raised before the first answer.
        MissingWeights, BadWeights: as for `judge`.
    """
    asked = detectors() if using is None else using
    footage, tracker, known = Footage(source), FaceTracker(), _known(asked)
    wanted = footage.evenly(_count(float(footage.times[-1]), max_frames))
    upcoming, done = footage.frames(wanted, LONG_SIDE_PX), list[ClipFrame]()
    while lot := list(islice(upcoming, _LOT)):
        for frame in _judged_lot(lot, tracker, asked):
            done.append(frame)
            if len(done) < len(wanted):
                yield ClipJudgement(list(done), len(done) / len(wanted), known)
    if not done:
        raise BadInput(f"The clip's frames cannot be decoded; it is damaged, or its codec is unknown. {ACCEPTED}")
    whole = len(done) == len(wanted) and not footage.cut_off
    yield ClipJudgement(done, 1.0, known, None if whole else done[-1].time_s)


def _count(seconds: float, max_frames: int) -> int:
    return min(max_frames, max(LEAST_FRAMES, math.ceil(RATE_HZ * seconds) + 1))


def _judged_lot(lot: Iterable[Frame], tracker: FaceTracker, asked: Detectors) -> Iterator[ClipFrame]:
    """Some frames of a clip: faces found one frame after the other, and scored together."""
    rows = [(frame, tracker(frame.image, frame.time_s, frame.shot)) for frame in lot]
    measured = [_measured(frame.image, [one.face for one in faces]) for frame, faces in rows]
    scored = iter(_scored([face for row in measured for face in row], asked))
    for frame, faces in rows:
        yield ClipFrame(frame.time_s, {one.track: next(scored) for one in faces}, frame.shot)


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
    return _scored(_measured(image, faces), asked)


def _measured(image: np.ndarray, faces: list[Face]) -> list[tuple[Face, np.ndarray, FaceQuality]]:
    return [(face, align(image, face, CROP_PX), face_quality(image, face)) for face in faces]


def _scored(measured: list[tuple[Face, np.ndarray, FaceQuality]], asked: Detectors) -> list[FaceJudgement]:
    fit = [i for i, (_, _, quality) in enumerate(measured) if quality.ok]
    scores: list[dict[str, float]] = [{} for _ in measured]
    novelty = [0.0 for _ in measured]
    crops = np.stack([measured[i][1] for i in fit]) if fit else np.empty((0, CROP_PX, CROP_PX, 3), np.uint8)
    for name, detector in asked.items() if fit else ():
        for i, score, strange in zip(fit, *detector.assess(crops), strict=True):
            scores[i][name] = round(float(score), 6)
            novelty[i] = max(novelty[i], round(float(strange), 3))
    return [
        FaceJudgement(_floats(face.box), [_floats(point) for point in face.landmarks], quality, said, crop, strange)
        for (face, crop, quality), said, strange in zip(measured, scores, novelty, strict=True)
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
