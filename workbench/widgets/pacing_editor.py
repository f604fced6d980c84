"""A pacing curve drawn as it would be: settings on one side, the share of easy forgeries on the other."""

import streamlit as st

from engines.detection.quality import pacing as engine
from engines.detection.quality.recipe import QualityConfig
from workbench.figures import pacing
from workbench.runs import Run
from workbench.widgets import sliders
from workbench.widgets.card import Source, card

_LOAD = "from engines.detection.quality import pacing as engine"


def show(run: Run | None) -> None:
    """Draw the editor; it begins with the settings of the run, or with the recipe's own."""
    start = QualityConfig(**(run.spec.config if run and run.spec.recipe == "quality" else {}))
    st.markdown("## Another curve")
    left, right = st.columns([2, 3], gap="large")
    with left:
        curve = sliders.choose("Curve", _first(start.curve), "curve")
        first = _slider("First share", 0.0, 1.0, start.first, "first")
        last = _slider("Last share", 0.0, 1.0, start.last, "last")
        epochs = int(st.slider("Epochs", 2, 30, min(30, max(2, start.epochs)), key="epochs", bind="query-params"))
        warmup = min(start.warmup_epochs, epochs - 1)
        settings = f"--set curve={curve} --set first={first:g} --set last={last:g} --set epochs={epochs}"
        st.caption("A training that is paced so:")
        st.code(f"mien train quality {settings}", language=None, wrap_lines=True)
    with right:
        shares = {curve: engine.schedule(epochs, warmup, curve, first, last)}
        shares |= {name: engine.schedule(epochs, warmup, name, first, last) for name in engine.CURVES if name != curve}
        rows = [
            {"curve": name, "epoch": i + 1, "share": r} for name, line in shares.items() for i, r in enumerate(line)
        ]
        how = f"{epochs}, {warmup}, curve, {first:g}, {last:g}"
        code = (
            "from workbench.figures import pacing\n\n"
            f"pacing.curve({{curve: engine.schedule({how}) for curve in {tuple(shares)}}})"
        )
        line = f"{curve} from {first:.0%} to {last:.0%} in {epochs} epochs, {warmup} of them warm-up · computed here"
        source = Source(line, f"mien train quality {settings}", _LOAD)
        card("Pacing curves", pacing.curve(shares), rows, source, key="curves", about="pacing-curve", code=code)


def _first(name: str) -> list[str]:
    return [name, *(other for other in engine.CURVES if other != name)]


def _slider(label: str, low: float, high: float, value: float, key: str) -> float:
    return float(st.slider(label, low, high, value, 0.05, key=key, bind="query-params"))
