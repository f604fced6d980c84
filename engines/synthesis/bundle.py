"""Take the identity generator of a finished run into `assets/id3`, where every installation finds it.

`python -m engines.synthesis.bundle RUN_FOLDER`. The card is the run's own: recipe, settings, seed, data, held-out
figures, licence, SHA-256.
"""

import sys
from pathlib import Path

from engines.backbones.cards import Card, cards, load_bundled, save_bundled
from engines.errors import BadInput
from engines.synthesis.id3 import kept

CAP_BYTES = 10_000_000
"""What the file may weigh."""


def bundle(model: Path, to: Path = kept.BUNDLED) -> Card:
    """Copy the generator from `artifacts/model` of a run, replacing the bundled one.

    Raises:
        BadInput: the run was trained on something else than the face world, or its file is larger than `CAP_BYTES`.
        MissingWeights: the run has none. BadWeights: the file is not the one of its card.
    """
    kept.load(model)
    tensors, card = load_bundled(kept.NAME, model)
    check(card)
    return save_bundled(kept.without_bundled(tensors), card, to)


def check(card: Card) -> None:
    """Whether a generator with this card may ship.

    Raises:
        BadInput: see `bundle`.
    """
    if card.data != "face world" or card.size_bytes > CAP_BYTES:
        raise BadInput(
            f"A generator of {card.data} with {card.size_bytes / 1e6:.1f} MB cannot ship: it must be of the face world "
            f"and at most {CAP_BYTES / 1e6:g} MB."
        )


def bundled_cards(folder: Path = kept.BUNDLED) -> list[Card]:
    """The card of the bundled generator, or none where there is none."""
    return cards(folder)


if __name__ == "__main__":
    taken = bundle(Path(sys.argv[1]) / "artifacts" / "model")
    sys.stdout.write(f"{taken.file}  {taken.size_bytes:,} bytes  {taken.sha256}\n")
