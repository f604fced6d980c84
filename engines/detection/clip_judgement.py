"""What the judge answers of a clip: frame by frame, for each face that was followed, and for the largest of each frame.

The score of a frame is the mean of its detectors' scores; a clip's or a track's is the mean over its judged frames, by
detector. The moments that decide are the frames that pull hardest to the side on which that mean lies, and the one
that pulls hardest against it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from engines.detection.judgement import FaceJudgement
from engines.detection.verdict import NO_PROOF, UNSURE, verdict, words

MOMENTS, APART_S = 4, 0.5
"""Moments on the mean's side, and time between two of them."""


class Moment(NamedTuple):
    """A frame that weighs much: its time, its mean score, whether it speaks against the clip's mean, and the face."""

    time_s: float
    score: float
    against: bool
    face: FaceJudgement


@dataclass(frozen=True)
class FaceOverTime:
    """One face in some frames of a clip, in the order of time."""

    times: Sequence[float]
    faces: Sequence[FaceJudgement]

    @cached_property
    def judged(self) -> list[tuple[float, FaceJudgement]]:
        """The frames that have scores."""
        return [(time, face) for time, face in zip(self.times, self.faces, strict=True) if face.scores]

    @cached_property
    def means(self) -> dict[str, float]:
        """Mean score of each detector over the judged frames."""
        names = self.judged[0][1].scores if self.judged else ()
        return {name: float(np.mean([face.scores[name] for _, face in self.judged])) for name in names}

    @property
    def novelty(self) -> float:
        """Mean over the judged frames, see `FaceJudgement`."""
        return float(np.mean([face.novelty for _, face in self.judged])) if self.judged else 0.0

    @cached_property
    def worst_second(self) -> dict[str, float] | None:
        """The second with the highest mean score over frames and detectors: its start, end, score and frames. Seconds
        with less than half the frames of the fullest, as at an end, are passed over."""
        seconds = [self._second(time) for time, _ in self.judged]
        most = max((second["frames"] for second in seconds), default=0)
        full = [second for second in seconds if 2 * second["frames"] >= most]
        return max(full, key=lambda second: second["score"], default=None)

    @property
    def moments(self) -> list[Moment]:
        """The moments that decide, in the order of time."""
        scored = [(time, _mean(face), face) for time, face in self.judged]
        if not scored:
            return []
        side = 1.0 if np.mean([score for _, score, _ in scored]) >= 0.5 else -1.0
        chosen: list[Moment] = []
        for time, score, face in sorted(scored, key=lambda one: -side * one[1]):
            if len(chosen) < MOMENTS and all(abs(time - other.time_s) >= APART_S for other in chosen):
                chosen.append(Moment(time, score, False, face))
        time, score, face = min(scored, key=lambda one: side * one[1])
        if time not in [moment.time_s for moment in chosen]:
            chosen.append(Moment(time, score, True, face))
        return sorted(chosen, key=lambda moment: moment.time_s)

    @property
    def verdict(self) -> str:
        """Of the means, like that of one face."""
        return verdict(self.means, novelty=self.novelty)

    @property
    def words(self) -> list[str]:
        """The verdict as a sentence, or why there is none."""
        if not self.judged:
            return ["In none of them was a face large, sharp and frontal enough."]
        return words(self.means, novelty=self.novelty)

    def _second(self, start_s: float) -> dict[str, float]:
        within = [face for time, face in self.judged if start_s <= time < start_s + 1]
        score = float(np.mean([_mean(face) for face in within]))
        return {"start_s": start_s, "end_s": start_s + 1, "score": score, "frames": len(within)}


@dataclass(frozen=True)
class ClipFrame:
    """A judged frame of a clip: its faces by track, and the shot it belongs to."""

    time_s: float
    faces: dict[int, FaceJudgement]
    shot: int = 0

    @property
    def face(self) -> FaceJudgement | None:
        """The largest one."""
        return max(self.faces.values(), key=lambda face: _area(face.box), default=None)

    @property
    def scores(self) -> dict[str, float]:
        """The largest face's, by detector; empty where there was no face or it was not fit to be judged."""
        return self.face.scores if self.face else {}


@dataclass(frozen=True)
class ClipJudgement:
    """A clip as far as it was judged. `progress` is the part of the frames done, 0 to 1; `damaged_after_s` is the time
    of the last frame that could be read, where the file goes no further."""

    frames: list[ClipFrame]
    progress: float
    detectors: list[str]
    damaged_after_s: float | None = None

    @cached_property
    def main(self) -> FaceOverTime:
        """The largest face of each frame."""
        shown = [(frame.time_s, frame.face) for frame in self.frames if frame.face]
        return FaceOverTime([time for time, _ in shown], [face for _, face in shown])

    @cached_property
    def tracks(self) -> dict[int, FaceOverTime]:
        """Each face that was followed, by the number of its track; those seen longest first."""
        rows: dict[int, list[tuple[float, FaceJudgement]]] = {}
        for frame in self.frames:
            for track, face in frame.faces.items():
                rows.setdefault(track, []).append((frame.time_s, face))
        longest = sorted(rows.items(), key=lambda item: (-len(item[1]), item[0]))
        return {track: FaceOverTime(*map(list, zip(*row, strict=True))) for track, row in longest}

    @property
    def judged(self) -> list[ClipFrame]:
        """The frames whose largest face has scores."""
        return [frame for frame in self.frames if frame.scores]

    @property
    def means(self) -> dict[str, float]:
        """Mean score of each detector over the judged frames."""
        return self.main.means

    @property
    def worst_second(self) -> dict[str, float] | None:
        """See `FaceOverTime.worst_second`."""
        return self.main.worst_second

    @property
    def verdict(self) -> str:
        """Of the largest face's means."""
        return self.main.verdict

    @property
    def cuts(self) -> int:
        """How often the clip was cut, as far as it was judged."""
        return self.frames[-1].shot if self.frames else 0

    @property
    def words(self) -> list[str]:
        """How much was judged, the verdict of the means, the worst second, and that it is no proof."""
        said = [f"{len(self.judged)} of {len(self.frames)} frames could be judged.", *self._limits()]
        worst = self.worst_second
        if worst is None:
            return [*said, *self.main.words]
        at = f"The highest second begins at {worst['start_s']:.1f} s, with a mean score of {worst['score']:.2f}."
        return [*said, *self.main.words, at, *self.detectors, NO_PROOF]

    def _limits(self) -> list[str]:
        said = []
        if len(self.tracks) > 1:
            cuts = f" {self.cuts} {'cut' if self.cuts == 1 else 'cuts'} ended tracks." if self.cuts else ""
            said.append(f"{len(self.tracks)} faces were followed, and this is said of the largest in each frame.{cuts}")
        if self.damaged_after_s is not None:
            said.append(f"The file is damaged or ends early: nothing after {self.damaged_after_s:.1f} s could be read.")
        return said

    def to_dict(self) -> dict[str, Any]:
        """JSON-able. `faces` holds the face of the clip as it is in its highest second, with the clip's mean scores;
        `tracks` says the same of each face that was followed."""
        said = {"words": self.words, "unsure": list(UNSURE), "worst_second": self.worst_second, "cuts": self.cuts}
        tracks = [_track(number, track) for number, track in self.tracks.items()]
        rows = [_row(frame) for frame in self.frames]
        more = {"tracks": tracks, "damaged_after_s": self.damaged_after_s, "progress": self.progress}
        return {"faces": self._faces(), "frames": rows, "means": self.means, "verdict": self.verdict, **said, **more}

    def _faces(self) -> list[dict[str, Any]]:
        rows = list(zip(self.main.times, self.main.faces, strict=True))
        worst = self.worst_second
        shown = [row for row in rows if worst and row[0] == worst["start_s"]] or rows[:1]
        if not shown:
            return []
        (time_s, face), means, novelty = shown[0], self.means, self.main.novelty
        said = {"scores": means, "verdict": self.verdict, "words": words(means, face.quality.reasons, novelty)}
        return [{**face.to_dict(), **said, "novelty": novelty, "time_s": time_s}]


def _track(number: int, track: FaceOverTime) -> dict[str, Any]:
    moments = [{"time_s": m.time_s, "score": round(m.score, 6), "against": m.against} for m in track.moments]
    span = {"start_s": track.times[0], "end_s": track.times[-1], "frames": len(track.times)}
    said = {"means": track.means, "verdict": track.verdict, "words": track.words, "novelty": track.novelty}
    seconds = {"worst_second": track.worst_second, "moments": moments}
    return {"track": number, **span, "judged": len(track.judged), **said, **seconds}


def _row(frame: ClipFrame) -> dict[str, Any]:
    faces = [{"track": track, "box": list(face.box), "scores": face.scores} for track, face in frame.faces.items()]
    largest = {"box": list(frame.face.box) if frame.face else None, "scores": frame.scores}
    return {"time_s": frame.time_s, **largest, "shot": frame.shot, "faces": faces}


def _mean(face: FaceJudgement) -> float:
    return float(np.mean(list(face.scores.values())))


def _area(box: Sequence[float]) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
