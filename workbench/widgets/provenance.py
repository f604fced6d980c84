"""Where a figure of a run comes from, in one line, and how to make it again."""

from engines.continual.safe.recipe import WORLD as STREAMS
from workbench.runs import Run
from workbench.widgets.card import Source

WORLD = "face world, not a paper's data set"


def of_run(run: Run) -> Source:
    """The source of anything drawn from a run."""
    load = f'from workbench.runs import find_run\n\nrun = find_run("{run.id}")'
    parts = [f"run {run.id}", f"{run.spec.recipe}, {run.spec.preset}", _seeds(run), label(run)]
    return Source(" · ".join(parts), run.command, load, {"run": run.id})


def label(run: Run) -> str:
    """The data a run was measured on, in words that keep the face world apart from the papers' sets."""
    data = str(run.spec.config.get("data", "world"))
    if run.spec.recipe == "safe" and data in STREAMS:
        return f"{data} of the {WORLD}"
    return WORLD if data == "world" else f"data: {data}"


def _seeds(run: Run) -> str:
    first, count = int(run.spec.config.get("seed", 0)), int(run.spec.config.get("seeds", 1))
    return f"seed {first}" if count == 1 else f"seeds {first} to {first + count - 1}"
