"""The real frames of which a forged one was made: its target's and its source's, by video id and number of the frame.

DiffusionFake and FreDA learn from such triples. In FF++'s order a video `000_003` has the target 000, whose frames
were altered, and the source 003. Differs from DiffusionFake's released loader, which takes the first id for the
source and finds the frame by exchanging a folder's name: here a frame whose partner is not there is said, never
replaced by another at random. A real frame is its own target and source.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from engines.data.videos import Video, frame_number


class Pair(NamedTuple):
    """A forged frame, the real frame it was made on, and a real frame of whose face or motion went in."""

    frame: Path
    target: Path
    source: Path | None
    number: int


class Unpaired(NamedTuple):
    """A forged frame without its partners, and why."""

    frame: Path
    why: str


class Pairing(NamedTuple):
    """All forged frames of some videos: those with partners and those without."""

    pairs: tuple[Pair, ...]
    unpaired: tuple[Unpaired, ...]

    def reasons(self) -> dict[str, int]:
        """Why how many frames are unpaired."""
        return dict(Counter(why for _, why in self.unpaired).most_common())


def pair(videos: Sequence[Video], within: int = 0, source_within: int | None = 0, need_source: bool = True) -> Pairing:
    """Partners of the forged frames of some videos, among the real ones of the same.

    Crops taken evenly have other numbers in a long video than in a short one; crop with a stride to have the same.

    Args:
        within: how many frames off the target's may be. It shows the same moment only at 0.
        source_within: the same for the source's; None takes the nearest however far, which shows the right face.
        need_source: whether frames without a source's frame are unpaired. Talking-head families have no source face.
    """
    reals = _Reals([video for video in videos if video.label == 0])
    pairs: list[Pair] = []
    alone: list[Unpaired] = []
    for video in (video for video in videos if video.label == 1):
        for frame in video.frames:
            found = _partners(video, frame, reals, within, source_within)
            if isinstance(found, Pair) and (found.source or not need_source):
                pairs.append(found)
            else:
                why = found if isinstance(found, str) else _no_source(video, reals)
                alone.append(Unpaired(frame, why))
    return Pairing(tuple(pairs), tuple(alone))


class _Reals:
    """Real videos by id and compression, and their frames by number."""

    def __init__(self, videos: Sequence[Video]):
        self.by_name: dict[tuple[str, str], list[Video]] = {}
        self.numbered: dict[str, list[tuple[int, Path]]] = {}
        for video in videos:
            self.by_name.setdefault((video.name, video.compression), []).append(video)

    def find(self, name: str, fake: Video) -> Video | str:
        """The real video of that name in the forged one's data set, else in the only one that has it; or why not."""
        if not name:
            return "no id"
        found = {video.path: video for video in self.by_name.get((name, fake.compression), ())}
        own = [video for video in found.values() if video.dataset == fake.dataset] or [*found.values()]
        return own[0] if len(own) == 1 else "ambiguous" if own else "not there"

    def frame(self, video: Video, number: int, within: int | None) -> Path | None:
        """The frame whose number is nearest."""
        if video.path not in self.numbered:
            known = ((frame_number(frame), frame) for frame in video.frames)
            self.numbered[video.path] = sorted((index, frame) for index, frame in known if index is not None)
        frames = self.numbered[video.path]
        at = bisect_left(frames, (number,))
        near = min(frames[max(0, at - 1) : at + 1], key=lambda row: abs(row[0] - number), default=None)
        return near[1] if near and (within is None or abs(near[0] - number) <= within) else None


def _partners(video: Video, frame: Path, reals: _Reals, within: int, source_within: int | None) -> Pair | str:
    number = frame_number(frame)
    if number is None:
        return "the frame's name has no number"
    target = reals.find(video.target, video)
    if isinstance(target, str):
        return _said("target", target)
    at_target = reals.frame(target, number, within)
    if at_target is None:
        return "the target has no frame of that number"
    source = reals.find(video.source, video)
    at_source = None if isinstance(source, str) else reals.frame(source, number, source_within)
    return Pair(frame, at_target, at_source, number)


def _no_source(video: Video, reals: _Reals) -> str:
    source = reals.find(video.source, video)
    return _said("source", source) if isinstance(source, str) else "the source has no frame of that number"


def _said(role: str, why: str) -> str:
    return {
        "no id": f"nothing says which video is its {role}",
        "ambiguous": f"several real videos have the id of its {role}",
        "not there": f"its {role} is not there",
    }[why]
