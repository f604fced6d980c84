"""Bundled weights and their cards: `assets/weights/<name>.safetensors` beside `<name>.json`.

A card says what a file is, where it comes from and how to make it again; a file that is not the one its card
names, byte for byte, is refused.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import Tensor

from engines.backbones.safefile import inspect, parse
from engines.errors import BadWeights, MissingWeights

BUNDLED = Path(__file__).resolve().parents[2] / "assets" / "weights"


@dataclass(frozen=True)
class Card:
    """What is known of a weight file.

    Attributes:
        name: file name without suffix, and what `load_bundled` calls it.
        title: one line for people.
        origin: where the weights come from, or the recipe that trained them.
        licence: of the weights.
        command: the command that makes the file again.
        config: what builds the model.
        seed: of the training; None where nothing was trained here.
        data: what it was trained on.
        held_out: figures measured on what it was not trained on, each with its unit in the name.
        sha256: of the file; filled in by `save_bundled`.
        size_bytes: of the file; filled in by `save_bundled`.
    """

    name: str
    title: str
    origin: str
    licence: str
    command: str
    config: dict[str, Any] = field(default_factory=dict)
    seed: int | None = None
    data: str = ""
    held_out: dict[str, Any] = field(default_factory=dict)
    sha256: str = ""
    size_bytes: int = 0

    @property
    def file(self) -> str:
        """Name of the weight file."""
        return f"{self.name}.safetensors"


def cards(folder: Path = BUNDLED) -> list[Card]:
    """All cards in a folder, by name.

    Raises:
        BadWeights: a card cannot be read.
    """
    return [_read_card(path) for path in sorted(folder.glob("*.json"))]


def load_bundled(name: str, folder: Path = BUNDLED) -> tuple[dict[str, Tensor], Card]:
    """Tensors and card of a bundled file, after its SHA-256 was found to be the card's.

    Raises:
        MissingWeights: there is no such file.
        BadWeights: the file is not the one that its card names.
    """
    path = folder / f"{name}.safetensors"
    try:
        card, content = _read_card(path.with_suffix(".json")), path.read_bytes()
    except FileNotFoundError as error:
        have = ", ".join(card.name for card in cards(folder)) or "none"
        raise MissingWeights(
            f"The bundled weights {name!r} are not in {folder} (there: {have}); install Mien again."
        ) from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != card.sha256:
        raise BadWeights(
            f"{path} has SHA-256 {digest}, but its card names {card.sha256}; it was changed or damaged. "
            f"Install Mien again, or make it with: {card.command}"
        )
    inspect(path)
    return parse(content, path), card


def save_bundled(tensors: dict[str, Tensor], card: Card, folder: Path = BUNDLED) -> Card:
    """Write tensors and card, and return the card with hash and size filled in. Equal tensors give equal bytes."""
    content = save({name: tensors[name].detach().cpu().contiguous() for name in sorted(tensors)})
    whole = Card(**{**asdict(card), "sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / whole.file).write_bytes(content)
    text = json.dumps(asdict(whole), indent=2, ensure_ascii=False) + "\n"
    (folder / whole.file).with_suffix(".json").write_text(text, encoding="utf-8")
    return whole


def _read_card(path: Path) -> Card:
    known = {entry.name for entry in fields(Card)}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        unknown = sorted(set(content) - known)
        if unknown:
            raise ValueError(f"unknown keys {', '.join(unknown)}")
        return Card(**content)
    except (ValueError, TypeError) as error:
        raise BadWeights(f"The card {path} cannot be read: {error}. Install Mien again.") from error
