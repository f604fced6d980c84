"""What the judge answers: a face, a photograph, a clip; each with its verdict, its words and its JSON."""

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from engines.analysis.attribution import Attribution
from engines.data.quality import FaceQuality
from engines.detection.verdict import NO_PROOF, UNSURE, verdict, words


@dataclass(frozen=True)
class FaceJudgement:
    """One face. `crop` (112, 112, 3) is what was scored; `maps` are by detector, over the crop's central square.

    `novelty` is how unlike the face is to what the detectors were tested on; above 1 nothing is claimed.
    """

    box: tuple[float, ...]
    landmarks: list[tuple[float, ...]]
    quality: FaceQuality
    scores: dict[str, float]
    crop: np.ndarray = field(repr=False)
    novelty: float = 0.0
    maps: dict[str, Attribution] = field(default_factory=dict, repr=False)

    @property
    def verdict(self) -> str:
        """abstain, unsure, likely real or likely fake."""
        return verdict(self.scores, self.quality.reasons, self.novelty)

    @property
    def words(self) -> list[str]:
        """The verdict as a sentence, or the reasons for none."""
        return words(self.scores, self.quality.reasons, self.novelty)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, without pictures."""
        places = {"box": list(self.box), "landmarks": [list(point) for point in self.landmarks]}
        said = {"scores": self.scores, "novelty": self.novelty, "verdict": self.verdict, "words": self.words}
        explained = {name: found.words[0] for name, found in self.maps.items()}
        return {**places, "quality": asdict(self.quality), **said, **({"maps": explained} if explained else {})}


@dataclass(frozen=True)
class Judgement:
    """A photograph: its faces, largest first, and what stands behind the scores."""

    faces: list[FaceJudgement]
    size: tuple[int, int]
    detectors: list[str]

    @property
    def words(self) -> list[str]:
        """What was found, what was measured of the detectors, and that it is no proof; a sentence or two each."""
        if not self.faces:
            return ["No face was found; only faces are judged."]
        said = [(f"Face {i}: " if len(self.faces) > 1 else "", face.words) for i, face in enumerate(self.faces, 1)]
        return [*(start + " ".join(sentences) for start, sentences in said), *self.detectors, NO_PROOF]

    def to_dict(self) -> dict[str, Any]:
        """JSON-able, without pictures."""
        faces = [face.to_dict() for face in self.faces]
        return {"faces": faces, "size": list(self.size), "unsure": list(UNSURE), "words": self.words}


@dataclass(frozen=True)
class ClipFrame:
    """A judged frame of a clip; `face` is its largest one, or None."""

    time_s: float
    face: FaceJudgement | None

    @property
    def scores(self) -> dict[str, float]:
        """By detector; empty where there was no face or none fit to be judged."""
        return self.face.scores if self.face else {}


@dataclass(frozen=True)
class ClipJudgement:
    """A clip as far as it was judged. `progress` is the part of the frames done, 0 to 1."""

    frames: list[ClipFrame]
    progress: float
    detectors: list[str]

    @property
    def judged(self) -> list[ClipFrame]:
        """The frames that have scores."""
        return [frame for frame in self.frames if frame.scores]

    @property
    def means(self) -> dict[str, float]:
        """Mean score of each detector over the judged frames."""
        names = self.judged[0].scores if self.judged else ()
        return {name: float(np.mean([frame.scores[name] for frame in self.judged])) for name in names}

    @property
    def novelty(self) -> float:
        """Mean over the judged frames, see `FaceJudgement`."""
        return float(np.mean([frame.face.novelty for frame in self.judged if frame.face])) if self.judged else 0.0

    @property
    def worst_second(self) -> dict[str, float] | None:
        """The second with the highest mean score over frames and detectors: its start, end, score and frames."""
        seconds = [self._second(frame.time_s) for frame in self.judged]
        return max(seconds, key=lambda second: second["score"], default=None)

    @property
    def verdict(self) -> str:
        """Of the means, like that of one face."""
        return verdict(self.means, novelty=self.novelty)

    @property
    def words(self) -> list[str]:
        """How many frames were judged, the verdict of their means, the worst second, and that it is no proof."""
        counted = f"{len(self.judged)} of {len(self.frames)} frames could be judged."
        worst = self.worst_second
        if worst is None:
            return [counted, "In none of them was a face large, sharp and frontal enough."]
        at = f"The highest second begins at {worst['start_s']:.1f} s, with a mean score of {worst['score']:.2f}."
        return [counted, *words(self.means, novelty=self.novelty), at, *self.detectors, NO_PROOF]

    def to_dict(self) -> dict[str, Any]:
        """JSON-able. `faces` holds the face of the clip as it is in its highest second, with the clip's mean scores."""
        rows = [
            {"time_s": frame.time_s, "box": frame.face and list(frame.face.box), "scores": frame.scores}
            for frame in self.frames
        ]
        said = {"words": self.words, "unsure": list(UNSURE), "worst_second": self.worst_second}
        return {"faces": self._faces(), "frames": rows, "means": self.means, "verdict": self.verdict, **said}

    def _faces(self) -> list[dict[str, Any]]:
        shown = [frame for frame in self.judged if self.worst_second and frame.time_s == self.worst_second["start_s"]]
        shown = shown or [frame for frame in self.frames if frame.face][:1]
        if not shown or shown[0].face is None:
            return []
        said = {
            "scores": self.means,
            "verdict": self.verdict,
            "words": words(self.means, shown[0].face.quality.reasons, self.novelty),
            "novelty": self.novelty,
        }
        return [{**shown[0].face.to_dict(), **said, "time_s": shown[0].time_s}]

    def _second(self, start_s: float) -> dict[str, float]:
        within = [frame for frame in self.judged if start_s <= frame.time_s < start_s + 1]
        score = float(np.mean([score for frame in within for score in frame.scores.values()]))
        return {"start_s": start_s, "end_s": start_s + 1, "score": score, "frames": len(within)}
