"""What is made offline, for one setting: learned words, the bank, and the rivals' pictures; each once, kept by its key.

Everything lies in a folder named by the settings that it depends on, in the user's cache or where `bank` says: a run
that was interrupted goes on there, and another run with the same settings finds it made.
"""

import hashlib
import json
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from engines.augmentation.deda import bank, concepts, editors, layered, segment
from engines.augmentation.deda.data import Setting
from engines.augmentation.deda.filters import Judge
from engines.augmentation.deda.layers import pyramid_fill, resized
from engines.augmentation.deda.prompts import Prompts, prompts
from engines.augmentation.deda.recipe import DedaConfig
from engines.augmentation.making import Heard, Wish
from engines.augmentation.rivals import generated
from engines.backbones import denoiser
from engines.backbones.device import pick_device
from engines.data.pixels import to_unit
from engines.errors import Stopped
from engines.faceworld.cache import cache_folder
from engines.training.journal import Journal
from engines.training.loop import Loop

ONLINE = {
    "methods", "settings", "seeds", "bank", "device", "loaders", "checkpoint_s", "draws", "judged", "combined",
    "synthetic", "places", "mixed", "flip", "turn_deg", "placed", "reach", "least", "most", "visible", "replaced",
    "replaced_fusion", "soft", "mix_alpha", "test_each",
}  # fmt: skip
"""Settings on which nothing offline depends."""
PART = 8


def editor_of(config: DedaConfig) -> str:
    """The editor that a run has: auto is settled by whether the denoiser is at hand."""
    if config.editor != "auto":
        return config.editor
    there = config.denoiser != "world" or denoiser.BUNDLED.is_dir()
    return "sdedit" if there else "jitter"


def ways(config: DedaConfig) -> dict[str, generated.Way]:
    """The generating rivals."""
    return {
        "real-guidance": generated.Way("none", config.whole, config.replaced),
        "da-fusion": generated.Way("own", config.whole, config.replaced_fusion),
        "diff-mix": generated.Way("other", config.whole_mix, config.replaced, config.soft),
    }


@dataclass
class Workshop:
    """See the module. `costs` are seconds and network passes of what was made in this run, by name."""

    setting: Setting
    config: DedaConfig
    journal: Journal
    costs: dict[str, dict[str, float]] = field(default_factory=dict)
    _editors: dict[str, editors.Editor] = field(default_factory=dict)

    @cached_property
    def root(self) -> Path:
        """The folder of this setting; see the module."""
        config = {k: v for k, v in self.config.model_dump(mode="json").items() if k not in ONLINE}
        key = {**config, "editor": editor_of(self.config), "pictures": _fingerprint(self.setting)}
        name = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:16]
        home = Path(self.config.bank) if self.config.bank else cache_folder() / "augmentation"
        return home / f"{self.setting.name}-{name}"

    def bank(self, judge: Judge | None) -> bank.Bank:
        """Objects, variants and places of the training pictures.

        Raises:
            Stopped: the journal asked to stop; what was made stays.
            BadInput: no picture can be taken apart.
        """
        config = self.config
        order = bank.Order(config.variants, config.edit, config.bank_px, config.rank_limit, config.overlap,
                           config.seed, config.edit_batch)  # fmt: skip
        root, editor = self.root / "bank", editors.Jitter() if not config.variants else self._editor("objects")
        found = segment.segments(config.segmenter) if config.data != "world" else []
        with self._timed("de-da", editor):
            return bank.build(root, self.setting.train, order, editor, judge, self._heard("bank"), found)

    def made(self, method: str) -> list[Wish]:
        """The pictures of a generating rival.

        Raises:
            Stopped: the journal asked to stop; what was made stays.
        """
        config, way, editor = self.config, ways(self.config)[method], self._editor("whole")
        with self._timed(method, editor):
            return generated.build(self.root / method, self.setting.train, way, editor, config.made, config.bank_px,
                                   config.seed, config.edit_batch, self._heard(method))  # fmt: skip

    def _heard(self, name: str) -> Heard:
        def heard(share: float, note: str) -> None:
            self.journal.phase(f"{self.setting.name}-{name}", share, note)
            if self.journal.stopping():
                raise Stopped(f"Stopped in {name}; resume it to go on. What was made is kept in {self.root}.")

        return heard

    def _editor(self, kind: str) -> editors.Editor:
        """The editor of objects or of whole pictures: they differ in the words that they have learned."""
        if kind not in self._editors:
            self._editors[kind] = self._made_editor(kind)
        return self._editors[kind]

    def _made_editor(self, kind: str) -> editors.Editor:
        config, name = self.config, editor_of(self.config)
        if name == "jitter":
            return editors.Jitter()
        if name == "layerdiffuse" and kind == "objects":
            return layered.load(config.denoiser, config.layers, self.setting.train.classes, config.superclass,
                                config.guidance, config.edit_steps)  # fmt: skip
        model = denoiser.build(config.denoiser).to(pick_device(config.device))
        count = len(self.setting.train.classes)
        words = prompts(model, config.denoiser, count, config.tokens, config.superclass).to(pick_device(config.device))
        self._learn(model, words, kind)
        return editors.Sdedit(model, words.requires_grad_(False), config.guidance, config.edit_steps)

    def _learn(self, model: denoiser.Denoiser, words: Prompts, kind: str) -> None:
        """Words of all classes: of objects truncated, of whole pictures over all levels, as the rivals have them."""
        config, path = self.config, self.root / f"words-{kind}.safetensors"
        if not config.concept_steps:
            return
        if not path.is_file():
            first = config.replace(steps=config.concept_steps, batch=config.concept_batch, lr=config.concept_lr,
                                   schedule="constant", warmup=0, ema=0.0, optimiser="adamw", precision="fp32",
                                   weight_decay=0.0)  # fmt: skip
            learner = concepts.Inversion(model, words, config.latest if kind == "objects" else 1.0)
            data = concepts.Latents(self._latents(model, kind), torch.from_numpy(self.setting.train.labels))
            stage = f"words-{self.setting.name}-{kind}"
            Loop(learner, data, first, self.journal, stage=stage, prefix=f"{stage}/").fit()
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_suffix(".draft")
            save_file({"vectors": words.vectors.detach().cpu().contiguous()}, draft)
            draft.replace(path)
        with torch.no_grad():
            words.vectors.copy_(load_file(path)["vectors"])

    def _latents(self, model: denoiser.Denoiser, kind: str) -> torch.Tensor:
        device, side = next(model.parameters()).device, self.config.bank_px
        found, heard = [], self._heard(f"encoding-{kind}")
        for number, entry in enumerate(self.setting.train.entries):
            heard(number / len(self.setting.train), "encoding pictures")
            picture = entry.read()
            if kind == "objects" and entry.mask:
                picture = pyramid_fill(picture, entry.mask())
            image = to_unit(resized(picture, (side, side))[None]).to(device)
            found.append(model.encode(image, torch.Generator().manual_seed(number)).cpu())
        return torch.cat(found)

    def _timed(self, name: str, editor: editors.Editor) -> "_Timed":
        return _Timed(self.costs, name, editor)


class _Timed:
    """Seconds and network passes between entering and leaving."""

    def __init__(self, costs: dict[str, dict[str, float]], name: str, editor: editors.Editor):
        self.costs, self.name, self.editor = costs, name, editor

    def __enter__(self) -> None:
        self.began, self.calls = time.monotonic(), self.editor.calls

    def __exit__(self, *error: Any) -> None:
        spent = {"offline_s": time.monotonic() - self.began, "passes": float(self.editor.calls - self.calls)}
        self.costs[self.name] = spent


def _fingerprint(setting: Setting) -> str:
    """Names, and the pixels of some pictures."""
    digest = hashlib.sha256("\n".join(entry.name for entry in setting.train.entries).encode())
    for place in np.linspace(0, len(setting.train) - 1, 8).astype(int):
        digest.update(setting.train.entries[int(place)].read().tobytes())
    return digest.hexdigest()
