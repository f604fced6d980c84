"""Reading the names of attention weights, so that every figure groups them alike."""

import re
from dataclasses import dataclass

from workbench.figures.theme import BLUE, GREEN, GREY, PINK, VERMILLION

PROJECTIONS = {"q": BLUE, "k": VERMILLION, "v": GREEN, "out": PINK, "other": GREY}
"""Projection -> its colour, in the order of the legend."""
_ENDINGS = {"q": "q", "k": "k", "v": "v", "o": "out", "out": "out", "proj": "out"}


@dataclass(frozen=True)
class Weight:
    """One weight of a tower: the layer it sits in (from 0) and which projection it is."""

    name: str
    layer: int
    projection: str

    @property
    def label(self) -> str:
        """For people, as in "layer 3 · q"."""
        return f"layer {self.layer} · {self.projection}"


def read(name: str) -> Weight:
    """Layer and projection from a module's dotted name; layer 0 and "other" where the name does not say."""
    parts = name.removesuffix(".weight").split(".")
    number = next((int(part) for part in parts if part.isdigit()), 0)
    ending = re.sub(r"[_-]?proj$", "", parts[-1]) or parts[-1]
    return Weight(name, number, _ENDINGS.get(ending, "other"))


def read_all(names: list[str]) -> list[Weight]:
    """`read` for each name."""
    return [read(str(name)) for name in names]
