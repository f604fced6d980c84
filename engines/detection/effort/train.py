"""Effort beside its rivals: each variant's training, and what happened inside the weights.

Run it with `mien train effort --preset demo --wait`. Besides the tables of a run set it says the table `movement` and
the arrays `track`, `spectra`, `inert`, `features`, `attention`.
"""

from typing import Any

from engines.backbones import towers
from engines.detection import methods
from engines.detection.detector import Detector
from engines.detection.effort import inside
from engines.detection.effort.recipe import EffortConfig, Variant
from engines.detection.effort.track import Track
from engines.detection.learner import ForgeryLearner
from engines.detection.runset import Outcome, RunSet, file_name
from engines.training.journal import Journal
from engines.training.loop import Loop


def train(config: EffortConfig, journal: Journal) -> Outcome:
    """Run the experiment; see the module."""
    return Experiment(config, journal).run()


class Experiment:
    """One run set: the same pictures and the same starting probe for every variant and seed."""

    def __init__(self, config: EffortConfig, journal: Journal):
        self.config, self.journal = config, journal
        self.shared = RunSet(config, journal)
        self.tracks: dict[str, Track] = {}

    def run(self) -> Outcome:
        """Probe, each training, comparison, a look inside."""
        self.shared.begin()
        for seed in self.shared.seeds:
            for text in self.config.methods:
                self._train(Variant.parse(text), seed)
        self._look_inside()
        return self.shared.outcome()

    def _train(self, variant: Variant, seed: int) -> None:
        config = variant.configure(self.config).replace(seed=seed)
        detector = self._start(variant, seed)
        pretrained = {n: w.float().clone() for n, w in methods.tuned_weights(detector.tower).items()}
        track = Track(detector.tower, pretrained, config.steps)
        if variant.method != "probe":
            name = f"{file_name(variant.text)}-{seed}"
            loop = Loop(
                self._learner(detector, config), self.shared.data.train, config, self.journal, stage=name,
                prefix=f"{name}/" if self.shared.detectors else "", observer=track,
            )  # fmt: skip
            loop.fit()
        if self.shared.keep(variant.text, seed, detector):
            self.tracks[variant.text] = track
            name = "track" if len(self.tracks) == 1 else f"track-{file_name(variant.text)}"
            self.journal.array(name, **track.arrays())

    def _learner(self, detector: Detector, config: EffortConfig) -> ForgeryLearner:
        return ForgeryLearner(
            detector,
            lambda_orth=config.lambda_orth,
            lambda_ksv=config.lambda_ksv,
            orth_form=config.orth_form,
            residual_lr=config.residual_lr,
            scale_lr=config.scale_lr,
        )

    def _start(self, variant: Variant, seed: int | None = None) -> Detector:
        config = variant.configure(self.config)
        options: dict[str, Any] = {
            "rank": config.rank, "floor": config.floor, "targets": list(config.targets), "lora_rank": config.lora_rank,
        }  # fmt: skip
        return self.shared.start(variant.text, variant.method, config.seed if seed is None else seed, **options)

    def _look_inside(self) -> None:
        text, detector = next(iter(self.shared.detectors.items()))
        self.journal.phase("inside", None, f"spectra, attention and features of {text}")
        sets, before = self.shared.data, towers.build(self.config.tower)
        found = inside.Inside(detector, before, sets.test, self.shared.features["test"])
        for name, arrays in found.arrays().items():
            self.journal.array(name, **arrays)
        batch = sets.train.__getitems__([(index, index) for index in range(min(64, len(sets.train)))])
        self.journal.array("inert", **inside.inertia(self._start, self.config.methods, batch))
        self.journal.table("movement", inside.movement(self.tracks))
