"""The Identities page: which view is shown, by which generator, and what is shown where there is none."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from engines import ASSETS
from workbench.runs import Run, all_runs
from workbench.widgets import identity_faces, identity_sets, sliders, states
from workbench.widgets.pickers import describe, run_picker

FILE = "id3.json"
BUNDLED = "bundled"


@dataclass(frozen=True)
class Model:
    """A trained generator: its name in the address, its words, and the folder that holds it."""

    name: str
    words: str
    folder: Path


VIEWS: dict[str, Callable[[Model], None]] = {
    "A person": identity_faces.person,
    "Sampling": identity_faces.sampling,
    "Leaks": identity_faces.leaks,
    "Export": identity_sets.export,
}
ANCHORS, COMPARED = "Anchors", "Compared"


def show() -> None:
    """Draw the chosen view."""
    first, *others = VIEWS
    view = sliders.choose("View", [first, ANCHORS, *others, COMPARED], "view", shown=False)
    if view == ANCHORS:
        identity_sets.anchors()
    elif view == COMPARED:
        _compared()
    elif (model := _chosen()) is not None:
        VIEWS[view](model)


def has_identities(run: Run) -> bool:
    """Whether a run of the recipe has judged what it drew."""
    return run.spec.recipe == "id3" and any((run.folder / "artifacts" / "arrays").glob("judged-*.npz"))


def models() -> list[Model]:
    """The bundled generator, if there is one, and those of finished runs, the newest first."""
    found = [Model(BUNDLED, "comes with Mien", ASSETS / "id3")] if (ASSETS / "id3" / FILE).is_file() else []
    runs = [run for run in all_runs() if run.spec.recipe == "id3"]
    folders = [(run, run.folder / "artifacts" / "model") for run in runs]
    return found + [Model(run.id, describe(run), folder) for run, folder in folders if (folder / FILE).is_file()]


def _chosen() -> Model | None:
    known = {model.name: model for model in models()}
    if not known:
        states.empty(
            "No generator of identities yet",
            "This view draws faces, and needs a trained denoiser. `mien train id3 --preset demo --wait` makes a small"
            " one; `--preset full` the honest small experiment. The view Anchors needs none.",
            "Train one",
            "train",
            recipe="id3",
            preset="demo",
        )
        return None
    if len(known) == 1:
        return next(iter(known.values()))
    name = st.selectbox(
        "Generator", list(known), key="model", bind="query-params", format_func=lambda each: known[each].words
    )
    return known[name]


def _compared() -> None:
    run = run_picker(has_identities)
    if run is None:
        states.empty(
            "No run of ID³ to compare",
            "This view shows guidance against none, the rivals, and what identity costs in variety, with intervals."
            " It reads a run of the recipe id3.",
            "Train one",
            "train",
            recipe="id3",
            preset="demo",
        )
    elif not has_identities(run):
        words = f"Run {run.id} is {run.state}; methods are judged when their training ends."
        if run.spec.recipe != "id3":
            words = f"Run {run.id} was trained by {run.spec.recipe}; only the recipe id3 draws identities."
        states.empty("This run has judged no identities", words, "Watch the run", "train", run=run.id)
    else:
        identity_sets.compared(run)
