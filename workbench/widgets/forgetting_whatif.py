"""Sliders that answer anew from what a run of SAFE kept: γ, ridge, mix and head, without training."""

from typing import Literal

import numpy as np
import streamlit as st

from engines.continual.matrix import Matrix
from engines.continual.measures import measures
from engines.continual.mixing import HEADS
from engines.continual.whatif import answers
from workbench.figures import forgetting
from workbench.runs import Run
from workbench.widgets import sliders
from workbench.widgets.forgetting_records import cached, records, stem
from workbench.widgets.forgetting_views import chosen, draw

MIXES = ("entropy", "add", "max", "fast", "slow")
GAMMAS = ("0", "0.1", "0.3", "1", "3", "10", "30", "100", "1000")
Colour = Literal["normal", "inverse", "off"]
AS_CHOSEN = "as chosen"
RIDGES = (AS_CHOSEN, *(f"1e{power}" for power in range(-2, 9)))


def show(run: Run) -> None:
    """Draw the controls, the matrix they give, and what changes against the run's own."""
    found = [record for record in records(run) if cached(run, record)]
    if not found:
        words = "SAFE has kept nothing yet to answer anew: its first session has not ended, or it is not in this run."
        st.info(words, icon=":material/hourglass_empty:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        _, (record, *_) = chosen(found)
        head = sliders.choose("Head", HEADS, "head")
        how = sliders.choose("Mix", MIXES, "mix")
    left, right = st.columns(2)
    own = str(run.spec.config.get("gamma", 1.0)).removesuffix(".0")
    gamma, ridge = own if own in GAMMAS else "1", AS_CHOSEN
    if how == "entropy":
        words = "γ: how much sureness counts"
        gamma = str(left.select_slider(words, GAMMAS, gamma, key="gamma", bind="query-params"))
    if head == "ridge":
        ridge = str(right.select_slider("Ridge λ", RIDGES, ridge, key="ridge", bind="query-params"))
    _answer(run, record, head, how, float(gamma), None if ridge == AS_CHOSEN else float(ridge))


def _answer(run: Run, record: dict[str, np.ndarray], head: str, how: str, gamma: float, ridge: float | None) -> None:
    settings = {"head": head, "ridge": ridge, "how": how, "gamma": gamma}
    found = answers(cached(run, record), record["labels"], record["session_of"], **settings)  # type: ignore[arg-type]
    _difference(record, found.accuracy)
    call = (
        "from engines.continual.whatif import answers\n\n"
        f'kept = run.arrays("record-{stem(record)}")\n'
        f'sessions = [run.arrays(f"cached-{stem(record)}-{{t}}") for t in range({len(cached(run, record))})]\n'
        "found = answers(sessions, kept['labels'], kept['session_of'], "
        f"{', '.join(f'{name}={value!r}' for name, value in settings.items())})\n"
    )
    names = [str(name) for name in record["sessions"]]
    done = int(np.flatnonzero(np.isfinite(found.accuracy).any(1))[-1])
    left, right = st.columns(2)
    with left:
        code = f"{call}forgetting.matrix(found.accuracy, kept['sessions'].tolist(), 'accuracy', {done})"
        figure = forgetting.matrix(found.accuracy, names, upto=done)
        draw(run, "The matrix it would have been", figure, {"accuracy": found.accuracy}, "whatif", code)
    with right:
        figure = forgetting.weights(found.slow_weight)
        code = f"{call}forgetting.weights(found.slow_weight)"
        draw(run, "Who would be heard", figure, {"slow_weight": found.slow_weight}, "weights", code)
    st.caption("These are answers to test pictures: a setting picked here is picked on the test, and is no result.")


def _difference(record: dict[str, np.ndarray], accuracy: np.ndarray) -> None:
    counts, done = record["counts"], int(np.flatnonzero(np.isfinite(accuracy).any(1))[-1])
    now, before = (measures(Matrix(one, counts).upto(done)) for one in (accuracy, record["accuracy_answer"]))
    with st.container(horizontal=True):
        for name, label in (("final", "Final"), ("average", "Average"), ("forgetting_from_best", "Forgetting")):
            value, own = now[name], before[name]
            if value is not None and own is not None:
                change = round(value - own, 3)
                words = f"{change:+.3f}" if change else "as in the run"
                inverse = name == "forgetting_from_best"
                colour: Colour = "off" if not change else "inverse" if inverse else "normal"
                st.metric(label, f"{value:.3f}", words, delta_color=colour, width="stretch")
