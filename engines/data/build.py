"""DeepfakeBench's JSON, written from any layout; `layouts.read` gives the same videos back.

What the schema has no room for stands under "mien" in each video: path, family, id, target, source, people, clip.
Paths are relative to the JSON where they lie below its folder, and absolute elsewhere.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engines.data.layouts.deepfakebench import EXTRA
from engines.data.names import label_name
from engines.data.videos import SPLITS, Video
from engines.errors import BadInput


def write_json(videos: Iterable[Video], out: str | Path, replace: bool = False) -> Path:
    """Write the JSON, whole or not at all. Its path.

    Args:
        videos: with their splits; those in none stand under "all".
        replace: whether a file that is there may be replaced.

    Raises:
        BadInput: there are no videos, one is still a clip, the file exists, or it cannot be written.
    """
    path, rows = Path(out).expanduser().absolute(), list(videos)
    clips = [video for video in rows if not video.frames]
    if not rows:
        raise BadInput(f"There are no videos to write to {path}.")
    if clips:
        raise BadInput(
            f"{len(clips)} of {len(rows)} videos are clips without frames, {clips[0].path} first, and the JSON lists "
            "frames. Cut out their faces first: mien data crop."
        )
    if path.exists() and not replace:
        raise BadInput(f"{path} exists already; choose another name, or say that it may be replaced.")
    _write(path, json.dumps(tree(rows, path.parent), indent=1, ensure_ascii=False))
    return path


def tree(videos: Iterable[Video], folder: Path) -> dict[str, Any]:
    """What the JSON holds, for paths relative to a folder."""
    content: dict[str, Any] = {}
    for video in videos:
        label = label_name(video.dataset, video.family, video.label)
        splits = content.setdefault(video.dataset, {}).setdefault(label, {split: {} for split in SPLITS})
        inside = splits.setdefault(video.split or "all", {})
        if video.compression:
            inside = inside.setdefault(video.compression, {})
        inside[_free(video, inside, folder)] = _entry(video, label, folder)
    return content


def _free(video: Video, taken: dict[str, Any], folder: Path) -> str:
    """The video's id, or where two of one label share it (`Celeb-real/1`, `YouTube-real/1`) its path."""
    name = video.name or Path(video.path).name
    return name if name not in taken else _relative(Path(video.path), folder)


def _entry(video: Video, label: str, folder: Path) -> dict[str, Any]:
    extra = {
        "path": _relative(Path(video.path), folder),
        "family": video.family,
        "name": video.name,
        "target": video.target,
        "source": video.source,
        "people": list(video.people),
        **({"clip": _relative(video.clip, folder)} if video.clip else {}),
    }
    frames, masks = ([_relative(path, folder) for path in paths] for paths in (video.frames, video.masks))
    return {"label": label, "frames": frames, **({"masks": masks} if masks else {}), EXTRA: extra}


def _relative(path: Path, folder: Path) -> str:
    whole = path.absolute()
    return (whole.relative_to(folder) if whole.is_relative_to(folder) else whole).as_posix()


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise BadInput(f"{path} cannot be written: {error.strerror or error}. Nothing of it is kept.") from error
