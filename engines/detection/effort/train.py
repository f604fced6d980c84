"""Effort beside its rivals: pictures, probe, trainings, scores, and what happened inside the weights.

Run it with `mien train effort --preset demo --wait`. Everything it finds is said to the journal: tables `auc` (by
method, seed and family), `metrics` (the field's other numbers), `paired` (differences with intervals), `baselines`
(what trivial features reach) and `movement`; arrays `track`, `spectra`, `inert`, `features`, `attention`.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from engines.backbones import towers
from engines.backbones.device import pick_device
from engines.detection import baselines, compare, methods
from engines.detection.detector import Detector, score
from engines.detection.effort import data as pictures
from engines.detection.effort import inside
from engines.detection.effort.recipe import EffortConfig, Variant
from engines.detection.effort.track import Track
from engines.detection.learner import ForgeryLearner, random_head
from engines.detection.probe import Probe, fit_probe
from engines.detection.samples import Samples, WorldSamples
from engines.errors import Stopped
from engines.training.calibration import Calibration, fit_calibration
from engines.training.journal import Journal
from engines.training.loop import Loop


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
            place = folder / "rivals" / Variant.parse(name).stage
            place.mkdir(parents=True)
            detector.save(place)


def train(config: EffortConfig, journal: Journal) -> Outcome:
    """Run the experiment; see the module."""
    return Experiment(config, journal).run()


class Experiment:
    """One run set: the same pictures and the same starting probe for every method and seed."""

    def __init__(self, config: EffortConfig, journal: Journal):
        self.config, self.journal = config, journal
        self.device = pick_device(config.device)
        self.scores: dict[tuple[str, int], np.ndarray] = {}
        self.calibrations: dict[tuple[str, int], Calibration] = {}
        self.detectors: dict[str, Detector] = {}
        self.tracks: dict[str, Track] = {}

    def run(self) -> Outcome:
        """Pictures, baselines, probe, each training, comparison."""
        self.data = pictures.load(self.config, self.journal)
        self.probe = self._fit_probe()
        self._baselines()
        for seed in range(self.config.seed, self.config.seed + self.config.seeds):
            for text in self.config.methods:
                self._train(Variant.parse(text), seed)
                self._compare()
        self._look_inside()
        return Outcome({**self.detectors, "probe": self._probe_detector()}, self._numbers())

    def _fit_probe(self) -> Probe:
        tower = towers.build(self.config.tower).to(self.device)
        features = {split: self._features(tower, split) for split in ("train", "val", "test")}
        self.features = features
        probe = fit_probe(features["train"], self.data.train.labels, features["val"], self.data.val.labels)
        self.scores["probe", self.config.seed] = probe(features["test"])
        found = fit_calibration(probe(features["val"]), self.data.val.labels)
        self.calibrations["probe", self.config.seed] = found
        return probe

    def _features(self, tower: towers.Tower, split: str) -> np.ndarray:
        samples: Samples = getattr(self.data, split)
        name = f"features-{split}"
        return score(_Pooled(tower), samples, self.config.precision, lambda part: self._heard(name, part))

    def _heard(self, name: str, part: float) -> None:
        self.journal.phase(name, part)
        if self.journal.stopping():
            raise Stopped(f"Stopped in {name}; resume it to go on. What was trained is kept.")

    def _baselines(self) -> None:
        if isinstance(self.data.train, WorldSamples) and isinstance(self.data.test, WorldSamples):
            rows = baselines.evaluate(self.data.train.pictures, self.data.test.pictures)
            self.journal.table("baselines", rows)
            self.baselines = rows

    def _train(self, variant: Variant, seed: int) -> None:
        config = variant.configure(self.config).replace(seed=seed)
        detector = self._start(variant, config)
        pretrained = {n: w.float().clone() for n, w in methods.tuned_weights(detector.tower).items()}
        track = Track(detector.tower, pretrained, config.steps)
        name = f"{variant.stage}-{seed}"
        first = not self.detectors
        if variant.method != "probe":
            learner = ForgeryLearner(
                detector,
                lambda_orth=config.lambda_orth,
                lambda_ksv=config.lambda_ksv,
                orth_form=config.orth_form,
                residual_lr=config.residual_lr,
                scale_lr=config.scale_lr,
            )
            loop = Loop(
                learner, self.data.train, config, self.journal, stage=name,
                prefix="" if first else f"{name}/", observer=track,
            )  # fmt: skip
            loop.fit()
        self._keep(variant, seed, detector.eval(), track)

    def _start(self, variant: Variant, config: EffortConfig) -> Detector:
        torch.manual_seed(config.seed)  # LoRA draws its first factor
        tower = towers.build(config.tower)
        options: dict[str, Any] = {
            "rank": config.rank, "floor": config.floor, "targets": list(config.targets), "lora_rank": config.lora_rank,
        }  # fmt: skip
        methods.prepare(tower, variant.method, **options)
        head = nn.Linear(tower.feature_width, 2 if config.head == "softmax2" else 1)
        if config.start == "probe":
            self.probe.write_into(head)
        else:
            random_head(head, config.seed)
        card = {
            "name": variant.text, "tower": config.tower, "method": variant.method, "options": options,
            "head": config.head, "crop_px": config.crop_px, "calibration": Calibration().to_dict(),
        }  # fmt: skip
        return Detector(tower, head, card).to(self.device)

    def _keep(self, variant: Variant, seed: int, detector: Detector, track: Track) -> None:
        stage = f"{variant.stage}-{seed}"
        self.scores[variant.text, seed] = self._scored(detector, self.data.test, f"scores-test-{stage}")
        settle(detector, self._scored(_Pooled(detector.tower), self.data.val, f"scores-val-{stage}"), self.data.val)
        self.calibrations[variant.text, seed] = detector.calibration
        detector.card |= {"config": self.config.model_dump(mode="json"), "data": self.data.label, "seed": seed}
        if variant.text not in self.detectors:
            self.detectors[variant.text] = detector
            self.tracks[variant.text] = track
            name = "track" if len(self.detectors) == 1 else f"track-{variant.stage}"
            self.journal.array(name, **track.arrays())

    def _scored(self, detector: nn.Module, samples: Samples, name: str) -> np.ndarray:
        return score(detector, samples, self.config.precision, lambda part: self._heard(name, part))

    def _probe_detector(self) -> Detector:
        detector = self._start(Variant.parse("probe"), self.config)
        settle(detector, self.features["val"], self.data.val)
        detector.card |= {"config": self.config.model_dump(mode="json"), "data": self.data.label}
        detector.card["held_out"] = self._held_out("probe")
        return detector.eval()

    def _compare(self) -> None:
        test = self.data.test
        self.auc = compare.auc_rows(self.scores, test, self.data.seen, self.config.draws)
        self.paired = compare.paired_rows(self.scores, test, self.data.seen, self.config.draws)
        self.metrics = compare.metric_rows(self.scores, self.calibrations, test, self.config.draws)
        self.journal.table("auc", self.auc)
        self.journal.table("metrics", self.metrics)
        self.journal.table("paired", self.paired)

    def _held_out(self, method: str) -> list[dict[str, Any]]:
        return [row for row in self.auc if row["method"] == method and row["seed"] == self.config.seed]

    def _look_inside(self) -> None:
        text, detector = next(iter(self.detectors.items()))
        for name, kept in self.detectors.items():
            kept.card["held_out"] = self._held_out(name)
        self.journal.phase("inside", None, f"spectra, attention and features of {text}")
        found = inside.Inside(detector, towers.build(self.config.tower), self.data.test, self.features["test"])
        for name, arrays in found.arrays().items():
            self.journal.array(name, **arrays)
        batch = self.data.train.__getitems__([(index, index) for index in range(min(64, len(self.data.train)))])
        inert = inside.inertia(lambda v: self._start(v, v.configure(self.config)), self.config.methods, batch)
        self.journal.array("inert", **inert)
        self.journal.table("movement", inside.movement(self.tracks))

    def _numbers(self) -> dict[str, Any]:
        return {
            "data": self.data.label,
            "seeds": list(range(self.config.seed, self.config.seed + self.config.seeds)),
            "auc": self.auc,
            "paired": self.paired,
            "metrics": self.metrics,
            "baselines": getattr(self, "baselines", []),
        }


@torch.inference_mode()
def settle(detector: Detector, features: np.ndarray, val: Samples) -> None:
    """Calibrate a trained detector, and fit what it calls strange, by its features (N, F) of the validation set."""
    device = next(detector.parameters()).device
    logits = detector.of_features(torch.from_numpy(features).to(device)).cpu().numpy()
    detector.card["calibration"] = fit_calibration(logits, val.labels).to_dict()
    detector.novelty.fit(features)


class _Pooled(nn.Module):
    """A tower's pooled feature alone."""

    def __init__(self, tower: towers.Tower):
        super().__init__()
        self.tower = tower

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(B, 3, H, W) -> (B, F)."""
        return self.tower(images).pooled
