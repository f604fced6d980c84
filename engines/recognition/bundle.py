"""Take the readers of a finished run into `assets/readers`, where every installation finds them.

`python -m engines.recognition.bundle RUN_FOLDER`. The cards are the run's own: recipe, settings, seed, data, threshold,
held-out figures, licence, SHA-256.
"""

import sys
from pathlib import Path

from engines.backbones import readers
from engines.backbones.cards import Card
from engines.errors import BadInput

CAP_BYTES = 6_000_000
"""What both readers together may weigh."""


def bundle(model: Path, to: Path = readers.READERS) -> list[Card]:
    """Copy both readers from `artifacts/model` of a run, replacing the bundled ones.

    Raises:
        BadInput: the run was tested on something else than the face world, or its readers are larger than `CAP_BYTES`.
        MissingWeights: the run has no such reader.
        BadWeights: a file is not the one that its card names.
    """
    found = [readers.load(name, model) for name in readers.KINDS]
    check([card for _, card in found])
    return [readers.save(reader, card, to) for reader, card in found]


def check(cards: list[Card]) -> None:
    """Whether readers with these cards may ship.

    Raises:
        BadInput: see `bundle`.
    """
    size = sum(card.size_bytes for card in cards)
    if any(card.data != "face world" for card in cards) or size > CAP_BYTES:
        raise BadInput(
            f"Readers of {', '.join(sorted({card.data for card in cards}))} with {size / 1e6:.1f} MB cannot ship: they "
            f"must be of the face world and at most {CAP_BYTES / 1e6:g} MB."
        )


if __name__ == "__main__":
    kept = bundle(Path(sys.argv[1]) / "artifacts" / "model")
    sys.stdout.writelines(f"{card.file}  {card.size_bytes:,} bytes  {card.sha256}\n" for card in kept)
