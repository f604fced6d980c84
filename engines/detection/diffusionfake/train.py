"""DiffusionFake beside its parts and its controls, over one backbone and one frozen denoiser.

`mien train diffusionfake --preset demo --wait`. Besides the tables of a run set it leaves `guides.safetensors` (what
guides, of the first guided method, see `assembly`) and says, of each guided method's first seed, what `looks` finds on
held-out people: the tables `leaning`, `followed`, `apart` and `rebuilt`, the arrays `leaning` and `rebuilt` (of the
others `leaning-METHOD`, `rebuilt-METHOD`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor, nn

from engines.backbones import denoiser
from engines.detection import data
from engines.detection.detector import Detector
from engines.detection.diffusionfake.assembly import assemble, guides_of, save_guides
from engines.detection.diffusionfake.learner import DiffusionFake, GuideFirst
from engines.detection.diffusionfake.looks import Looks
from engines.detection.diffusionfake.measures import BRANCHES
from engines.detection.diffusionfake.recipe import DiffusionFakeConfig
from engines.detection.learner import ForgeryLearner
from engines.detection.pairs import PARTNERS, AnyPairs, FolderPairs, WorldPairs
from engines.detection.runset import Outcome, RunSet
from engines.training.journal import Journal
from engines.training.loop import Items, Loop
from engines.training.sampling import Item


@dataclass
class Guided(Outcome):
    """The detectors, and what guided the first guided one: branches and the denoiser's trained copy."""

    guides: dict[str, Tensor] = field(default_factory=dict)
    guided: str = ""

    def save(self, folder: Path) -> None:
        """See `Outcome.save`."""
        super().save(folder)
        if self.guides:
            save_guides(self.guides, self.guided, folder)


def train(config: DiffusionFakeConfig, journal: Journal) -> Guided:
    """Run the experiment; see the module.

    Raises:
        BadInput: no forgery comes with the real frames behind it.
        MissingWeights: the denoiser is not at hand.
    """
    return Experiment(config, journal).run()


class Experiment:
    """One run set: the same pictures, probe and denoiser for every method and seed."""

    def __init__(self, config: DiffusionFakeConfig, journal: Journal):
        self.config, self.journal = config, journal
        self.denoiser = denoiser.build(config.denoiser)  # first: what is missing is said before pictures are made
        self.shared = RunSet(config, journal, data.load(config, journal, PARTNERS))
        pairs = self.shared.data.train
        assert isinstance(pairs, WorldPairs | FolderPairs)
        self.pairs: AnyPairs = pairs
        self.looks = Looks(config, journal)
        self.guides: dict[str, Tensor] = {}
        self.guided = ""

    def run(self) -> Guided:
        """Probe, each training, comparison, a look at what was learnt."""
        self.shared.begin()
        for seed in self.shared.seeds:
            for name in self.config.methods:
                self._train(name, seed)
        found = self.shared.outcome(leaning=self.looks.leaning, rebuilt=self.looks.rebuilt)
        return Guided(found.detectors, found.numbers, self.guides, self.guided)

    def _train(self, name: str, seed: int) -> None:
        config = self.config.variant(name).replace(seed=seed)
        detector = self.shared.start(name, config.tuned, seed, rank=config.tuned_rank, lora_rank=config.tuned_rank)
        learner = self._learner(detector, config)
        feed = Shuffled(self.pairs) if config.partners == "shuffled" else self.pairs
        stage = f"{name}-{seed}"
        prefix = f"{stage}/" if self.shared.detectors else ""
        if isinstance(learner, DiffusionFake) and config.guide_first:
            self._guide_first(name, learner, feed)
        Loop(learner, feed, config, self.journal, stage=stage, prefix=prefix).fit()
        if self.shared.keep(name, seed, detector) and isinstance(learner, DiffusionFake):
            self.looks.at(name, learner.eval())
            if not self.guides:
                self.guides, self.guided = guides_of(learner), name

    def _guide_first(self, name: str, learner: DiffusionFake, feed: Items) -> None:
        """The guide alone; once a method, since later seeds find it trained in its checkpoint."""
        config = self.config.variant(name).replace(steps=self.config.guide_first)
        stage = f"{name}-guide"
        Loop(GuideFirst(learner), feed, config, self.journal, stage=stage, prefix=f"{stage}/").fit()

    def _learner(self, detector: Detector, config: DiffusionFakeConfig) -> nn.Module:
        if not config.guided:
            return ForgeryLearner(detector)
        return assemble(detector, self.denoiser, config)


class Shuffled:
    """A control: every picture comes with the source and target of its neighbour in the batch."""

    def __init__(self, pairs: AnyPairs):
        self.pairs = pairs

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitems__(self, items: Sequence[Item]) -> dict[str, Tensor]:
        batch = self.pairs.__getitems__(items)
        return batch | {name: batch[name].roll(1, 0) for name in BRANCHES}
