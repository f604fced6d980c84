"""One method's set under all judges: rows of numbers for the tables, arrays for the figures."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from engines.analysis.identity import chip_at, embed
from engines.backbones.device import pick_device
from engines.backbones.embedder import FaceEmbedder
from engines.backbones.readers import Readers
from engines.synthesis import distribution, judge
from engines.synthesis.id3.data import Faces
from engines.synthesis.id3.recipe import Id3Config
from engines.training.bootstrap import Interval

FIVE = (slice(36, 42), slice(42, 48), slice(30, 31), slice(48, 49), slice(54, 55))
"""Eyes, nose tip and mouth corners among the 68 landmarks."""


@dataclass(frozen=True)
class DrawnSet:
    """A method's pictures (N, S, S, 3) uint8, whose (N,), embeddings asked for (N, D) or None where there were none,
    attributes asked for (N, 4), and seconds a picture."""

    images: np.ndarray
    identity: np.ndarray
    embedding: np.ndarray | None
    attributes: np.ndarray
    seconds: float


class Judges:
    """The judging embedder, calibrated on real people never trained on.

    Args:
        train: what was trained on, for leaks. held: those people.
    """

    def __init__(self, config: Id3Config, readers: Readers, train: Faces, held: Faces):
        self.config, self.readers = config, readers
        device = pick_device(config.device)
        self.embedder = FaceEmbedder().to(device) if config.judge == "photographs" else None
        self.train_person = train.person
        self.train, self.held = (self.embeddings(faces.images) for faces in (train, held))
        self.train_centres = judge.centres(self.train, train.person)
        _, impostor = judge.pairs(self.held, held.person, config.seed)
        self.threshold = judge.threshold(impostor)
        self.real_features = distribution.features(held.images, config.features, config.device)
        self.held_person, self.real_attributes = held.person, held.attributes

    def embeddings(self, images: np.ndarray) -> np.ndarray:
        """Unit embeddings (N, D) by the judge."""
        if self.embedder is None:
            return self.readers.read_arrays(images)["identity"]
        landmarks = self.readers.read_arrays(images)["landmarks"]
        chips = [chip_at(image, five(points)) for image, points in zip(images, landmarks, strict=True)]
        return judge.unit(embed(chips, self.embedder)).astype(np.float32)

    def row(self, drawn: DrawnSet) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Numbers of a set, and the arrays behind them."""
        read = self.readers.read_arrays(drawn.images)
        seen = np.concatenate([read["pose"], read["years"][:, None]], 1)
        own = self.embeddings(drawn.images)
        centre = judge.centres(own, drawn.identity)
        apart = judge.separability(*judge.pairs(own, drawn.identity, self.config.seed))
        features = distribution.features(drawn.images, self.config.features, self.config.device)
        leaks = judge.leakage(own, self.train)
        numbers = {
            "features": self.config.features, "pictures": len(own),
            "identities": len(centre), "threshold": self.threshold,
            "uniqueness": judge.uniqueness(centre, self.threshold),
            "consistency": judge.consistency(own, drawn.identity, self.threshold),
            "recall": judge.recall(self.real_features, features),
            "yaw_spread_deg": _within(seen[:, 0], drawn.identity),
            "age_spread_years": _within(seen[:, 3], drawn.identity),
            "eer": apart.eer, "fmr100": apart.fmr100, "fmr1000": apart.fmr1000, "fdr": apart.fdr,
            "fid": distribution.frechet(self.real_features, features),
            "kid": distribution.kernel(self.real_features, features),
            "yaw_error_deg": float(np.abs(seen[:, 0] - drawn.attributes[:, 0]).mean()),
            "age_error_years": float(np.abs(seen[:, 3] - drawn.attributes[:, 3]).mean()),
            "yaw_r": _correlation(drawn.attributes[:, 0], seen[:, 0]),
            "age_r": _correlation(drawn.attributes[:, 3], seen[:, 3]),
            "leaks_image": leaks.above(self.threshold),
            "leaks_image_to_centre": judge.leakage(own, self.train_centres).above(self.threshold),
            "leaks_centre": judge.leakage(centre, self.train_centres).above(self.threshold),
            "seconds_a_picture": drawn.seconds,
        }  # fmt: skip
        cosine = np.full(len(own), np.nan)
        if drawn.embedding is not None:
            cosine = (read["identity"] * drawn.embedding).sum(1)
            numbers["cosine"] = float(cosine.mean())
        shared = np.intersect1d(self.held_person, drawn.identity)
        if len(shared):
            numbers["diversity"] = judge.diversity(
                self.real_features, self.held_person, features, drawn.identity, min(3, self.config.images - 1)
            )
        arrays = {
            "cosine": cosine, "identity": drawn.identity, "wanted": drawn.attributes, "read": seen,
            "genuine": apart.genuine, "impostor": apart.impostor, "nearest": leaks.index,
            "nearest_cosine": leaks.cosine,
            "unique": judge.unique_curve(centre, self.threshold),
        }  # fmt: skip
        return numbers, {name: np.asarray(values) for name, values in arrays.items()}


def five(landmarks: np.ndarray) -> np.ndarray:
    """Five landmarks (5, 2) of 68, in the order of the detector's."""
    return np.stack([landmarks[part].mean(0) for part in FIVE])


def mean_interval(values: np.ndarray, draws: int = 1000, seed: int = 0) -> Interval:
    """The mean of values (seeds, identities) with a 95 % interval that resamples both."""
    rng = np.random.default_rng(seed)
    rows, columns = values.shape
    means = [values[np.ix_(rng.integers(rows, size=rows), rng.integers(columns, size=columns))].mean()
             for _ in range(draws)]  # fmt: skip
    low, high = np.quantile(means, [0.025, 0.975])
    value = float(values.mean())
    return Interval(value, min(float(low), value), max(float(high), value), 0.95, draws)


def by_identity(values: np.ndarray, identity: np.ndarray) -> np.ndarray:
    """Means (I,) of values (N,) over each identity."""
    return np.array([values[identity == who].mean() for who in np.unique(identity)])


def _within(values: np.ndarray, identity: np.ndarray) -> float:
    """Mean standard deviation inside an identity."""
    return float(np.mean([values[identity == who].std() for who in np.unique(identity)]))


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    spread = one.std() * other.std()
    return float(((one - one.mean()) * (other - other.mean())).mean() / spread) if spread > 0 else 0.0
