"""What can be asked about drift: of a face-world clip, of a visitor's clip, of a tower's features, and over a set.

As in `questions`: functions `(progress, **arguments)` that import engines and answer in plain data.
"""

import functools
import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from engines.analysis.drift import OrganDrift
    from engines.analysis.face_tracks import FaceTrack
    from engines.faceworld.clips import Film

Progress = Callable[..., None]
TRUE, READ, FIVE = "true landmarks", "68 read", "5 found"
"""Where landmarks come from."""
BLENDED = "video-level blending"
_SHOWN_TRACKS = 4


def drift_film(
    progress: Progress, family: str, seed: int, person: int, source: int, frames: int, size_px: int
) -> dict[str, Any]:
    """Drift of a face-world clip, real or forged.

    Returns:
        `mp4`; `faces`, a list of one: `{drift, crops}`, with `drift` by source of landmarks as `_told` says.
    """
    from engines.analysis.drift import organ_drift
    from engines.analysis.face_tracks import of_pictures, tracks_of_frames
    from engines.errors import BadInput
    from engines.faceworld.clips import FPS, Clip, film, forge_clip
    from engines.faceworld.people import Person

    progress(None, "filming")
    asked = Clip.sample(seed, person, frames)
    real = family == "real"
    taken = film(asked, size_px) if real else forge_clip(family, asked, Person.sample(source), seed, None, size_px).film
    drift = {TRUE: _told(organ_drift(taken.landmarks, np.arange(frames) / FPS))}
    progress(0.6, "reading landmarks")
    try:
        track = tracks_of_frames(of_pictures(taken.frames, FPS))[0]
        face = _face(track)
    except BadInput:  # a face that is turned away or hidden is not found; what is true of it is known all the same
        face = {"drift": {}, "crops": np.empty((0, 112, 112, 3), np.uint8)}
    return {"mp4": _mp4(taken.frames, FPS), "faces": [{**face, "drift": {**drift, **face["drift"]}}]}


def drift_clip(progress: Progress, data: bytes, start_s: float, seconds: float) -> dict[str, Any]:
    """Drift of the faces in a part of a clip, from the bytes of its file, those seen longest first.

    Returns:
        `faces`, each `{drift, crops, mp4, from_s, to_s}`; `mp4` plays the face as it was aligned.
    """
    from engines.analysis.face_tracks import tracks_of_clip

    tracks = tracks_of_clip(data, start_s, seconds, lambda done: progress(0.9 * done, "following faces"))
    faces = []
    for track in tracks[:_SHOWN_TRACKS]:
        rate = 1 / float(np.median(np.diff(track.times)))
        span = {"from_s": float(track.times[0]), "to_s": float(track.times[-1])}
        faces.append({**_face(track), **span, "mp4": _mp4(track.crops.repeat(2, 1).repeat(2, 2), rate)})
    return {"faces": faces}


def drift_features(progress: Progress, crops: np.ndarray, tower: str) -> dict[str, Any]:
    """How a tower's features change between neighbouring aligned faces (T, 112, 112, 3): `pooled` (T - 1,) and
    `patches` (T - 1, n, n), 1 - cos."""
    from engines.analysis.feature_drift import feature_drift

    progress(None, "features")
    found = feature_drift(_tower(tower), crops)
    return {"pooled": found.pooled, "patches": found.patches}


def drift_set(progress: Progress, families: Sequence[str], clips: int, frames: int, seed: int) -> dict[str, Any]:
    """Drift over a set of face-world clips: `rows`, as `engines.analysis.drift_set.measure` says, and `apart`, source
    -> number ("all", "fast") -> `told_apart`'s rows."""
    from engines.analysis import drift_set

    progress(0.0, "filming")
    rows = drift_set.measure(
        families, clips, frames, seed, made={BLENDED: _blended}, progress=lambda done: progress(done, "filming")
    )
    apart = {
        source: {number: drift_set.told_apart(rows, source, number) for number in ("all", "fast")}
        for source in drift_set.SOURCES
    }
    return {"rows": rows, "apart": apart}


def drift_blend(
    progress: Progress, seed: int, person: int, frames: int, size_px: int, frame: int, **limits: float
) -> dict[str, Any]:
    """Video-level blending of a real face-world clip by hand.

    Args:
        frame: whose pictures are shown. limits: of `engines.detection.blend_by_hand.by_hand`.

    Returns:
        `original`, `warp`, `blend` (S, S, 3) uint8, `difference` (S, S, 3) uint8 about 128, twice as strong; `mp4`, the
        blended clip; `drift` of the clip before and after by name, as `_told` says, on landmarks that the reader sees.
    """
    from engines.analysis.drift import organ_drift
    from engines.analysis.face_tracks import read_landmarks
    from engines.detection.blend_by_hand import by_hand
    from engines.faceworld.clips import FPS

    progress(None, "blending")
    real = _film(seed, person, frames, size_px)
    made = by_hand(real.frames, real.landmarks, seed=seed, **limits)
    times = np.arange(frames) / FPS
    clips = {"original": real.frames, "blend": made.blend}
    drift = {name: _told(organ_drift(read_landmarks(clip), times)) for name, clip in clips.items()}
    change = made.blend[frame].astype(int) - real.frames[frame]
    return {
        "original": real.frames[frame], "warp": made.warp[frame], "blend": made.blend[frame],
        "difference": np.clip(128 + 2 * change, 0, 255).astype(np.uint8),
        "mp4": _mp4(made.blend, FPS), "drift": drift,
    }  # fmt: skip


@functools.lru_cache(maxsize=4)
def _film(seed: int, person: int, frames: int, size_px: int) -> "Film":
    from engines.faceworld.clips import Clip, film

    return film(Clip.sample(seed, person, frames), size_px)


def _blended(real: "Film", seed: int) -> np.ndarray:
    """The paper's blending of a film."""
    from engines.data.pixels import to_bytes, to_unit
    from engines.detection.blending import blend_clip

    return to_bytes(blend_clip(to_unit(real.frames), real.landmarks, seed).frames)


def _face(track: "FaceTrack") -> dict[str, Any]:
    from engines.analysis.drift import organ_drift

    found = {READ: _told(organ_drift(track.landmarks, track.times)), FIVE: _told(organ_drift(track.five, track.times))}
    return {"drift": found, "crops": track.crops}


def _told(found: "OrganDrift") -> dict[str, Any]:
    """`organs` (K), `times` (T,), `size` (T, K), `frequencies` (F,), `power` (F, K), `rms`, `rms_fast` and `peak_hz` by
    organ, and the clip's `number` and `number_fast`; lengths are in distances between the eyes."""
    frequencies, power = found.spectrum()
    numbers = {"number": found.number(), "number_fast": found.number(fast=True), "peak_hz": found.peak_hz()}
    by_organ = {"rms": found.rms(), "rms_fast": found.rms(fast=True)}
    curves = {"times": found.times, "size": found.size, "frequencies": frequencies, "power": power}
    return {"organs": list(found.organs), **curves, **by_organ, **numbers}


def _mp4(frames: np.ndarray, fps: float) -> bytes:
    from engines.faceworld.clips.mp4 import encode

    buffer = io.BytesIO()
    encode(frames, min(max(round(fps), 1), 60), buffer)
    return buffer.getvalue()


_TOWERS: dict[str, Any] = {}


def _tower(name: str) -> Any:
    from engines.backbones import towers

    if name not in _TOWERS:
        _TOWERS[name] = towers.build(name)
    return _TOWERS[name]


QUESTIONS: dict[str, Callable[..., Any]] = {
    question.__name__: question for question in (drift_film, drift_clip, drift_features, drift_set, drift_blend)
}
"""Name -> function."""
