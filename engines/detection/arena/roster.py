"""Who competes: bundled detectors by name, and saved ones by their folder. Cards are read first, weights in turn."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engines.detection.detector import CARD, Detector, bundled_detectors
from engines.errors import BadConfig


@dataclass(frozen=True)
class Contestant:
    """A detector that is not loaded yet."""

    name: str
    folder: Path
    card: dict[str, Any]

    @property
    def key(self) -> tuple[str, int]:
        """Name and seed of its training, as `compare` knows methods."""
        return self.name, int(self.card.get("seed", 0))

    def load(self, device: Any) -> Detector:
        """The detector with its weights.

        Raises:
            BadWeights: they are damaged.
        """
        return Detector.load(self.folder).to(device).eval()

    def seen(self, data: str) -> list[str]:
        """Families it was trained on, where its pictures were of the same data."""
        rows = self.card.get("held_out", []) if self.card.get("data") == data else []
        return sorted({row["family"] for row in rows if row["seen"]} - {"seen families"})

    def to_row(self, data: str) -> dict[str, Any]:
        """Its origin as a row of a table."""
        words = {"tower": self.card["tower"], "method": self.card["method"], "trained_on": self.card.get("data", "")}
        seen = ", ".join(self.seen(data)) or "none of these"
        calibration = self.card["calibration"]
        return {
            "detector": self.name,
            **words,
            "seen": seen,
            "seed": self.key[1],
            "threshold": calibration["threshold"],
        }


def roster(names: Sequence[str]) -> list[Contestant]:
    """The detectors asked for, in that order; all bundled ones where none is named.

    Raises:
        BadConfig: a name is neither a bundled detector nor the folder of a saved one, or one is named twice.
    """
    bundled, found = bundled_detectors(), list[Contestant]()
    for name in names or bundled:
        folder = bundled.get(name, Path(name))
        if not (folder / CARD).is_file():
            raise BadConfig(
                f"There is no detector {name!r}; {', '.join(bundled) or 'none'} come with Mien. "
                "Name one, or the folder artifacts/model of a finished run."
            )
        if folder.resolve() in {one.folder.resolve() for one in found}:
            raise BadConfig(f"The detector {name!r} is named twice; name it once.")
        card = json.loads((folder / CARD).read_text())
        title = name if name in bundled else str(card["name"])
        found.append(Contestant(_free(title, {one.name for one in found}), folder, card))
    return found


def _free(name: str, taken: set[str]) -> str:
    number = next(number for number in range(1, len(taken) + 2) if _numbered(name, number) not in taken)
    return _numbered(name, number)


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name} ({number})"
