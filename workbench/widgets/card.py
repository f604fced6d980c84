"""The figure card: the picture, its data and files, the link, how to make it again, and where it comes from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from workbench.figures import kept, theme
from workbench.widgets import exports
from workbench.widgets.lessons import lesson
from workbench.widgets.permalink import chosen_places, link, teaching, told_places


@dataclass(frozen=True)
class Source:
    """Where a figure comes from: the provenance line, and how to make it again.

    Args:
        line: as in "run 261123-2k9v · seed 0 · face world, not a paper's data set".
        command: the command line that makes the data again.
        load: Python that leaves the data in the names that the figure's code uses.
        query: parameters the link must carry.
    """

    line: str
    command: str = ""
    load: str = ""
    query: Mapping[str, str] = field(default_factory=dict)


def card(
    title: str,
    figure: go.Figure,
    data: Sequence[Mapping[str, Any]] | Mapping[str, np.ndarray],
    source: Source,
    *,
    key: str,
    about: str,
    code: str = "",
    select: bool = False,
) -> list[int]:
    """Draw a card; what is selected in it.

    Args:
        key: unique on the page; also the stem of its file names.
        about: name of the lesson whose first paragraph defines what is shown; teacher mode opens all of it beside.
        code: Python expression that draws the figure from what `source.load` left.
        select: let points be chosen, and keep them in the address; each must carry its place as `customdata`.

    Returns:
        Places of the chosen points, in order; none where nothing is chosen.
    """
    with st.container(border=True, key=f"card-{key}"):
        _head(title, about)
        if teaching():
            picture, words = st.columns([3, 2], gap="large")
            words.markdown(lesson(about).text)
        else:
            picture = st.container()
        with picture:
            chosen = plot(figure, key=f"figure-{key}", select=select)
        _foot(title, figure, data, source, key, code)
    return chosen


def plot(figure: go.Figure, *, key: str, select: bool = False) -> list[int]:
    """A figure in the page's mode, with its words for a screen reader and the camera that saves it; see `card`."""
    config = {
        "displaylogo": False,
        "modeBarButtonsToRemove": ["autoScale2d", *([] if select else ["lasso2d", "select2d"])],
        "toImageButtonOptions": {"format": "png", "scale": 2, "filename": key},
    }
    dressed = kept.dressed(figure, mode())
    if select and (told := told_places(key)):
        dressed = _marked(dressed, figure, set(told))
    drawn: Any = st.plotly_chart(
        dressed, theme=None, key=key, alt=theme.alt(figure), config=config, on_select="rerun" if select else "ignore"
    )
    if not select:
        return []
    there = {place for trace in figure.data for place in _places(trace)}
    chosen = chosen_places(key, sorted({_place(point["customdata"]) for point in drawn["selection"]["points"]}))
    return [place for place in chosen if place in there]


def _marked(dressed: go.Figure, figure: go.Figure, chosen: set[int]) -> go.Figure:
    """A copy of a figure's dressed form in which some points are selected."""
    copy = go.Figure(dressed.to_dict(), _validate=False)
    for trace, plain in zip(copy.data, figure.data, strict=True):
        trace.selectedpoints = [number for number, place in enumerate(_places(plain)) if place in chosen]
    return copy


def _places(trace: Any) -> list[int]:
    return [] if trace.customdata is None else [_place(value) for value in trace.customdata]


def _place(found: Any) -> int:
    return int(found["0"] if isinstance(found, Mapping) else np.ravel(found)[0])


def mode() -> theme.Mode:
    """Whether the page is light or dark, light as long as the browser has not said."""
    return "dark" if st.context.theme.type == "dark" else "light"


def _head(title: str, about: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        st.markdown(f"## {title}", width="stretch")
        with st.popover("About", type="tertiary", icon=":material/help:", width="content", help="What this shows"):
            st.markdown(lesson(about).definition)


def _foot(title: str, figure: go.Figure, data: Any, source: Source, key: str, code: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"foot-{key}"):
        st.caption(source.line, width="stretch")
        with st.container(horizontal=True, wrap=False, width="content", key=f"keep-{key}"):
            with st.popover("Save", type="tertiary", icon=":material/download:", width="content"):
                _files(title, figure, data, key)
            with st.popover("Share", type="tertiary", icon=":material/link:", width="content"):
                _share(source, code)


def _share(source: Source, code: str) -> None:
    st.caption("This address opens this view again.")
    st.code(link(**source.query), language=None, wrap_lines=True)
    if source.command:
        st.caption("The command that makes the data again.")
        st.code(source.command, language=None, wrap_lines=True)
    if code:
        st.caption("The figure in Python.")
        st.code(f"{source.load}\n{code}.show()", language="python")


def _files(title: str, figure: go.Figure, data: Any, key: str) -> None:
    kinds: list[tuple[str, str, Callable[[], str | bytes]]] = [
        ("CSV", "text/csv", lambda: exports.to_csv(data)),
        ("NPZ", "application/octet-stream", lambda: exports.to_npz(data)),
        ("HTML", "text/html", lambda: exports.to_html(figure, title)),
    ]
    if exports.has_browser():
        kinds.append(("PNG", "image/png", lambda: exports.to_png(figure, title)))
    with st.container(horizontal=True):
        for name, mime, make in kinds:
            file = f"{key}.{name.lower()}"
            st.download_button(name, make, file, mime, key=f"{key}-{name}", on_click="ignore", width="content")
    if not exports.has_browser():
        st.caption("For a PNG use the camera in the figure's corner; the server has no Chromium to draw one with.")
