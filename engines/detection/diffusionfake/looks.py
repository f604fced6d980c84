"""What a trained DiffusionFake sees in forgeries of people it never met: its weights, and the two faces it draws.

Array `leaning` over N pictures: `family` and `group` (N,), who or which video is shown, `weight` and `alike` (N, 2) for
source and target, `distance` (N,) between the two guides, each averaged over its places (Fig. 4 of the paper), and
`quality` (N,) Q*, where the world made them.
Array `rebuilt` over M pictures, one of each family and a real one: `family` (M,); `shown` (M, 3, S, S, 3) picture,
source and target; `drawn` (M, 2, K, S, S, 3) the two reconstructions for each seed; `unguided` (K, S, S, 3) what the
denoiser draws alone; `psnr_db` (M, 2, K). All pictures RGB uint8.
Tables `followed` and `apart` have what `measures` says of `leaning`. Table `rebuilt` has the PSNR of each branch
against the right face, against that of another picture, and without guide: a guide that carries nothing of the face has
three equal numbers.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from engines.data.pixels import to_bytes
from engines.detection import data
from engines.detection.diffusionfake.learner import DiffusionFake
from engines.detection.diffusionfake.measures import BRANCHES, apart, followed
from engines.detection.diffusionfake.recipe import DiffusionFakeConfig
from engines.detection.diffusionfake.reconstruct import psnr, reconstruct
from engines.detection.pairs import PARTNERS, AnyPairs, WorldPairs
from engines.errors import BadInput, Stopped
from engines.faceworld.dataset import FAMILIES, ForgerySet, ForgerySpec
from engines.training.bootstrap import bootstrap
from engines.training.journal import Journal
from engines.training.metrics import mean

PART = 16
PEOPLE = 20
"""People on the pictures looked at."""


class Looks:
    """Held-out pictures with the frames behind them, made when first looked at."""

    def __init__(self, config: DiffusionFakeConfig, journal: Journal):
        self.config, self.journal = config, journal
        self.leaning: list[dict[str, Any]] = []
        self.rebuilt: list[dict[str, Any]] = []
        self.followed: list[dict[str, Any]] = []
        self.apart: list[dict[str, Any]] = []

    def at(self, name: str, model: DiffusionFake) -> None:
        """Look at one method; the tables hold all so far."""
        suffix = f"-{name}" if self.leaning else ""
        try:
            pairs, where = self._pairs()
        except BadInput as error:  # a test set may come without the real frames behind its forgeries
            return self.journal.log(f"No weights and no faces are shown of the test pictures. {error}")
        self._lean(name, model, pairs, where, suffix)
        return self._rebuild(name, model, pairs, where, suffix)

    def _pairs(self) -> tuple[AnyPairs, np.ndarray]:
        """Held-out pictures, and the places of those looked at: forgeries evenly over families, twice as many reals as
        of one."""
        if self.config.data != "world":
            videos = data.videos(self.config, ("test",))["test"]
            pairs = data.folder_pairs(videos, self.config, self.journal, PARTNERS)
            return pairs, _evenly(pairs, self.config.looked_at)
        return self._rendered()

    def _rendered(self) -> tuple[WorldPairs, np.ndarray]:
        each = max(1, self.config.looked_at // len(FAMILIES))
        spec = ForgerySpec("test", tuple(FAMILIES), PEOPLE, reals=2 * each, fakes_per_family=each, partners=True)
        told = "pictures-looked-at"
        pictures = ForgerySet.build(
            spec, progress=lambda part: self.journal.phase(told, part), stopping=self.journal.stopping
        )
        return WorldPairs(pictures, self.config.crop_px), np.arange(len(pictures))

    def _lean(self, name: str, model: DiffusionFake, pairs: AnyPairs, where: np.ndarray, suffix: str) -> None:
        parts: dict[str, list[Tensor]] = {"weight": [], "alike": [], "distance": []}
        for start in range(0, len(where), PART):
            self._heard(f"looking-{name}", start / len(where))
            for key, value in _leaning(model, pairs, where[start : start + PART].tolist()).items():
                parts[key].append(value)
        found = {key: torch.cat(values).numpy() for key, values in parts.items()}
        family, groups = pairs.family[where].astype(str), pairs.group[where]
        known = {} if pairs.quality is None else {"quality": pairs.quality[where]}
        self.journal.array(f"leaning{suffix}", family=family, group=groups, **known, **found)
        for one in sorted(set(family.tolist())):
            use = family == one
            row = {"method": name, "family": one, "pictures": int(use.sum())}
            for column, branch in enumerate(BRANCHES):
                row |= _mean(f"weight_{branch}", found["weight"][use, column], groups[use])
                row |= _mean(f"alike_{branch}", found["alike"][use, column], groups[use])
            self.leaning.append(row | _mean("distance", found["distance"][use], groups[use]))
        self.journal.table("leaning", self.leaning)
        self.followed += [{"method": name} | r for r in followed(found["weight"], found["alike"], groups)]
        self.apart += [{"method": name} | r for r in apart(found["distance"], family, groups)]
        self.journal.table("followed", self.followed)
        self.journal.table("apart", self.apart)

    def _rebuild(self, name: str, model: DiffusionFake, pairs: AnyPairs, where: np.ndarray, suffix: str) -> None:
        family = pairs.family.astype(str)
        chosen = [int(where[family[where] == one][0]) for one in sorted(set(family[where].tolist()))]
        shown = [_resized(images, model.size_px) for images in _centred(pairs, chosen).values()]
        drawn, errors = [], []
        for seed in range(self.config.sample_seeds):
            self._heard(f"rebuilding-{name}", seed / self.config.sample_seeds)
            images = _centred(pairs, chosen)["images"]
            pair = [reconstruct(model, images, one, seed, self.config.sample_steps).cpu() for one in BRANCHES]
            alone = reconstruct(model, images[:1], BRANCHES[0], seed, self.config.sample_steps, guided=False).cpu()
            drawn.append([*pair, alone])
            errors.append([psnr(made, wanted) for made, wanted in zip(pair, shown[1:], strict=True)])
            self._add_rows(name, seed, pair, alone, shown[1:])
        self.journal.array(
            f"rebuilt{suffix}",
            family=family[chosen],
            shown=np.stack([to_bytes(images) for images in shown], 1),
            drawn=np.stack([np.stack([to_bytes(made) for made in pair[:2]], 1) for pair in drawn], 2),
            unguided=np.concatenate([to_bytes(pair[2]) for pair in drawn]),
            psnr_db=torch.stack([torch.stack(pair, 1) for pair in errors], 2).numpy(),
        )
        self.journal.table("rebuilt", self.rebuilt)

    def _add_rows(self, name: str, seed: int, pair: list[Tensor], alone: Tensor, wanted: list[Tensor]) -> None:
        for branch, made, right in zip(BRANCHES, pair, wanted, strict=True):
            self.rebuilt.append({
                "method": name, "seed": seed, "branch": branch, "pictures": len(made),
                "psnr_db": float(psnr(made, right).mean()),
                "psnr_other_db": float(psnr(made, right.roll(1, 0)).mean()),
                "psnr_unguided_db": float(psnr(alone.expand_as(right), right).mean()),
            })  # fmt: skip

    def _heard(self, phase: str, part: float) -> None:
        self.journal.phase(phase, part)
        if self.journal.stopping():
            raise Stopped(f"Stopped in {phase}; resume it to go on. What was trained is kept.")


@torch.inference_mode()
def _leaning(model: DiffusionFake, pairs: AnyPairs, where: list[int]) -> dict[str, Tensor]:
    device = next(model.parameters()).device
    pictures = {name: images.to(device) for name, images in _centred(pairs, where).items()}
    torch.manual_seed(0)  # of the posteriors' draws
    latents = {name: model.latents(images) for name, images in pictures.items()}
    guides = model.guides(pictures["images"])
    source, target = (guides[name][0].mean((2, 3)) for name in BRANCHES)
    found = {
        "weight": torch.stack([guides[name][1] for name in BRANCHES], 1),
        "alike": torch.stack([model.alike(latents["images"], latents[name]) for name in BRANCHES], 1),
        "distance": (source - target).norm(dim=1),
    }
    return {name: value.float().cpu() for name, value in found.items()}


def _evenly(pairs: AnyPairs, forgeries: int) -> np.ndarray:
    """Places of about so many forgeries, as many of each family, and of twice as many reals as of one family."""
    families = sorted(set(pairs.family[pairs.labels == 1].tolist()))
    each = max(1, forgeries // len(families))
    pools = [_spread(pairs.labels == 0, 2 * each)]
    pools += [_spread((pairs.labels == 1) & (pairs.family == family), each) for family in families]
    return np.sort(np.concatenate(pools))


def _spread(pool: np.ndarray, count: int) -> np.ndarray:
    places = np.flatnonzero(pool)
    return places[np.linspace(0, len(places) - 1, min(len(places), count)).round().astype(int)]


def _centred(pairs: AnyPairs, where: list[int]) -> dict[str, Tensor]:
    return {"images": pairs.centre(where), **{name: pairs.partners(where, name) for name in BRANCHES}}


def _resized(images: Tensor, size_px: int) -> Tensor:
    return F.interpolate(images, size=size_px, mode="bilinear", antialias=True)


def _mean(name: str, values: np.ndarray, groups: np.ndarray) -> dict[str, float]:
    """Mean with its 95 % interval over people."""
    found = bootstrap(mean, values, np.zeros(len(values)), groups.tolist())
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
