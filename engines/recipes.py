"""The registry: every system that can be run, by name, without importing torch."""

import importlib

from engines.errors import BadConfig
from engines.training.recipe import Recipe

MODULES = {
    "effort": "engines.detection.effort.recipe",
}
"""Recipe name -> module holding its `RECIPE`."""


def names() -> list[str]:
    """Names of all recipes, in the order of the design's table."""
    return list(MODULES)


def get(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        BadConfig: there is none; the message lists those that exist.
    """
    if name not in MODULES:
        raise BadConfig(f"There is no recipe {name!r}; there are {', '.join(MODULES)}.")
    return importlib.import_module(MODULES[name]).RECIPE


def everything() -> list[Recipe]:
    """All recipes."""
    return [get(name) for name in MODULES]
