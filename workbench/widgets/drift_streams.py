"""What the streams of a trained detector of clips carry: without one of them, layer by layer, and where they look."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from workbench.figures import auc, streams
from workbench.runs import Run
from workbench.widgets import run_view, sliders, states
from workbench.widgets.card import card
from workbench.widgets.pickers import run_picker
from workbench.widgets.provenance import of_run

METHODS, WITHOUT, LOOKS = "Methods", "Without a stream", "Where it looks"
TABLES = {METHODS: ("auc",), WITHOUT: ("auc", "streams", "balance"), LOOKS: ()}
"""Part -> the tables that it draws."""


def show() -> None:
    """Draw the chosen part of a run; while it is alive, what is new once a second."""
    run = run_picker(is_video)
    run_view.notice()
    if run is None:
        words = "This view shows what the spatial and the temporal stream of a detector of clips carry."
        return states.empty("No detector of clips yet", words, "Train one", "train", recipe="video", preset="demo")
    if not is_video(run):
        words = f"Run {run.id} was trained by {run.spec.recipe}; only the recipe video trains on clips."
        return states.empty("This run has no streams", words, "Set one up", "train", recipe="video", preset="demo")
    part = sliders.choose("Part", list(PARTS), "part", shown=False)
    run_view.alive(run, lambda: PARTS[part](run) if _said(run, part) else _not_yet(run, part))
    return None


def is_video(run: Run) -> bool:
    """Whether it trains detectors of clips."""
    return run.spec.recipe == "video"


def _said(run: Run, part: str) -> bool:
    """Whether the run has said all that a part draws; a living one says it bit by bit."""
    said = run.digest()
    return all(said.tables.get(name) for name in TABLES[part]) and (part != LOOKS or "streams" in said.arrays)


def _not_yet(run: Run, part: str) -> None:
    if run.status.active:
        st.info(f"{part} appears when the first training has ended.", icon=":material/hourglass_empty:")
    elif part == METHODS:
        st.info("This run ended before its first training did; it has nothing to show.", icon=":material/info:")
    else:
        st.info("This run trained no detector with both streams to its end.", icon=":material/info:")


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


def _without(run: Run) -> None:
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


PARTS: dict[str, Callable[[Run], None]] = {METHODS: _methods, WITHOUT: _without, LOOKS: _looks}
