"""What the streams of a trained detector of clips carry: without one of them, layer by layer, and where they look."""

import numpy as np
import streamlit as st

from workbench.figures import auc, streams
from workbench.runs import Run
from workbench.widgets import sliders, states
from workbench.widgets.card import card
from workbench.widgets.pickers import run_picker
from workbench.widgets.provenance import of_run

METHODS, PARTS, LOOKS = "Methods", "Without a stream", "Where it looks"


def has_streams(run: Run) -> bool:
    """Whether a detector with two streams was trained and taken apart."""
    return run.spec.recipe == "video" and bool(run.digest().tables.get("streams"))


def show() -> None:
    """Draw the chosen part, of a run."""
    run = run_picker(has_streams)
    if run is None or not has_streams(run):
        return _nothing(run)
    part = sliders.choose("Part", [METHODS, PARTS, LOOKS], "part", shown=False)
    {METHODS: _methods, PARTS: _parts, LOOKS: _looks}[part](run)
    return None


def _nothing(run: Run | None) -> None:
    if run is None:
        words = "This view shows what the spatial and the temporal stream of a detector of clips carry."
        states.empty("No detector of clips yet", words, "Train one", "train", recipe="video", preset="demo")
    elif run.spec.recipe == "video":
        words = f"Run {run.id} is {run.state}; its streams are looked into when its first training has ended."
        states.empty("Nothing to take apart yet", words, "Watch the run", "train", run=run.id)
    else:
        words = f"Run {run.id} was trained by {run.spec.recipe}; only the recipe video trains on clips."
        states.empty("This run has no streams", words, "Watch the run", "train", run=run.id)


def _methods(run: Run) -> None:
    said = run.digest().tables
    code = _code("auc", 'auc.by_family(run.tables("auc"), run.tables("baselines"))')
    figure = auc.by_family(said["auc"], said.get("baselines", []))
    card("AUC by forgery family", figure, said["auc"], of_run(run), key="clips-auc", about="auc", code=code)
    if paired := said.get("paired"):
        against = sliders.choose("Compared with", _compared(auc.compared(paired)), "against")
        code = _code("auc", f'auc.paired(run.tables("paired"), "{against}")')
        figure = auc.paired(paired, against)
        title = f"Difference to {against}"
        card(title, figure, paired, of_run(run), key="clips-paired", about="paired", code=code)


def _compared(methods: list[str]) -> list[str]:
    """Methods, the frame average first: what a detector of clips must beat."""
    return sorted(methods, key=lambda name: name != "average")


def _parts(run: Run) -> None:
    said = run.digest().tables
    seen = sorted({row["family"] for row in said["auc"] if row["seen"]})
    figure = streams.switched_off(said["streams"], seen)
    code = _code("streams", f'streams.switched_off(run.tables("streams"), {seen})')
    title = f"AUC of {said['streams'][0]['of']} with a part taken away"
    card(title, figure, said["streams"], of_run(run), key="switched-off", about="drift-switched", code=code)
    rows = said["balance"]
    family = sliders.choose("Family", list(dict.fromkeys(row["family"] for row in rows)), "family")
    figure = streams.balance(rows, family)
    code = _code("streams", f'streams.balance(run.tables("balance"), "{family}")')
    title = f"How loud each stream is, {family}"
    card(title, figure, rows, of_run(run), key="balance", about="drift-balance", code=code)


def _looks(run: Run) -> None:
    kept = run.arrays("streams")
    families = [str(name) for name in kept["family"]]
    layers = sorted(int(name.removeprefix("between-")) for name in kept if name.startswith("between-"))
    if not layers:
        words = "This detector was trained without cross-attention between its streams, so neither looks at the other."
        st.info(words, icon=":material/info:")
        return
    family = sliders.choose("Clip", families, "family")
    chosen = sliders.choose("Layer", [str(layer + 1) for layer in reversed(layers)], "layer")
    place, layer = families.index(family), int(chosen) - 1
    frames, received, shares = (kept[name][place] for name in ("frames", f"received-{layer}", f"between-{layer}"))
    call = f'kept = run.arrays("streams")\nplace = list(kept["family"]).index("{family}")\n'
    data: dict[str, np.ndarray] = {"frames": frames, "received": received}
    code = _code("streams", f'{call}streams.looked(kept["frames"][place], kept["received-{layer}"][place])')
    title = f"What each stream looks at, layer {chosen}"
    card(title, streams.looked(frames, received), data, of_run(run), key="looked", about="drift-looked", code=code)
    code = _code("streams", f'{call}streams.between(kept["between-{layer}"][place])')
    title = f"From frame to frame, layer {chosen}"
    data = {"between": shares}
    card(title, streams.between(shares), data, of_run(run), key="between", about="drift-between", code=code)


def _code(module: str, call: str) -> str:
    return f"from workbench.figures import {module}\n\n{call}"
