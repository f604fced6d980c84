"""Recipe: the one contract. Whatever can be trained or measured is a `Recipe`, and pages, command line,
documents, tests and the ledger are all drawn from it.

This module and the modules that declare recipes import no torch: listing what exists must be instant. `run`
is therefore named as text, "package.module:function", and imported when it is called.
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from engines.errors import BadConfig
from engines.training.config import Config
from engines.training.journal import Journal

PRESETS = ("tiny", "demo", "full", "paper")
"""tiny ends within 20 s; demo shows the effect within 2 minutes; full is the honest small experiment;
paper carries the paper's own data, backbone and hyper-parameters. The same code runs all four."""


@dataclass(frozen=True)
class Paper:
    """Where a method comes from."""

    title: str
    venue: str
    link: str


class Outcome(Protocol):
    """What a recipe returns: numbers for people, and a model or data set that can be kept."""

    def summary(self) -> dict[str, Any]:
        """JSON-able results; every number with its interval and seed where one exists."""
        ...

    def save(self, folder: Path) -> None:
        """Write what is to be kept (safetensors and JSON) into an existing, empty folder."""
        ...


@dataclass(frozen=True)
class Recipe:
    """A system that can be run.

    Args:
        name: short and stable, as in `mien train NAME`.
        run: "package.module:function" with the signature `(config, journal) -> Outcome`.
        presets: the settings that differ from the config's defaults, by preset name.
        group: one of the five groups of the navigation: make, detect, inside, time, check.
    """

    name: str
    title: str
    paper: Paper
    config: type[Config]
    run: str
    presets: Mapping[str, Mapping[str, Any]]
    group: str = "detect"
    says: str = field(default="", metadata={"help": "one sentence for the Train page"})

    def configure(self, preset: str = "demo", overrides: Mapping[str, Any] | None = None) -> Config:
        """The config of a preset with some settings changed.

        Raises:
            BadConfig: an unknown preset, an unknown key, or a value out of bounds.
        """
        if preset not in self.presets:
            raise BadConfig(f"{self.name} has no preset {preset!r}; it has {', '.join(self.presets)}.")
        return self.config.build({**self.presets[preset], **(overrides or {})})

    def __call__(self, config: Config, journal: Journal) -> Outcome:
        """Import the engine and run it to its end.

        Raises:
            Stopped: the journal asked it to stop; the checkpoint is saved.
        """
        module, function = self.run.split(":")
        return getattr(importlib.import_module(module), function)(config, journal)
