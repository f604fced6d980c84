"""The Attention page: what each head looks at, how it flows to the answer, and what moves a number one can choose."""

from typing import Any

import plotly.graph_objects as go
import streamlit as st

from workbench import inference
from workbench.figures import attention, attribution, heads
from workbench.widgets import detector_picker, face_source, sliders, waiting
from workbench.widgets.card import Source, card
from workbench.widgets.face_source import Subject

METHODS = ["occlusion", "gradient-weighted rollout", "attention rollout", "grad-cam", "integrated gradients",
           "gradient shap", "guided backpropagation"]  # fmt: skip
TARGETS = {"the logit of forged": "forged", "likeness to another face": "likeness", "one direction": "direction"}
"""In words, as the address holds it -> as the question names it."""
VIEWS = ("Heads", "Flow", "Why")


def show() -> None:
    """Draw the face, the detector, and the view of them."""
    with st.container(border=True):
        left, right = st.columns([3, 2], gap="large")
        with right:
            name, opened = detector_picker.picker("Detector", "detector")
        with left:
            subject = face_source.choose()
    if subject is None:
        return
    view = sliders.choose("View", list(VIEWS), "view", shown=False)
    if view == "Why":
        return _why(subject, name, opened)
    found = waiting.answer(
        f"attend:{subject.name}-{name}",
        lambda: inference.ask("attend", keep=subject.shared, crop=subject.face, detector=opened),
        "Reading the attention",
    )
    if found is not None:
        (_heads if view == "Heads" else _flow)(found, _source(subject, name))
    return None


def _heads(found: dict[str, Any], source: Source) -> None:
    """One block's heads, and how widely each head of each block looks."""
    blocks = len(found["maps"])
    block = int(st.slider("Block", 1, blocks, blocks, key="block", bind="query-params", width=420))
    maps = {f"head {number}": one[None] for number, one in enumerate(found["maps"][block - 1], start=1)}
    figure = attention.grid(found["face"][None], maps)
    _card(f"Heads of block {block}", figure, {"maps": found["maps"][block - 1]}, source, "heads", "heads")
    figure = heads.spread(found["entropy"], found["bits"])
    _card("How widely each head looks", figure, {"entropy_bits": found["entropy"]}, source, "spread", "heads-spread")


def _flow(found: dict[str, Any], source: Source) -> None:
    """All blocks together: whatever was looked at, and what raised the logit."""
    maps = {"looked at": found["rollout"][None], "raised the logit": found["weighted"][None]}
    figure = attention.grid(found["face"][None], maps)
    data = {"rollout": found["rollout"], "weighted": found["weighted"]}
    _card("From the picture to the answer", figure, data, source, "flow", "flow")
    st.caption(
        "Neither map has a test here; under Why, the same two are set beside a control and a deletion test, which say"
        " whether they may be read."
    )


def _why(subject: Subject, name: str, opened: str) -> None:
    """A map for a chosen target by a chosen method, with its control and its test."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = st.selectbox("Method", METHODS, key="method", bind="query-params", width=260)
        words = str(st.selectbox("Explains", list(TARGETS), key="target", bind="query-params", width=240))
        target = TARGETS[words]
        asked = _asked(target, subject)
    if asked is None:
        return
    key = "-".join([subject.name, name, str(method), target, *(str(asked[k]) for k in ("projection", "direction"))])
    found = waiting.answer(
        f"attribute:{key}-{asked.pop('said')}",
        lambda: inference.ask("attribute", keep=subject.shared, crop=subject.face, detector=opened, method=method,
                              target=target, **asked),
        "Computing the map, its control and the deletion test",
    )  # fmt: skip
    if found is None:
        return
    st.markdown(f"{words.capitalize()}: **{found['value']:.3f}**")
    (st.success if found["significant"] else st.warning)(found["words"], icon=":material/rule:")
    source = _source(subject, name)
    maps = {"detector": found["map"], "shuffled weights": found["control"]}
    figure = attribution.overlay(found["face"], maps)
    _card("What moves it", figure, {**maps, "face": found["face"]}, source, "why-map", "attribution")
    curves = {"map": found["deletion"], "control": found["control_deletion"], "elsewhere": found["random"]}
    figure = attribution.deletion(found["covered"], curves, words)
    _card("Deletion test", figure, {"covered": found["covered"], **curves}, source, "why-deletion", "deletion")


def _asked(target: str, subject: Subject) -> dict[str, Any] | None:
    """What a target needs besides: the other face, or the weight and its direction."""
    nothing: dict[str, Any] = {"other": None, "projection": "", "direction": 0, "said": ""}
    if target == "likeness":
        if not subject.others:
            st.info("Likeness compares two faces: bring a second photograph, or take a face of the face world.")
            return None
        other = str(st.selectbox("To", list(subject.others), key="to", bind="query-params", width=220))
        return nothing | {"other": subject.others[other], "said": other}
    if target == "direction":
        block = st.number_input("Block", 1, 24, 6, key="in-block", bind="query-params", width=110)
        part = st.selectbox("Weight", ["q", "k", "v", "out"], index=2, key="weight", bind="query-params", width=110)
        number = st.number_input("Direction", 0, 1023, 0, key="direction", bind="query-params", width=130)
        return nothing | {"projection": f"blocks.{int(block) - 1}.{part}", "direction": int(number)}
    return nothing


def _card(title: str, figure: go.Figure, data: Any, source: Source, key: str, about: str) -> None:
    card(title, figure, data, source, key=key, about=about)


def _source(subject: Subject, name: str) -> Source:
    return Source(f"{subject.line} · detector {name}", query={"detector": name})
