"""Faces of a clip told apart: who in this frame is who in the last, by where they are and by what they look like.

Now and then the whole frame is searched; between two searches each face is followed in a close-up about where it was.
What a search finds is given to the faces known so far so that the sum of two costs is least (Hungarian method): how
little their boxes overlap, and how far apart their embeddings are (`engines.backbones.embedder`). A face that was lost
is taken up again within `LOST_S` if it looks the same. At a cut every track ends.

Differs from trackers that predict motion: at some frames a second boxes of a face that sits or stands overlap, and
where they do not, the embedding decides.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from engines.data.alignment import align_for_embedder
from engines.data.face import Face
from engines.data.faces import find_faces, follow_faces

SEARCH_S, EMPTY_S = 1.0, 0.2
"""Time between two searches, and where nobody is there."""
LOST_S = 2.0
"""A face that was away for longer begins a new track."""
MOST = 4
"""Faces that are followed at a time: the largest."""
LONG_SIDES_PX = (1024, 320)
"""A search's looks; a face that is large enough to be judged in a frame of 1920 px is found with these."""
SAME, STRANGER = 0.6, 0.9
"""Embedding distance below which two faces are one person, and above which even the same place does not make one."""
OVERLAP, CROWDED = 0.3, 0.05
"""Share that the boxes of one face have in common, and that of two faces which may be taken for one another."""

Embed = Callable[[np.ndarray, list[Face]], np.ndarray]


class Tracked(NamedTuple):
    """A face, and the number of its track, from 0."""

    track: int
    face: Face


@dataclass
class _Track:
    number: int
    box: np.ndarray
    looks: np.ndarray  # embedding, a running mean
    seen_s: float
    followed: bool = True


class FaceTracker:
    """Frames of a clip in the order of time -> their faces with the numbers of their tracks.

    Args:
        embed: picture and faces -> embeddings (N, D); the bundled embedder by default.
    """

    def __init__(self, embed: Embed | None = None):
        self._embed = embed or embedded
        self._known: list[_Track] = []
        self._count, self._shot, self._searched_s = 0, 0, -np.inf

    def __call__(self, image: np.ndarray, time_s: float, shot: int = 0) -> list[Tracked]:
        """The faces of the next frame (H, W, 3) uint8 RGB, largest track number last."""
        if shot != self._shot:
            self._known, self._shot, self._searched_s = [], shot, -np.inf
        self._known = [track for track in self._known if time_s - track.seen_s <= LOST_S]
        followed = [track for track in self._known if track.followed]
        if time_s - self._searched_s < (SEARCH_S if followed else EMPTY_S):
            faces = follow_faces(image, [track.box for track in followed])
            if not _doubtful(faces):
                return [_met(track, face, time_s) for track, face in zip(followed, faces, strict=True) if face]
        return self._search(image, time_s)

    def _search(self, image: np.ndarray, time_s: float) -> list[Tracked]:
        self._searched_s = time_s
        faces = find_faces(image, long_sides_px=LONG_SIDES_PX)[:MOST]
        looks = self._embed(image, faces) if faces else np.empty((0, 1))
        for track in self._known:
            track.followed = False
        pairs = _paired(self._known, faces, looks)
        found = []
        for number, face in enumerate(faces):
            track = pairs.get(number) or self._begun(face, looks[number])
            track.looks = 0.7 * track.looks + 0.3 * looks[number]
            found.append(_met(track, face, time_s))
        return sorted(found, key=lambda one: one.track)

    def _begun(self, face: Face, looks: np.ndarray) -> _Track:
        track = _Track(self._count, face.box, looks, 0.0)
        self._count += 1
        self._known.append(track)
        return track


def embedded(image: np.ndarray, faces: list[Face]) -> np.ndarray:
    """Embeddings (N, 128) of faces of a picture (H, W, 3) uint8 RGB."""
    import torch

    from engines.data.pixels import to_unit

    with torch.inference_mode():
        return _embedder()(to_unit(np.stack([align_for_embedder(image, face) for face in faces]))).numpy()


@functools.cache
def _embedder() -> Callable[..., Any]:
    from engines.backbones.embedder import FaceEmbedder

    return FaceEmbedder()


def _met(track: _Track, face: Face, time_s: float) -> Tracked:
    track.box, track.seen_s, track.followed = face.box, time_s, True
    return Tracked(track.number, face)


def _doubtful(faces: list[Face | None]) -> bool:
    """Whether one is gone, or two may be the same."""
    if not all(faces):
        return True
    boxes = np.stack([face.box for face in faces if face]) if faces else np.empty((0, 4))
    shared = overlap(boxes, boxes)
    np.fill_diagonal(shared, 0)
    return bool((shared > CROWDED).any())


def _paired(tracks: list[_Track], faces: list[Face], looks: np.ndarray) -> dict[int, _Track]:
    """Number of a face -> its track, for those that have one."""
    if not tracks or not faces:
        return {}
    shared = overlap(np.stack([track.box for track in tracks]), np.stack([face.box for face in faces]))
    apart = np.linalg.norm(np.stack([track.looks for track in tracks])[:, None] - looks[None], axis=-1)
    possible = (apart < SAME) | ((shared > OVERLAP) & (apart < STRANGER))
    cost = np.where(possible, 1 - shared + apart / SAME, 100.0)
    pairs = zip(*linear_sum_assignment(cost), strict=True)
    return {int(face): tracks[track] for track, face in pairs if possible[track, face]}


def overlap(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Shared area of boxes (N, 4) and (M, 4) by the area of both together: (N, M)."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(-1)
    area = [(boxes[:, 2:] - boxes[:, :2]).prod(-1) for boxes in (first, second)]
    return shared / np.maximum(area[0][:, None] + area[1][None] - shared, 1e-9)
