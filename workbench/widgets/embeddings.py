"""The Embeddings page: pictures in a detector's feature space, who is near whom, and which directions it needs."""

from typing import Any

import plotly.graph_objects as go
import streamlit as st

from workbench import inference
from workbench.figures import neighbourhood
from workbench.widgets import data_picker, detector_picker, sliders, thumbs, waiting
from workbench.widgets.card import Source, card

COLOURS = {"family": "family", "real or forged": "label", "known quality Q*": "quality", "logit of forged": "logit"}
"""In words, as the address holds it -> what it is called in the answer."""
VIEWS = ("Map", "Remove directions")
NEAR = 15


def show() -> None:
    """Draw what is looked at, then the view."""
    with st.container(horizontal=True, vertical_alignment="bottom", border=True):
        name, opened = detector_picker.picker("Detector", "detector")
        data = data_picker.picker()
    view = sliders.choose("View", list(VIEWS), "view", shown=False)
    source = Source(f"detector {name} · {data_picker.label(data)}", query={"detector": name})
    (_map if view == "Map" else _erase)(name, opened, data, source)


def _map(name: str, opened: str, data: str, source: Source) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        layout = sliders.choose("Layout", ["PCA", "UMAP"], "layout")
        near, seed = _of_umap() if layout == "UMAP" else (NEAR, 0)
        later = st.toggle("Unseen families afterwards", key="later", bind="query-params",
                          help="Fit on reals and the families trained on; then put the others in.")  # fmt: skip
    asked: dict[str, Any] = {
        "detector": opened,
        "layout": layout,
        "data": data,
        "near": near,
        "seed": seed,
        "later": bool(later),
    }
    found = waiting.answer(f"embed:{asked}", lambda: inference.ask("embed", keep=True, **asked), "Placing the pictures")
    if found is not None:
        _placed(found, str(layout), source)


def _of_umap() -> tuple[int, int]:
    """What UMAP alone needs: how many neighbours stay near, and the seed of its layout."""
    near = st.slider("Neighbours that stay near", 5, 50, NEAR, key="near", bind="query-params", width=220)
    return int(near), int(st.number_input("Seed", 0, 999, 0, key="seed", bind="query-params", width=100))


def _placed(found: dict[str, Any], layout: str, source: Source) -> None:
    colours = [words for words, name in COLOURS.items() if name in found]
    colour = sliders.choose("Colour", colours, "colour")
    figure = _figure(found, str(colour), _axes(found, layout))
    table: dict[str, Any] = {
        key: found[key] for key in ("points", "label", "family", "person", "logit", "quality") if key in found
    }
    chosen = card(f"{layout} of {found['words']}", figure, table, source, key="map", about="embedding-map", select=True)
    if not chosen:
        st.info("Draw around some points to see the pictures and their neighbours.", icon=":material/gesture:")
        return
    lines = _lines(found)
    thumbs.grid(found["thumbs"][chosen], [lines[place] for place in chosen], "chosen-grid")
    st.dataframe({key: values[chosen] for key, values in table.items() if key != "points"}, hide_index=True, height=260)
    place = st.selectbox("Neighbours of", chosen, key="whose", format_func=lambda n: f"no. {n}, {lines[n]}", width=240)
    _neighbours(found, int(place), lines)


def _neighbours(found: dict[str, Any], place: int, lines: list[str]) -> None:
    """A picture and those nearest to it, by cosine in the whole feature space and not in the drawing."""
    near, alike = found["neighbours"][place], found["similarity"][place]
    same = int((found["label"][near] == found["label"][place]).sum())
    st.markdown(f"**Nearest to no. {place}** ({lines[place]}): {same} of {len(near)} are of its kind.")
    pictures = found["thumbs"][[place, *near]]
    said = ["itself", *(f"{lines[n]}, {value:.3f}" for n, value in zip(near, alike, strict=True))]
    thumbs.grid(pictures, said, "neighbour-grid")
    st.caption("The number is the cosine of the features; nearness in the drawing is not used.")


def _figure(found: dict[str, Any], colour: str, axes: tuple[str, str]) -> go.Figure:
    points = found["points"]
    if (name := COLOURS[colour]) in ("quality", "logit"):
        return neighbourhood.shaded(points, found[name], colour, axes)
    labels = found["family"].tolist() if colour == "family" else ["forged" if n else "real" for n in found["label"]]
    return neighbourhood.scatter(points, labels, axes, None if found["fitted"].all() else ~found["fitted"])


def _axes(found: dict[str, Any], layout: str) -> tuple[str, str]:
    if layout == "UMAP":
        return "UMAP 1, no unit", "UMAP 2, no unit"
    first, second = (f"PC {i + 1} ({share:.0%} of variance)" for i, share in enumerate(found["explained"][:2]))
    return first, second


def _lines(found: dict[str, Any]) -> list[str]:
    return [str(family) for family in found["family"]]


def _erase(name: str, opened: str, data: str, source: Source) -> None:
    """Which directions the answer needs."""
    order = sliders.choose("Remove first", ["strongest", "weakest"], "order")
    rows = waiting.answer(
        f"erase:{name}-{data}-{order}",
        lambda: inference.ask("erase", keep=True, detector=opened, data=data, order=order),
        "Fitting probes with directions removed",
    )
    if rows is None:
        return
    figure = neighbourhood.erased(rows, str(order))
    card("What a probe loses", figure, rows, source, key="erased", about="erasure")
    half = next((row["removed"] for row in rows if row["auc"] - 0.5 < (rows[0]["auc"] - 0.5) / 2), None)
    st.caption(
        f"Half of what the probe knows is gone with {half} directions removed." if half is not None
        else "At no number tried does the probe lose half of what it knows."
    )  # fmt: skip
