"""The small model's first training, which stands for LLaVA's: captions of other people, and words to be repeated.

    python -m engines.continual.llaca.base

makes a file in assets/llaca for the settings of the preset `demo`, which runs with these settings then take. Where
there is none for a run's settings and words, the run trains it first, and keeps it in the cache for the next.

No instruction of a task is seen. A caption says three things in any order, of: who, hair, what is worn, the place, the
word that is written (on half of the pictures), where the mouth is. Repeating teaches every word that an answer may
need, and to look back.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from engines.backbones import towers
from engines.backbones.cards import Card, load_bundled, save_bundled
from engines.continual.llaca.learner import Base
from engines.continual.llaca.lessons import Lesson, Lessons, Sight, batch
from engines.continual.llaca.model import IGNORED, Vlm, small
from engines.continual.llaca.recipe import RECIPE, LlacaConfig
from engines.continual.llaca.tasks import world
from engines.continual.llaca.tasks.asked import Part, Question, Task
from engines.continual.llaca.tasks.pictures import AskedSpec, Known, build
from engines.errors import MissingWeights
from engines.faceworld.cache import cache_folder
from engines.faceworld.version import world_version
from engines.training.journal import Journal, MemoryJournal
from engines.training.loop import Loop
from engines.training.loop_config import LoopConfig

BUNDLED = Path(__file__).resolve().parents[3] / "assets" / "llaca"
NAME = "small-vlm"
DESCRIBE, REPEAT = "Describe the picture.", "Repeat:"
SAID, REPEATED = 3, 4
"""Things that a caption says; words in a line to be repeated, up to."""
VIEWS = 2
"""Captions, and drawn words, of each picture."""
CHOSEN = ("tower", "crop_px", "width", "layers", "heads", "base_steps", "base_pictures", "base_batch", "base_lr",
          "base_seed")  # fmt: skip


def prepared(config: LlacaConfig, tasks: list[Task], device: torch.device, journal: Journal) -> Vlm:
    """The small model after its first training: from the assets, from the cache, or newly trained.

    Raises:
        Stopped: the journal asked to stop.
    """
    texts = _texts(tasks)
    vlm = small(config, towers.build(config.tower), texts).to(device)
    kept = cache_folder() / "llaca" / f"{_hash({**_key(config, texts), 'world': world_version()})}.safetensors"
    tensors = _shipped(config, texts) or (load_file(kept) if kept.exists() else None)
    if tensors is None:
        _train(vlm, config, texts, journal)
        _keep(_trained(vlm), kept)
    else:
        vlm.load_state_dict({name: one.float() for name, one in tensors.items()}, strict=False)
    return vlm.eval()


def lessons(known: Known, texts: list[str], seed: int) -> list[Lesson]:
    """Captions of pictures, on half of which a word is written, and as many lines to be repeated."""
    rng = np.random.default_rng((seed, 0xBA5E))
    words = sorted({word for text in texts for word in text.split()})
    images, questions = [], []
    for number in range(len(known)):
        for view in range(VIEWS):
            word = str(rng.choice([*world.WORDS, *world.NAMES])) if view % 2 else ""
            images.append(world.written(known.images[number], [word]) if word else known.images[number])
            place = len(images) - 1
            questions.append(Question(place, DESCRIBE, (caption(known, number, word, rng),)))
            line = " ".join(rng.choice(words, rng.integers(1, REPEATED + 1)).tolist())
            questions.append(Question(place, f"{REPEAT} {line}", (line,)))
    part = Part(world.Drawn(images), tuple(questions))
    return [Lesson(part, question) for question in questions]


def caption(known: Known, number: int, word: str, rng: np.random.Generator) -> str:
    """Some of what a photograph shows, in words."""
    who = f"{'young' if known.years[number] < 35 else 'old'} {'man' if known.male[number] else 'woman'}"
    mouth = known.landmarks[number][world.PARTS["the mouth"]].mean(0) / known.images.shape[1]
    across, down = (f"{min(0.99, max(0.0, value)):.2f}" for value in mouth.tolist())
    said = [
        who, f"{world.HAIR[str(known.hair[number])]} hair",
        f"{world.WORN[str(known.occluder[number])]} before the face",
        f"{known.place[number]} behind", f"mouth at [{across}, {down}]", f"the word {word or 'none'}",
    ]  # fmt: skip
    return ", ".join(rng.permutation(said)[:SAID].tolist())


def main() -> Card:
    """Train it with the settings of `demo`, and measure it on people whom it never saw."""
    config, journal = RECIPE.configure("demo"), MemoryJournal()
    assert isinstance(config, LlacaConfig)
    texts = _texts([])
    vlm = small(config, towers.build(config.tower), texts)
    _train(vlm, config, texts, journal)
    vlm.eval()
    card = Card(
        NAME, "A small LLaVA: tiny Llama and projector over the bundled tower, taught captions of the face world",
        "trained by its command", "Apache-2.0", "python -m engines.continual.llaca.base", _key(config, texts),
        config.base_seed, "face world: captions of 400 people of the split val, and words repeated",
        _held_out(vlm, texts, journal),
    )  # fmt: skip
    BUNDLED.mkdir(parents=True, exist_ok=True)
    return save_bundled({name: one.half() for name, one in _trained(vlm).items()}, card, BUNDLED)


def _train(vlm: Vlm, config: LlacaConfig, texts: list[str], journal: Journal) -> None:
    spec = AskedSpec("val", config.base_pictures, 1, frontal=True, occluders=0.6, seed=world.SEED)
    samples = Lessons(Sight(vlm), lessons(build(spec, journal, "captioned"), texts, config.base_seed))
    loop = LoopConfig(
        seed=config.base_seed, steps=config.base_steps, batch=config.base_batch, lr=config.base_lr, schedule="cosine",
        warmup=config.base_steps // 20, clip=1.0, precision=config.precision, device=config.device,
        checkpoint_s=config.checkpoint_s,
    )  # fmt: skip
    Loop(Base(vlm), samples, loop, journal, "base", "base/").fit()


@torch.no_grad()
def _held_out(vlm: Vlm, texts: list[str], journal: Journal) -> dict[str, float]:
    """Share of tokens guessed with the right ones before them, of captions and of repeated lines."""
    spec = AskedSpec("test", 64, 1, frontal=True, occluders=0.6, seed=world.SEED)
    found: dict[str, list[Tensor]] = {DESCRIBE: [], REPEAT: []}
    sight, asked = Sight(vlm), lessons(build(spec, journal, "held out"), texts, 1)
    device = next(vlm.parameters()).device
    for start in range(0, len(asked), 32):
        some = asked[start : start + 32]
        one = {key: value.to(device) for key, value in batch(sight, some).items()}
        hits = vlm.logits(one["tokens"], one["seen"])[:, :-1].argmax(-1) == one["labels"][:, 1:]
        for lesson, row, mine in zip(some, hits, one["labels"][:, 1:] != IGNORED, strict=True):
            found[DESCRIBE if lesson.question.turn == DESCRIBE else REPEAT].append(row[mine])
    shares = {turn: float(torch.cat(rows).float().mean()) for turn, rows in found.items()}
    return {"caption_token_accuracy": round(shares[DESCRIBE], 4), "repeated_token_accuracy": round(shares[REPEAT], 4)}


def _shipped(config: LlacaConfig, texts: list[str]) -> dict[str, Tensor] | None:
    """The tensors in the assets, if there are some and they were made for these settings and words."""
    try:
        tensors, card = load_bundled(NAME, BUNDLED)
    except MissingWeights:
        return None
    return tensors if card.config == _key(config, texts) else None


def _texts(tasks: list[Task]) -> list[str]:
    """Texts that hold all words: the world's, and those of other tasks."""
    fixed = {DESCRIBE, REPEAT, *world.TEXTS, "young old man woman, hair before the face, behind mouth at the word none"}
    others = [task for task in tasks if task.name not in world.KINDS]
    return sorted(
        fixed | {text for task in others for one in task.train.questions for text in (one.turn, *one.answers)}
    )


def _key(config: LlacaConfig, texts: list[str]) -> dict[str, Any]:
    """What the first training depends on."""
    words = sorted({word for text in texts for word in text.split()})
    return {**{name: getattr(config, name) for name in CHOSEN}, "words": _hash(words)}


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def _trained(vlm: Vlm) -> dict[str, Tensor]:
    state = vlm.state_dict().items()
    return {name: one.detach().cpu().contiguous() for name, one in state if "vision_tower" not in name}


def _keep(tensors: dict[str, Tensor], path: Path) -> None:
    """Write what was trained, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    save_file(tensors, draft)
    draft.replace(path)


if __name__ == "__main__":
    main()
