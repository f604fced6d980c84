"""The registry: every system that can be run, by name, without importing torch."""

import importlib
from functools import cache
from importlib.metadata import entry_points

from engines.errors import BadConfig
from engines.training.recipe import Recipe

MODULES = {
    "effort": "engines.detection.effort.recipe",
    "quality": "engines.detection.quality.recipe",
    "diffusionfake": "engines.detection.diffusionfake.recipe",
    "rivals": "engines.detection.rivals.recipe",
    "video": "engines.detection.sta.recipe",
    "arena": "engines.detection.arena.recipe",
    "latent": "engines.synthesis.latent.recipe",
    "id3": "engines.synthesis.id3.recipe",
    "deda": "engines.augmentation.deda.recipe",
    "safe": "engines.continual.safe.recipe",
    "llaca": "engines.continual.llaca.recipe",
    "tas": "engines.distillation.tas.recipe",
    "readers": "engines.recognition.readers.recipe",
    "frcsyn": "engines.recognition.frcsyn.recipe",
}
"""Recipe name -> module holding its `RECIPE`."""


@cache
def modules() -> dict[str, str]:
    """`MODULES`, then those that installed packages declare in the entry-point group `mien.recipes`."""
    others = {point.name: point.value for point in entry_points(group="mien.recipes")}
    return MODULES | {name: module for name, module in others.items() if name not in MODULES}


def names() -> list[str]:
    """Names of all recipes, in the order of the design's table, then those of other packages."""
    return list(modules())


def get(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        BadConfig: there is none; the message lists those that exist.
    """
    if name not in modules():
        raise BadConfig(f"There is no recipe {name!r}; there are {', '.join(modules())}.")
    return importlib.import_module(modules()[name]).RECIPE


def everything() -> list[Recipe]:
    """All recipes."""
    return [get(name) for name in modules()]
