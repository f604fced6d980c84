"""DiffusionFake beside its parts and its controls, over one backbone and one frozen denoiser.

`mien train diffusionfake --preset demo --wait`. Besides the tables of a run set it leaves `guides.safetensors` (what
guides, of the first method) and says, of each guided method's first seed, what `looks` finds on held-out people: the
tables `leaning` and `rebuilt`, the arrays `leaning` and `rebuilt` (of the others `leaning-METHOD`, `rebuilt-METHOD`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor, nn

from engines.backbones import denoiser
from engines.detection import data
from engines.detection.detector import Detector
from engines.detection.diffusionfake.learner import BRANCHES, DiffusionFake
from engines.detection.diffusionfake.looks import Looks
from engines.detection.diffusionfake.modules import ENLARGED
from engines.detection.diffusionfake.recipe import DiffusionFakeConfig
from engines.detection.learner import ForgeryLearner
from engines.detection.pairs import WorldPairs
from engines.detection.runset import Outcome, RunSet
from engines.errors import BadConfig
from engines.training.journal import Journal
from engines.training.loop import Loop
from engines.training.sampling import Item

GUIDES = "guides.safetensors"


@dataclass
class Guided(Outcome):
    """The detectors, and what guided the first of them: branches and the denoiser's trained copy."""

    guides: dict[str, Tensor] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """See `Outcome.save`."""
        super().save(folder)
        if self.guides:
            save_file(self.guides, folder / GUIDES)


def train(config: DiffusionFakeConfig, journal: Journal) -> Guided:
    """Run the experiment; see the module.

    Raises:
        BadConfig: the pictures come without the frames behind forgeries, or the latents' grid does not fit.
        MissingWeights: the denoiser is not at hand.
    """
    return Experiment(config, journal).run()


class Experiment:
    """One run set: the same pictures, probe and denoiser for every method and seed."""

    def __init__(self, config: DiffusionFakeConfig, journal: Journal):
        self.config, self.journal = config, journal
        self.denoiser = denoiser.build(config.denoiser)  # first: what is missing is said before pictures are made
        self.shared = RunSet(config, journal, data.load(config, journal, partners=True))
        pairs = self.shared.data.train
        if not isinstance(pairs, WorldPairs):
            raise BadConfig(
                f"{config.data} comes without the real frames behind its forgeries, which DiffusionFake needs. "
                "Set data to world."
            )
        self.pairs: WorldPairs = pairs
        self.looks = Looks(config, journal)
        self.guides: dict[str, Tensor] = {}

    def run(self) -> Guided:
        """Probe, each training, comparison, a look at what was learnt."""
        self.shared.begin()
        for seed in self.shared.seeds:
            for name in self.config.methods:
                self._train(name, seed)
        found = self.shared.outcome(leaning=self.looks.leaning, rebuilt=self.looks.rebuilt)
        return Guided(found.detectors, found.numbers, self.guides)

    def _train(self, name: str, seed: int) -> None:
        config = self.config.variant(name).replace(seed=seed)
        detector = self.shared.start(name, config.tuned, seed, rank=config.tuned_rank, lora_rank=config.tuned_rank)
        learner = self._learner(detector, config)
        feed = Shuffled(self.pairs) if config.partners == "shuffled" else self.pairs
        stage = f"{name}-{seed}"
        prefix = f"{stage}/" if self.shared.detectors else ""
        Loop(learner, feed, config, self.journal, stage=stage, prefix=prefix).fit()
        if self.shared.keep(name, seed, detector) and isinstance(learner, DiffusionFake):
            self.looks.at(name, learner.eval())
            self.guides = self.guides or _guides(learner)

    def _learner(self, detector: Detector, config: DiffusionFakeConfig) -> nn.Module:
        if not config.guided:
            return ForgeryLearner(detector)
        model = self.denoiser if config.pretrained else denoiser.forgetful(self.denoiser, config.seed)
        leaning = dict.fromkeys((f"weight_{name}" for name in BRANCHES), config.lambda_weights)
        return DiffusionFake(
            detector, model,
            size_px=self._size_px(detector, model),
            weights={"source": config.lambda_source, "target": config.lambda_target, **leaning},
            similarity=config.similarity, cheap=config.cheap, weight_form=config.weight_form,
            filtered=config.filtered, weighed=config.weighed, module_lr=config.module_lr,
        )  # fmt: skip

    def _size_px(self, detector: Detector, model: denoiser.Denoiser) -> int:
        """Side at which the latents' grid is that of the guides."""
        return self.config.crop_px // detector.tower.patch_px * ENLARGED * model.shrinks


class Shuffled:
    """A control: every picture comes with the source and target of its neighbour in the batch."""

    def __init__(self, pairs: WorldPairs):
        self.pairs = pairs

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitems__(self, items: Sequence[Item]) -> dict[str, Tensor]:
        batch = self.pairs.__getitems__(items)
        return batch | {name: batch[name].roll(1, 0) for name in BRANCHES}


def _guides(learner: DiffusionFake) -> dict[str, Tensor]:
    state = {**_named("branches", learner.branches), **_named("guide", learner.guide)}
    return {name: value.detach().cpu().contiguous().clone() for name, value in state.items()}


def _named(prefix: str, part: nn.Module) -> dict[str, Tensor]:
    return {f"{prefix}.{name}": value for name, value in part.state_dict().items()}
