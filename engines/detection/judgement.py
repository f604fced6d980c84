"""What the judge answers of a face and of a photograph: verdict, words and JSON. Of clips, see `clip_judgement`."""

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
