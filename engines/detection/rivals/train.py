"""The rivals, one after the other, over the same pictures and the same test.

`mien train rivals --preset demo --wait`. Besides the tables of a run set it says the table `towers`: what each method
ran over, from which weights, how it was tuned, how many numbers were trained and how many pictures it learned from;
and, of trainings on some families alone, the table `cross`: AUC by the families trained on and the family tested on.
"""

from functools import cached_property
from typing import Any

import numpy as np
from torch import nn

from engines.detection import data
from engines.detection.detector import Detector
from engines.detection.folders import FolderSamples
from engines.detection.learner import ForgeryLearner
from engines.detection.pairs import WorldPairs
from engines.detection.rivals import blends, identity, localise
from engines.detection.rivals.recipe import BLANK, Entry, RivalsConfig
from engines.detection.runset import Outcome, RunSet, file_name
from engines.detection.samples import Part, WorldSamples
from engines.errors import BadConfig
from engines.training.journal import Journal
from engines.training.loop import Items, Loop


def train(config: RivalsConfig, journal: Journal) -> Outcome:
    """Run the experiment; see the module."""
    return Experiment(config, journal).run()


class Experiment:
    """One run set: the same pictures for every method and seed.

    Raises:
        BadConfig: see `RivalsConfig.entries`; said before any picture is made.
    """

    def __init__(self, config: RivalsConfig, journal: Journal):
        self.config, self.journal, self.entries = config, journal, config.entries()
        rendered = config.data == "world" and any(entry.method == "sbi" for entry in self.entries)
        self.shared = RunSet(config, journal, data.load(config, journal, ("target",) if rendered else ()))
        train = self.shared.data.train
        assert isinstance(train, WorldSamples | FolderSamples)
        self.pictures: WorldSamples | FolderSamples = train
        self.towers: list[dict[str, Any]] = []
        self.cross: list[dict[str, Any]] = []
        asked = {family for entry in self.entries for family in entry.families}
        if unknown := sorted(asked - set(self.shared.data.seen)):
            raise BadConfig(
                f"No training picture is of the family {unknown[0]!r}; there are {', '.join(self.shared.data.seen)}."
            )

    def run(self) -> Outcome:
        """Probe, each training, comparison."""
        self.shared.begin()
        for seed in self.shared.seeds:
            for entry in self.entries:
                self._train(entry, seed)
        return self.shared.outcome(towers=self.towers, cross=self.cross)

    def _train(self, entry: Entry, seed: int) -> None:
        detector = self._start(entry, seed)
        learner, pictures = self.made(entry, detector)
        pair = isinstance(pictures, blends.WorldBlends | blends.PhotoBlends)
        batch = max(2, self.config.batch // 2) if pair else self.config.batch  # an item may be a pair
        radius = self.config.sbi_sam if entry.method == "sbi" else self.config.sam
        config = self.config.replace(seed=seed, lr=entry.lr, batch=batch, sam=radius)
        stage = f"{file_name(entry.text)}-{seed}"
        prefix = f"{stage}/" if self.shared.detectors else ""
        Loop(learner, pictures, config, self.journal, stage=stage, prefix=prefix).fit()
        if self.shared.keep(entry.text, seed, detector, entry.families):
            self._tell(entry, detector, len(pictures) * (2 if pair else 1))
        self._cross()

    def _start(self, entry: Entry, seed: int) -> Detector:
        rank = self.config.tuned_rank
        return self.shared.start(
            entry.text, entry.tuned, seed, tower=entry.tower, pretrained=entry.pretrained,
            blank=entry.method in BLANK or bool(entry.families), rank=rank, lora_rank=rank,
        )  # fmt: skip

    def made(self, entry: Entry, detector: Detector) -> tuple[nn.Module, Items]:
        """What a method trains, and on what."""
        config, pictures, method = self.config, self.pictures, entry.method
        if method == "iid":
            samples = identity.IdentitySamples(pictures, config.person, self._explicit)
            options = {name: getattr(config, name) for name in ("contrast", "explore", "margin", "scale")}
            return identity.IdentityLearner(detector, samples.people, **options), samples
        if method == "caddm":
            learner = localise.LocalisingLearner(detector, config.localise, config.anchors)
            return learner, localise.MaskedSamples(pictures, config.mask_edge)
        if method == "sbi":
            return ForgeryLearner(detector), self._blends
        if entry.families:
            use = (pictures.labels == 0) | np.isin(pictures.family, entry.families)
            return ForgeryLearner(detector), Part(pictures, np.flatnonzero(use))
        return ForgeryLearner(detector), pictures

    def _cross(self) -> None:
        """What trainings on some families alone reach on each family."""
        trained = {entry.text: "+".join(entry.families) for entry in self.entries if entry.families}
        self.cross = [
            {"trained_on": trained[row["method"]], **row} for row in self.shared.auc if row["method"] in trained
        ]
        if self.cross:
            self.journal.table("cross", self.cross)

    @cached_property
    def _explicit(self) -> np.ndarray:
        self.journal.phase("identity", None, "explicit identity of every training picture")
        return identity.explicit(self.pictures)

    @cached_property
    def _blends(self) -> blends.WorldBlends | blends.PhotoBlends:
        if isinstance(self.pictures, WorldPairs):
            return blends.WorldBlends(self.pictures)
        assert isinstance(self.pictures, FolderSamples)
        return blends.PhotoBlends(self.pictures)

    def _tell(self, entry: Entry, detector: Detector, pictures: int) -> None:
        trained = sum(parameter.numel() for parameter in detector.parameters() if parameter.requires_grad)
        weights = "bundled" if "/" not in entry.tower else "pretrained" if entry.pretrained else "random"
        row = {"method": entry.text, "tower": entry.tower, "weights": weights, "tuned": entry.tuned, "lr": entry.lr}
        self.towers.append({**row, "trained_parameters": trained, "training_pictures": pictures})
        self.journal.table("towers", self.towers)
