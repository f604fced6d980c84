"""The faces of a data set's clips, cut out into a tree of the same layout.

The recipe is DeepfakeBench's: 32 frames evenly over a clip, or every so many from the first; of each the largest face,
turned upright into 256 px with a margin of 1.3 (`alignment.align_for_benchmark`). Frames without a face are left out.
`videos/000.mp4` becomes `frames/000/007.png`, any other `a/000.mp4` becomes `a/000/007.png`; 7 is the frame's number in
its clip. `faces.json` beside them holds box, landmarks and score of each face, and says that the video is finished.
Differs from DeepfakeBench: the face is found once, by RetinaFace, and not a second time in the crop.

Each video comes to exist by a rename, so that a run that was stopped, or a machine that went down, leaves finished
videos and nothing else; the same call goes on from there.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from filelock import FileLock, Timeout
from PIL import Image

from engines.data.layouts import LAYOUTS, Index, read
from engines.data.pool import cores, each
from engines.data.videos import Video, frame_number
from engines.errors import BadConfig, BadInput, MienError

FINISHED, SETTINGS, DRAFT = "faces.json", "crop.json", ".draft-"


@dataclass(frozen=True)
class CropSpec:
    """How faces are cut out; one tree is made by one of these.

    Attributes:
        frames: of each clip, at most. stride: every so many frames from the first; evenly spread without it. A stride
            gives a forged clip and the real one it was made on the same numbers, which pairing needs.
        size_px: side of a crop. margin: side of the crop, in sides of the face's template.
        min_score: surest faces only, in [0, 1].
    """

    frames: int = 32
    stride: int | None = None
    size_px: int = 256
    margin: float = 1.3
    min_score: float = 0.8

    def __post_init__(self) -> None:
        if self.frames < 1 or (self.stride is not None and self.stride < 1):
            raise BadConfig(f"frames and stride are 1 or more, not {self.frames} and {self.stride}.")
        if not 16 <= self.size_px <= 2048 or not 1 <= self.margin <= 3 or not 0 < self.min_score < 1:
            raise BadConfig(
                "size_px is 16 to 2048, margin 1 to 3 and min_score between 0 and 1, not "
                f"{self.size_px}, {self.margin} and {self.min_score}."
            )


class Outcome(NamedTuple):
    """What became of a video: "cut", "faceless" (frames, but no face), "failed" or "kept" (finished before)."""

    video: str
    state: str
    crops: int = 0
    why: str = ""


Progress = Callable[[int, int, Outcome], None]
Stopping = Callable[[], bool]


@dataclass(frozen=True)
class Cropped:
    """What `crop` did: the tree, and what became of each video."""

    out: Path
    outcomes: tuple[Outcome, ...]

    def count(self, state: str) -> int:
        """How many videos ended so."""
        return sum(outcome.state == state for outcome in self.outcomes)

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """Videos that could not be read, and why."""
        return tuple(outcome for outcome in self.outcomes if outcome.state == "failed")


def crop(
    place: str | Path,
    out: str | Path,
    spec: CropSpec | None = None,
    layout: str | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    stopping: Stopping | None = None,
) -> Cropped:
    """Cut the faces out of every clip of a tree; videos that are finished are kept.

    Args:
        layout: see `layouts.read`.
        workers: processes; as many as cores by default, and none beside this one at 1.
        progress: told how many of how many are done, and what became of the last.
        stopping: asked now and then; what is finished stays, and the same call goes on from there.

    Raises:
        BadInput: the place has no clips, the tree cannot be written, or another run is writing it.
        BadConfig: the tree was begun with other settings, or would lie inside the place.
        Stopped: `stopping` said so.
    """
    spec, target = spec or CropSpec(), Path(out).expanduser().absolute()
    index = read(place, layout)
    if target == index.place or target.is_relative_to(index.place):
        raise BadConfig(
            f"{target} lies inside {index.place}, where crops would be taken for data; choose a place beside."
        )
    tasks = {video.path: (video, target / _below(video, index.place)) for video in index.videos}
    if index.place.is_file() or not any(video.clip for video, _ in tasks.values()):
        raise BadInput(f"{index.place} holds no clips, so there is nothing to cut; its frames can be used as they are.")
    _prepare(index, target, spec)
    with _alone(target):
        return Cropped(target, tuple(_all(tasks, spec, workers or cores(), progress, stopping or _never)))


def _all(
    tasks: dict[str, tuple[Video, Path]], spec: CropSpec, workers: int, progress: Progress | None, stopping: Stopping
) -> Iterator[Outcome]:
    kept = [path for path, (_, folder) in tasks.items() if (folder / FINISHED).is_file()]
    yield from (Outcome(path, "kept") for path in kept)
    finished = set(kept)
    todo = [(*task, spec) for path, task in tasks.items() if path not in finished]
    for number, outcome in enumerate(each(cut, todo, workers, stopping), len(kept) + 1):
        if progress:
            progress(number, len(tasks), outcome)
        yield outcome


def cut(video: Video, folder: Path, spec: CropSpec) -> Outcome:
    """Cut the faces out of one video into a folder that is not there yet."""
    draft = folder.with_name(f"{DRAFT}{folder.name}")
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        rows = [row for frame in _frames(video, spec) if (row := _cut_one(frame, draft, spec))]
        said = {"video": video.path, "faces": rows}
        (draft / FINISHED).write_text(json.dumps(said, indent=1))
        draft.replace(folder)
    except MienError as error:
        return Outcome(video.path, "failed", 0, str(error))
    except OSError as error:
        return Outcome(video.path, "failed", 0, f"{folder} cannot be written: {error.strerror or error}.")
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Outcome(video.path, "cut" if rows else "faceless", len(rows))


def _frames(video: Video, spec: CropSpec) -> Iterator[tuple[int, np.ndarray]]:
    """Whole frames by number: of the clip, or pictures where the video is there as such."""
    from engines.data.images import read_image
    from engines.data.video import OWN_BYTE_CAP, numbered_frames

    if video.clip:
        for frame in numbered_frames(video.clip, spec.frames, spec.stride, OWN_BYTE_CAP):
            yield frame.number, frame.image
        return
    chosen = video.frames[:: spec.stride][: spec.frames] if spec.stride else video.evenly(spec.frames).frames
    for place, picture in enumerate(chosen):
        number = frame_number(picture)
        yield place if number is None else number, read_image(picture)


def _cut_one(frame: tuple[int, np.ndarray], folder: Path, spec: CropSpec) -> dict[str, Any] | None:
    from engines.data.alignment import align_for_benchmark
    from engines.data.faces import find_faces

    number, image = frame
    faces = find_faces(image, spec.min_score)
    if not faces:
        return None
    picture, landmarks = align_for_benchmark(image, faces[0], spec.size_px, spec.margin)
    name = f"{number:03d}.png"
    Image.fromarray(picture).save(folder / name)
    box = [round(float(side), 1) for side in faces[0].box]
    return {
        "frame": name, "box": box, "score": round(float(faces[0].score), 4), "landmarks": landmarks.round(1).tolist(),
    }  # fmt: skip


def _below(video: Video, place: Path) -> Path:
    """Where a video's crops lie, below the tree."""
    path = Path(video.path).relative_to(place)
    path = path.with_suffix("") if video.frames == () or Path(video.path).is_file() else path
    return Path(*("frames" if part == "videos" else part for part in path.parts))


def _prepare(index: Index, out: Path, spec: CropSpec) -> None:
    """The tree's own files: with what settings it is made, and the lists that carry labels and splits."""
    settings = out / SETTINGS
    try:
        out.mkdir(parents=True, exist_ok=True)
        if settings.is_file():
            before = json.loads(settings.read_text())
            if before != asdict(spec):
                raise BadConfig(f"{out} was begun with other settings, {before}; take those, or another folder.")
        elif any(out.iterdir()):
            raise BadInput(f"{out} holds something that is no tree of crops; choose a new folder.")
        settings.write_text(json.dumps(asdict(spec)))
        for pattern in LAYOUTS[index.layout].lists:
            for file in index.place.glob(pattern):
                copy = out / file.relative_to(index.place)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy)
    except OSError as error:
        raise BadInput(f"{out} cannot be written: {error.strerror or error}. Choose another folder.") from None


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    try:
        with FileLock(out / ".lock", timeout=0):
            yield
    except Timeout:
        raise BadInput(f"Another run is cutting faces into {out}; wait for it, or choose another folder.") from None


def _never() -> bool:
    return False
