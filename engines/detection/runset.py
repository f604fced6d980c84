"""A run set: methods and seeds that share pictures, the probe they start from, and the test they are compared on.

What every detection recipe does around its own training. It says to the journal the tables `auc` (by method, seed and
family), `metrics` (the field's other numbers), `paired` (differences with intervals) and, on the face world,
`baselines` (what trivial features reach).
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from engines.backbones import towers
from engines.backbones.device import pick_device
from engines.detection import baselines, compare, data, methods
from engines.detection.config import DetectionConfig
from engines.detection.detector import Detector, score
from engines.detection.learner import random_head
from engines.detection.probe import fit_probe
from engines.detection.samples import Samples, WorldSamples
from engines.errors import Stopped
from engines.training.calibration import Calibration, fit_calibration
from engines.training.journal import Journal

PROBE = "probe"


@dataclass
class Outcome:
    """What a run leaves: a detector of each method (of the first seed) and the tables."""

    detectors: dict[str, Detector]
    numbers: dict[str, Any] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """The tables of the run, with the label of the data they were measured on."""
        return self.numbers

    def save(self, folder: Path) -> None:
        """The first method at the top, each in `rivals/NAME` besides."""
        first, *others = self.detectors.items()
        first[1].save(folder)
        for name, detector in others:
            place = folder / "rivals" / file_name(name)
            place.mkdir(parents=True)
            detector.save(place)


def file_name(method: str) -> str:
    """A method's name with its options, as a file may be named."""
    return method.replace(":", "-").replace("=", "").replace("/", "-")


class RunSet:
    """The shared part of a run.

    Args:
        config: pictures, backbone and measures.
        journal: who listens.
        pictures: the sets to use; by default those that the settings name.
    """

    def __init__(self, config: DetectionConfig, journal: Journal, pictures: data.Data | None = None):
        self.config, self.journal = config, journal
        self.device = pick_device(config.device)
        self.data = pictures or data.load(config, journal)
        self.scores: dict[tuple[str, int], np.ndarray] = {}
        self.calibrations: dict[tuple[str, int], Calibration] = {}
        self.detectors: dict[str, Detector] = {}
        self.seen: dict[str, tuple[str, ...]] = {}
        self.baselines: list[dict[str, Any]] = []

    @property
    def seeds(self) -> range:
        """Seeds of the trainings."""
        return range(self.config.seed, self.config.seed + self.config.seeds)

    def begin(self) -> None:
        """Features (N, F) of the untrained tower by split, and the converged probe, scored as the method "probe"."""
        tower, sets = Pooled(towers.build(self.config.tower).to(self.device)), self.data
        self.features = {split: self.scored(tower, split, f"features-{split}") for split in ("train", "val", "test")}
        self.probe = fit_probe(self.features["train"], sets.train.labels, self.features["val"], sets.val.labels)
        self.scores[PROBE, self.config.seed] = self.probe(self.features["test"])
        found = fit_calibration(self.probe(self.features["val"]), sets.val.labels)
        self.calibrations[PROBE, self.config.seed] = found
        if isinstance(sets.train, WorldSamples) and isinstance(sets.test, WorldSamples):
            self.baselines = baselines.evaluate(sets.train.pictures, sets.test.pictures)
            self.journal.table("baselines", self.baselines)

    def start(
        self,
        name: str,
        method: str,
        seed: int,
        *,
        tower: str = "",
        pretrained: bool = True,
        blank: bool = False,
        **options: Any,
    ) -> Detector:
        """A detector about to be trained by `methods.prepare`: its head is the probe's, or random.

        Args:
            tower: another than the run's; no probe fits it, so that its head starts random.
            pretrained: whether the tower has its weights. blank: start the head random in any case.
        """  # fmt: skip
        torch.manual_seed(seed)  # LoRA draws its first factor, and an untrained tower its weights
        named, own = tower or self.config.tower, tower in ("", self.config.tower)
        built = towers.build(named, pretrained)
        methods.prepare(built, method, **options)
        head = nn.Linear(built.feature_width, 2 if self.config.head == "softmax2" else 1)
        if self.config.start == "probe" and own and not blank:
            self.probe.write_into(head)
        else:
            random_head(head, seed)
        card = {
            "name": name, "tower": named, "pretrained": pretrained, "method": method, "options": options,
            "head": self.config.head, "crop_px": self.config.crop_px, "calibration": Calibration().to_dict(),
        }  # fmt: skip
        return Detector(built, head, card).to(self.device)

    def keep(self, name: str, seed: int, detector: Detector, seen: tuple[str, ...] = ()) -> bool:
        """Score, calibrate and remember a trained detector, and compare all so far; whether it is its first seed.

        Args:
            seen: the families it was trained on, where they are not all of the run's.
        """
        detector.eval()
        self.seen[name] = seen or self.data.seen
        stage = f"{file_name(name)}-{seed}"
        self.scores[name, seed] = self.scored(detector, "test", f"scores-test-{stage}")
        settle(detector, self.scored(Pooled(detector.tower), "val", f"scores-val-{stage}"), self.data.val)
        self.calibrations[name, seed] = detector.calibration
        detector.card |= {"config": self.config.model_dump(mode="json"), "data": self.data.label, "seed": seed}
        first = name not in self.detectors
        if first:
            self.detectors[name] = detector
        self._compare()
        return first

    def scored(self, model: nn.Module, split: str, name: str) -> np.ndarray:
        """What a model says of a split's test crops, with progress.

        Raises:
            Stopped: the journal asked to stop.
        """
        samples: Samples = getattr(self.data, split)
        return score(model, samples, self.config.precision, lambda part: self.heard(name, part))

    def heard(self, name: str, part: float) -> None:
        """Say how far a phase is.

        Raises:
            Stopped: the journal asked to stop.
        """
        self.journal.phase(name, part)
        if self.journal.stopping():
            raise Stopped(f"Stopped in {name}; resume it to go on. What was trained is kept.")

    def outcome(self, **more: Any) -> Outcome:
        """Everything kept, with the probe as a detector of its own; `more` joins the summary."""
        kept = {**self.detectors, PROBE: self._probe_detector()}
        for name, detector in kept.items():
            detector.card["held_out"] = self._held_out(name)
        numbers = {
            "data": self.data.label,
            "seeds": list(self.seeds),
            "auc": self.auc,
            "paired": self.paired,
            "metrics": self.metrics,
            "baselines": self.baselines,
        }
        return Outcome(kept, {**numbers, **more})

    def _compare(self) -> None:
        test, draws = self.data.test, self.config.draws
        self.auc = []
        for key, values in self.scores.items():
            self.auc += compare.auc_rows({key: values}, test, self.seen.get(key[0], self.data.seen), draws)
        self.paired = compare.paired_rows(self.scores, test, self.data.seen, draws)
        self.metrics = compare.metric_rows(self.scores, self.calibrations, test, draws)
        for name in ("auc", "metrics", "paired"):
            self.journal.table(name, getattr(self, name))

    def _probe_detector(self) -> Detector:
        detector = self.start(PROBE, "probe", self.config.seed)
        self.probe.write_into(detector.head)
        settle(detector, self.features["val"], self.data.val)
        detector.card |= {
            "config": self.config.model_dump(mode="json"), "data": self.data.label, "seed": self.config.seed,
        }  # fmt: skip
        return detector.eval()

    def _held_out(self, method: str) -> list[dict[str, Any]]:
        return [row for row in self.auc if row["method"] == method and row["seed"] == self.config.seed]


@torch.inference_mode()
def settle(detector: Detector, features: np.ndarray, val: Samples) -> None:
    """Calibrate a trained detector, and fit what it calls strange, by its features (N, F) of the validation set."""
    device = next(detector.parameters()).device
    logits = detector.of_features(torch.from_numpy(features).to(device)).cpu().numpy()
    detector.card["calibration"] = fit_calibration(logits, val.labels).to_dict()
    detector.novelty.fit(features)


class Pooled(nn.Module):
    """A tower's pooled feature alone."""

    def __init__(self, tower: towers.Tower):
        super().__init__()
        self.tower = tower

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(B, 3, H, W) -> (B, F)."""
        return self.tower(images).pooled
