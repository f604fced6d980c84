"""A training's pictures under pacing: an epoch's plan, pairs of a real and a forged picture, and the model's feedback.

As a data set it gives, for each slot, one real and one forged picture, so that every batch is half of each. As the
loop's observer it ends an epoch: the forgeries of the epoch are scored as they are, without augmentation or FreDA, and
the next epoch is planned. Its state is part of the checkpoint, and a plan follows from seed, epoch and feedback alone,
so that a resumed training sees the same pictures.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from engines.detection.quality import freda, pacing
from engines.detection.quality.recipe import QualityConfig
from engines.training.sampling import Item, hash_seed

PART = 512
"""Pictures scored at a time."""


class Pairs(Protocol):
    """Training crops, and the real frame behind each forged one."""

    labels: np.ndarray
    family: np.ndarray

    def crops(self, items: Sequence[Item]) -> Tensor:
        """Training crops (B, 3, S, S) in [0, 1]."""
        ...

    def finished(self, crops: Tensor, items: Sequence[Item]) -> Tensor:
        """Crops with the augmentations that move nothing, which follow FreDA."""
        ...

    def frames(self, items: Sequence[Item]) -> Tensor:
        """The real frames that these forgeries were painted on, cropped and mirrored as the forgeries are."""
        ...


class Paced:
    """See the module.

    Args:
        pairs: where pictures come from.
        static: q of each forgery in [0, 1], in the order of `pairs.labels == 1`.
        config: settings of one variant.
        p_fake: (learner, indices) -> P(fake) of the plain pictures.
        told: hears (epoch, what the next epoch is like), numbers by name.
    """

    def __init__(
        self,
        pairs: Pairs,
        static: np.ndarray,
        config: QualityConfig,
        p_fake: Callable[[nn.Module, np.ndarray], np.ndarray],
        told: Callable[[int, dict[str, float]], None] = lambda epoch, numbers: None,
    ):
        self.pairs, self.config, self.p_fake, self.told = pairs, config, p_fake, told
        self.fakes, self.reals = np.flatnonzero(pairs.labels == 1), np.flatnonzero(pairs.labels == 0)
        self.static = pacing.ranked(static)
        self.dynamic = [np.full(len(self.fakes), pacing.START)]
        self.plans: list[dict[str, np.ndarray]] = []
        half = config.batch // 2
        self.epoch_steps = max(1, config.steps // config.epochs)
        self.length = self.epoch_steps * half
        self._plan()
        self._tell()

    @property
    def epoch(self) -> int:
        """Number of the epoch being trained, from 0."""
        return len(self.dynamic) - 1

    def fqs(self) -> np.ndarray:
        """The forgery quality score of each forgery, (F,)."""
        use = self.config.score
        dynamic = self.dynamic[-1] if use in ("both", "dynamic") else 0.0
        static = self.config.alpha * self.static if use in ("both", "static") else 0.0
        return np.zeros(len(self.fakes)) + dynamic + static

    def _plan(self) -> None:
        """Which forgeries this epoch shows, which of them FreDA upgrades, and which reals stand beside them."""
        config, rng = self.config, np.random.default_rng([self.config.seed, self.epoch, 0x9A])
        score = pacing.ordered(self.fqs(), config.order, rng)
        paced = self.epoch >= config.warmup_epochs
        self.share = self._share() if paced and config.easy != "keep" else 0.0
        easy = pacing.easiest(score, self.share)
        pool = np.flatnonzero(~easy) if config.easy == "drop" else np.arange(len(score))
        count = min(max(1, round(config.kept * len(score))) if paced else len(score), len(pool), self.length)
        weighed = score[pool] if paced else np.zeros(len(pool))
        drawn = pool[pacing.draw(weighed, count, config.temperature, rng)]
        self.shown = np.resize(rng.permutation(drawn), self.length)
        self.beside = np.resize(rng.permutation(self.reals), self.length)
        if config.easy == "upgrade-random":
            easy = rng.permutation(easy)
        self.upgraded = easy if config.easy.startswith("upgrade") else np.zeros_like(easy)
        seen = np.zeros(len(score), bool)
        seen[self.shown] = True
        plan = {"fqs": self.fqs(), "easy": self.upgraded, "shown": seen, "share": np.array(self.share)}
        self.plans = [*self.plans[: self.epoch], plan]

    def arrays(self) -> dict[str, np.ndarray]:
        """What each epoch was like: `static` (F,); `dynamic`, `fqs`, `easy`, `shown` (E, F); `share` (E,)."""
        plans = {name: np.stack([plan[name] for plan in self.plans]) for name in self.plans[0]}
        return {"static": self.static, "dynamic": np.stack(self.dynamic), **plans}

    def _share(self) -> float:
        config = self.config
        progress = pacing.progress(self.epoch, config.epochs, config.warmup_epochs)
        return pacing.share(progress, config.curve, config.first, config.last)

    def _tell(self) -> None:
        family = self.pairs.family[self.fakes]
        means = {f"dynamic/{name}": float(self.dynamic[-1][family == name].mean()) for name in sorted(set(family))}
        self.told(self.epoch, {"pacing/share": self.share, "pacing/upgraded": float(self.upgraded.mean()), **means})

    def __len__(self) -> int:
        return self.length

    def __getitems__(self, items: Sequence[Item]) -> dict[str, Tensor]:
        """One real and one forged picture for each slot: {"images": (2 B, 3, S, S), "labels": (2 B,)}."""
        slots = [slot for slot, _ in items]
        number = self.shown[slots]
        fake_items = [(int(self.fakes[n]), seed) for n, (_, seed) in zip(number, items, strict=True)]
        real_items = [(int(self.beside[slot]), hash_seed(seed, 7)) for slot, seed in items]
        forged = self._with_freda(self.pairs.crops(fake_items), fake_items, self.upgraded[number])
        labels = torch.arange(2).repeat_interleave(len(items))
        both = ((self.pairs.crops(real_items), real_items), (forged, fake_items))
        return {"images": torch.cat([self.pairs.finished(*one) for one in both]), "labels": labels}

    def _with_freda(self, forged: Tensor, items: Sequence[Item], chosen: np.ndarray) -> Tensor:
        if not chosen.any():
            return forged
        config, where = self.config, np.flatnonzero(chosen)
        picked = [item for item, wanted in zip(items, chosen, strict=True) if wanted]
        spread = np.array([hash_seed(seed, 8) / 2**32 for _, seed in picked])
        cutoff = torch.from_numpy(config.cutoff_low + (config.cutoff_high - config.cutoff_low) * spread).float()
        forged[where] = freda.upgrade(
            forged[where], self.pairs.frames(picked), cutoff, config.mask, config.amplitude_only
        )
        return forged

    def __call__(self, step: int, learner: nn.Module) -> None:
        """At the end of an epoch, hear the model and plan the next one."""
        if step % self.epoch_steps or step >= self.config.steps:
            return
        seen = np.zeros(len(self.fakes), bool)
        seen[self.shown] = True
        said = np.zeros(len(self.fakes))
        said[seen] = self.p_fake(learner, self.fakes[seen])
        self.dynamic.append(pacing.feedback(self.dynamic[-1], said, seen))
        self._plan()
        self._tell()

    def state_dict(self) -> dict[str, Any]:
        """The feedback of every epoch so far."""
        return {"dynamic": torch.from_numpy(np.stack(self.dynamic))}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict`."""
        said = list(state["dynamic"].numpy())
        self.dynamic, self.plans = [], []
        for epoch in said:
            self.dynamic.append(epoch)
            self._plan()
