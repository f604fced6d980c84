"""Whole pictures edited by a diffusion model, which take the place of a sample now and then.

- Real-Guidance (He et al., ICLR 2023): towards the super-class, no word learned; the label stays.
- DA-Fusion (Trabucco et al., ICLR 2024): towards the picture's own class by a learned word; the label stays.
- Diff-Mix (Wang et al., CVPR 2024): towards another class; label 0.9 [(1 − s^γ) source + s^γ target], and the 0.1 that
  is left is spread evenly.

Differs from the papers: the words are learned by textual inversion alone, once for all methods (Diff-Mix also tunes the
denoiser by LoRA); Diff-Mix's released labels sum to 0.9, ours to 1; targets are drawn evenly for each picture.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engines.augmentation.deda.editors import Editor
from engines.augmentation.deda.layers import resized
from engines.augmentation.making import Heard, Wish, make, opened
from engines.data.labelled import Labelled
from engines.training.sampling import hash_seed

KEPT = 0.9


@dataclass(frozen=True)
class Way:
    """How a method generates: towards what ("none", "own" or "other" class), how strongly, how often it is used."""

    towards: str
    strength: float
    chance: float
    soft: float = 0.8


def wishes(root: Path, pictures: Labelled, way: Way, made: int, seed: int) -> list[Wish]:
    """`made` pictures to be made of each."""
    found = []
    for number, entry in enumerate(pictures.entries):
        for k in range(made):
            drawn = hash_seed(seed, number, k)
            target = {"none": None, "own": entry.label}.get(way.towards, entry.label)
            target = _other(entry.label, pictures, drawn) if way.towards == "other" else target
            found.append(Wish(root / f"{entry.name}_{k}.png", number, target, way.strength, drawn))
    return found


def build(
    root: Path, pictures: Labelled, way: Way, editor: Editor, made: int, side: int, seed: int, batch: int, heard: Heard
) -> list[Wish]:
    """Make the pictures of a method, or go on with them, or find them made.

    Raises:
        Stopped: `heard` said so; what was made stays.
    """
    asked, done = wishes(root, pictures, way, made, seed), root / "config.json"
    if done.is_file():
        return asked
    for grouped in (False, True):  # one call of an editor has labels for all or for none

        def edit(part: Sequence[Wish]) -> list[np.ndarray]:
            shown = np.stack([resized(pictures.entries[wish.source].read(), (side, side)) for wish in part])
            labels = [wish.label for wish in part if wish.label is not None]
            return list(editor.pictures(shown, labels or None, way.strength, [wish.seed for wish in part]))

        make([wish for wish in asked if (wish.label is None) == grouped], batch, edit, heard, f"making {root.name}")
    done.write_text(json.dumps({"way": vars(way), "editor": editor.name, "pictures": len(asked)}))
    return asked


class Replacing:
    """A made picture instead of the real one, now and then: as `combine.Combiner` is called."""

    def __init__(self, asked: Sequence[Wish], labels: np.ndarray, classes: int, way: Way, canvas_px: int):
        self.labels, self.classes, self.way, self.side = labels, classes, way, canvas_px
        self.of: dict[int, list[Wish]] = {}
        for wish in asked:
            self.of.setdefault(wish.source, []).append(wish)

    def __call__(self, index: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray] | None:
        """A made picture (S, S, 3) uint8 and its label (C,), or None where the real one is to be used."""
        if rng.random() >= self.way.chance:
            return None
        made = self.of[index]
        wish = made[int(rng.integers(len(made)))]
        return resized(opened(wish.path)[0], (self.side, self.side)), self.target(int(self.labels[index]), wish.label)

    def target(self, source: int, towards: int | None) -> np.ndarray:
        """The label of an edit from a class towards another (or itself, or none)."""
        label = np.zeros(self.classes, np.float32)
        if towards is None or towards == source:
            label[source] = 1
            return label
        share = self.way.strength**self.way.soft
        label += (1 - KEPT) / self.classes
        label[source] += KEPT * (1 - share)
        label[towards] += KEPT * share
        return label


def _other(label: int, pictures: Labelled, seed: int) -> int:
    there = sorted(set(pictures.labels.tolist()) - {label})
    return there[seed % len(there)]
