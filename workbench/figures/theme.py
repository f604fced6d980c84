"""Colours, type and templates shared by all figures.

The categorical colours start from Okabe and Ito's set (Color Universal Design, 2008), darkened where they are too pale
on white; each has a lighter twin for the dark page. All stand at least 3 to 1 against their page, and shape and dash
repeat what colour says.
"""

import json
from functools import cache
from typing import Any, Literal

import plotly.graph_objects as go

Mode = Literal["light", "dark"]

BLUE, VERMILLION, GREEN, PINK, OCHRE, GREY = "#0072b2", "#d55e00", "#009e73", "#c9699f", "#a67c00", "#6b7785"
CATEGORICAL = (BLUE, VERMILLION, GREEN, PINK, OCHRE, GREY)
TWINS = {
    BLUE: "#56a5dc",
    VERMILLION: "#f08442",
    GREEN: "#2dbd91",
    PINK: "#e39cc4",
    OCHRE: "#d2a629",
    GREY: "#97a3b0",
}
"""Colour on the light page -> on the dark page."""
REAL, FAKE, UNSEEN = BLUE, VERMILLION, PINK
"""Real photographs, fakes of families seen in training, fakes of families never seen."""
SYMBOLS = ("circle", "diamond", "square", "triangle-up", "x", "cross")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SEQUENTIAL = "Cividis"
"""For maps: even in lightness and the same to eyes with and without red and green."""

PAGE: dict[Mode, str] = {"light": "#fcfcfa", "dark": "#11161b"}
INK: dict[Mode, str] = {"light": "#1b2229", "dark": "#e4e7e9"}
_MUTED: dict[Mode, str] = {"light": "#59636c", "dark": "#a3adb5"}
_RULE: dict[Mode, str] = {"light": "#e3e5df", "dark": "#2b343b"}
_FONT = "'Source Sans', 'Source Sans 3', 'Source Sans Pro', 'Helvetica Neue', Arial, sans-serif"


@cache  # a figure takes a copy
def template(mode: Mode = "light") -> go.layout.Template:
    """The Plotly template of a mode: transparent paper, hairline grid, legend above the plot."""
    axis = {
        "gridcolor": _RULE[mode],
        "linecolor": _MUTED[mode],
        "tickcolor": _MUTED[mode],
        "zerolinecolor": _RULE[mode],
        "tickfont": {"color": _MUTED[mode], "size": 12},
        "title": {"font": {"color": INK[mode], "size": 13}, "standoff": 10},
        "ticks": "outside",
        "ticklen": 4,
        "automargin": True,
        "exponentformat": "power",
    }
    layout = go.Layout(
        font={"family": _FONT, "size": 13, "color": INK[mode]},
        colorway=CATEGORICAL if mode == "light" else tuple(TWINS.values()),
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 56, "r": 16, "t": 44, "b": 48},
        xaxis=axis,
        yaxis=axis,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "bgcolor": "rgba(0,0,0,0)"},
        hoverlabel={"bgcolor": PAGE[mode], "bordercolor": _MUTED[mode], "font": {"color": INK[mode], "family": _FONT}},
        hovermode="closest",
        annotationdefaults={"font": {"color": _MUTED[mode], "size": 12}, "showarrow": False},
        colorscale={"sequential": SEQUENTIAL},
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": _MUTED[mode], "activecolor": INK[mode]},
    )
    bar = {"outlinewidth": 0, "thickness": 12, "tickfont": {"color": _MUTED[mode]}}
    whiskers = {"color": INK[mode]}  # of bars; those of points have the points' colour
    bars = go.Bar(error_x=whiskers, error_y=whiskers)
    return go.layout.Template(layout=layout, data={"heatmap": [go.Heatmap(colorbar=bar)], "bar": [bars]})


def new(alt: str, *, x: str = "", y: str = "", height: int = 360) -> go.Figure:
    """An empty figure with its words for a screen reader and its axis titles."""
    figure = go.Figure(layout={"template": template(), "height": height, "meta": {"alt": alt}})
    return figure.update_xaxes(title_text=x).update_yaxes(title_text=y)


def titled(figure: go.Figure) -> go.Figure:
    """Subplot titles in the size of the rest of the type."""
    return figure.update_annotations(font_size=13)


def alt(figure: go.Figure) -> str:
    """The words of a figure for a screen reader."""
    return str((figure.layout.meta or {}).get("alt", ""))


def dressed(figure: go.Figure, mode: Mode = "light", *, paper: bool = False) -> go.Figure:
    """A copy in a mode's template; with `paper` also on that mode's page colour, for files."""
    values = _recoloured(figure) if mode == "dark" else figure.to_dict()
    copy = go.Figure(values, _validate=False).update_layout(template=template(mode))  # it was valid before
    return copy.update_layout(paper_bgcolor=PAGE[mode], plot_bgcolor=PAGE[mode]) if paper else copy


def translucent(colour: str, opacity: float) -> str:
    """A `#rrggbb` colour as `rgba(…)`: for bands and unselected points."""
    return f"{_rgba(colour)}{opacity:g})"


def _rgba(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},"


def _recoloured(figure: go.Figure) -> dict[str, Any]:
    """Every palette colour, plain or translucent, replaced by its twin, wherever it stands in the figure."""
    text = figure.to_json()
    for light, dark in TWINS.items():
        text = text.replace(light, dark).replace(_rgba(light), _rgba(dark))
    return json.loads(text)
