"""The quality-centric framework beside its parts and its controls, over one backbone.

`mien train quality --preset demo --wait`. Besides the tables of a run set it says the table `checked` (how measured
quality agrees with the quality known by construction) and, of each method's first seed, the array `pacing` or
`pacing-METHOD`: `static` (F,), `dynamic` and `fqs` (E, F), `easy` and `shown` (E, F) bool, `share` (E,), with `index`
and `family` (F,) of the forgeries, their constructed quality `known` (F,) where the world made them, and small pictures
of some. Of photographs nobody knows the quality, so that there is no table `checked`.
"""

from typing import Any

import numpy as np
import torch
from torch import nn

from engines.backbones import aligned
from engines.backbones.precision import autocast
from engines.data.pixels import to_bytes
from engines.detection import data
from engines.detection.effort.inside import evenly
from engines.detection.learner import ForgeryLearner
from engines.detection.pairs import PARTNERS, AnyPairs, FolderPairs, WorldPairs
from engines.detection.quality import scores
from engines.detection.quality.agreement import agreement
from engines.detection.quality.paced import PART, Paced
from engines.detection.quality.recipe import QualityConfig
from engines.detection.runset import Outcome, RunSet
from engines.training.journal import Journal
from engines.training.loop import Loop

SHOWN, THUMB_PX = 160, 56
"""Pictures kept for the scatter of q against d, and their side."""


def train(config: QualityConfig, journal: Journal) -> Outcome:
    """Run the experiment; see the module."""
    return Experiment(config, journal).run()


class Experiment:
    """One run set: the same pictures, probe and static scores for every method and seed."""

    def __init__(self, config: QualityConfig, journal: Journal):
        self.config, self.journal = config, journal
        partners = [name for name in PARTNERS if name == "target" or name in config.pair]
        self.shared = RunSet(config, journal, data.load(config, journal, partners))
        train = self.shared.data.train
        assert isinstance(train, WorldPairs | FolderPairs)
        self.pairs: AnyPairs = train
        self.checked: list[dict[str, Any]] = []

    def run(self) -> Outcome:
        """Static scores, probe, each training, comparison."""
        self.journal.phase("quality", None, "identity similarity of every forgery")
        self.static = self._static()
        self.shared.begin()
        for seed in self.shared.seeds:
            for name in self.config.methods:
                self._train(name, seed)
        return self.shared.outcome(checked=self.checked)

    def _static(self) -> np.ndarray:
        """q of each forgery; pictures are read a part at a time, since a data set may not fit in memory."""
        fakes, found = np.flatnonzero(self.pairs.labels == 1), []
        for start in range(0, len(fakes), PART):
            self.shared.heard("quality", start / len(fakes))
            part = fakes[start : start + PART].tolist()
            of = {who: self.pairs.portraits(part, who) for who in self.config.pair.split("_")}
            found.append(scores.similarity(of, self.config.pair, aligned.embed))
        return np.concatenate(found)

    def _train(self, name: str, seed: int) -> None:
        config = self.config.variant(name).replace(seed=seed, batch=self.config.batch)
        options: dict[str, Any] = {"rank": config.tuned_rank, "lora_rank": config.tuned_rank}
        detector = self.shared.start(name, config.tuned, seed, **options)
        stage = f"{name}-{seed}"
        prefix = f"{stage}/" if self.shared.detectors else ""
        paced = Paced(self.pairs, self.static, config, self._p_fake, self._told(prefix, config))
        half = config.replace(batch=max(2, config.batch // 2))  # an item is a pair
        Loop(ForgeryLearner(detector), paced, half, self.journal, stage=stage, prefix=prefix, observer=paced).fit()
        if self.shared.keep(name, seed, detector):
            self.journal.array("pacing" if len(self.shared.detectors) == 1 else f"pacing-{name}", **self._kept(paced))
            self._check(name, paced)

    def _told(self, prefix: str, config: QualityConfig) -> Any:
        steps = max(1, config.steps // config.epochs)
        return lambda epoch, numbers: self.journal.metric(
            max(1, epoch * steps), **{prefix + key: value for key, value in numbers.items()}
        )

    @torch.inference_mode()
    def _p_fake(self, learner: nn.Module, where: np.ndarray) -> np.ndarray:
        """P(fake) of plain test crops, (len(where),)."""
        detector: Any = learner.detector
        device, training, said = next(detector.parameters()).device, detector.training, []
        detector.eval()
        for start in range(0, len(where), PART):
            crops = self.pairs.centre(where[start : start + PART].tolist()).to(device)
            with autocast(device, self.config.precision):
                said.append(detector(crops).float().sigmoid().cpu())
        detector.train(training)
        return torch.cat(said).numpy()

    def _kept(self, paced: Paced) -> dict[str, np.ndarray]:
        pairs, fakes = self.pairs, paced.fakes
        chosen = evenly(pairs.family[fakes], SHOWN)
        small = torch.nn.functional.interpolate(pairs.centre(fakes[chosen].tolist()), THUMB_PX)
        return {
            **paced.arrays(),
            "measured": self.static,
            **({} if pairs.quality is None else {"known": pairs.quality[fakes]}),
            "family": pairs.family[fakes].astype(str),
            "index": fakes,
            "pictured": chosen,
            "pictures": to_bytes(small),
        }

    def _check(self, name: str, paced: Paced) -> None:
        """Rank correlations of what was measured with what is known, over all forgeries and in each family."""
        if self.pairs.quality is None:
            return
        known, family = self.pairs.quality[paced.fakes], self.pairs.family[paced.fakes]
        people = self.pairs.group[paced.fakes]
        for pool in ("all", *sorted(set(family.tolist()))):
            use = np.ones(len(known), bool) if pool == "all" else family == pool
            for measured, values in (("static q", self.static), ("dynamic d", paced.dynamic[-1])):
                row = {"method": name, "families": pool, "measured": measured, "forgeries": int(use.sum())}
                self.checked.append(row | agreement(known[use], values[use], people[use]))
        self.journal.table("checked", self.checked)
