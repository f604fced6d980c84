"""The quality-centric framework beside its parts and its controls, over one backbone.

`mien train quality --preset demo --wait`. Besides the tables of a run set it says the table `checked` (how measured
quality agrees with the quality known by construction) and, of each method's first seed, the array `pacing` or
`pacing-METHOD`: `static` (F,), `dynamic` and `fqs` (E, F), `easy` and `shown` (E, F) bool, `share` (E,), with `index`
and `family` (F,) of the forgeries, their constructed quality `known` (F,), and small pictures of some.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from engines.backbones import aligned
from engines.backbones.precision import autocast
from engines.data.pixels import to_unit
from engines.detection import data
from engines.detection.effort.inside import evenly
from engines.detection.learner import ForgeryLearner
from engines.detection.pairs import WorldPairs
from engines.detection.quality import scores
from engines.detection.quality.agreement import agreement
from engines.detection.quality.paced import PART, Paced
from engines.detection.quality.recipe import QualityConfig
from engines.detection.runset import Outcome, RunSet
from engines.detection.samples import centre_crop
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
        self.shared = RunSet(config, journal, data.load(config, journal, partners=True))
        assert isinstance(self.shared.data.train, WorldPairs)
        self.pairs: WorldPairs = self.shared.data.train
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
        pictures = self.pairs.pictures
        assert pictures.targets is not None and pictures.sources is not None
        fakes = np.flatnonzero(self.pairs.labels == 1)
        of: Mapping[str, np.ndarray] = {
            "fake": pictures.images[fakes], "target": pictures.targets[fakes], "source": pictures.sources[fakes],
        }  # fmt: skip
        return scores.similarity(of, self.config.pair, aligned.embed)

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
        pictures, fakes = self.pairs.pictures, paced.fakes
        chosen = evenly(pictures.family[fakes], SHOWN)
        small = torch.nn.functional.interpolate(to_unit(centre_crop(pictures.images[fakes[chosen]], 98)), THUMB_PX)
        return {
            **paced.arrays(),
            "measured": self.static,
            "known": pictures.quality[fakes],
            "family": pictures.family[fakes].astype(str),
            "index": fakes,
            "pictured": chosen,
            "pictures": (small.permute(0, 2, 3, 1).numpy() * 255).round().astype(np.uint8),
        }

    def _check(self, name: str, paced: Paced) -> None:
        """Rank correlations of what was measured with what is known, over all forgeries and in each family."""
        known, family = self.pairs.pictures.quality[paced.fakes], self.pairs.family[paced.fakes]
        people = self.pairs.group[paced.fakes]
        for pool in ("all", *sorted(set(family.tolist()))):
            use = np.ones(len(known), bool) if pool == "all" else family == pool
            for measured, values in (("static q", self.static), ("dynamic d", paced.dynamic[-1])):
                row = {"method": name, "families": pool, "measured": measured, "forgeries": int(use.sum())}
                self.checked.append(row | agreement(known[use], values[use], people[use]))
        self.journal.table("checked", self.checked)
