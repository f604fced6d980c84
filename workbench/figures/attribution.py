"""An attribution map beside its control, and the test that says whether the map means anything.

The control is the same method on the same picture with the network's weights randomised (Adebayo et al., 2018): a map
that looks like its control shows the picture, not the detector. Deletion covers the most important cells first and
watches the score: a map no better than the same pattern elsewhere deletes like it (Petsiuk et al., 2018).
"""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workbench.figures import theme

_SIGNED = [
    (0.0, theme.translucent(theme.BLUE, 0.85)),
    (0.5, theme.translucent("#ffffff", 0.0)),
    (1.0, theme.translucent(theme.VERMILLION, 0.85)),
]
"""Lowered, neither, raised; what says nothing lets the face through."""


def overlay(face: np.ndarray, maps: Mapping[str, np.ndarray], cells: int = 14, scaled: bool = True) -> go.Figure:
    """The face, and over it each map averaged in cells: what raised the logit of "fake", and what lowered it.

    Every map is shown as a share of its own largest cell, since a randomised network answers on another scale; unless
    `scaled` is false: then maps are in cells already, and in [-1, 1].

    Args:
        face: (H, W, 3) uint8 RGB.
        maps: title -> (h, w), signed.
        cells: along each side.
    """
    titles = ["face", *maps]
    figure = make_subplots(rows=1, cols=len(titles), subplot_titles=titles, horizontal_spacing=0.012)
    for column, title in enumerate(titles, start=1):
        figure.add_image(z=face, row=1, col=column, hoverinfo="skip")
        if title in maps:
            _lay(figure, title, in_cells(maps[title], cells) if scaled else maps[title], face.shape[:2], column)
    bar = {
        "title": {"text": "logit of fake", "font": {"size": 13}}, "thickness": 12, "outlinewidth": 0,
        "tickvals": [-1, 0, 1], "ticktext": ["lowered", "0", "raised"],
    }  # fmt: skip
    figure.update_layout(
        template=theme.template(), height=300, margin={"l": 4, "r": 4, "t": 34, "b": 4},
        coloraxis={"colorscale": _SIGNED, "cmin": -1, "cmax": 1, "colorbar": bar},
        meta={"alt": f"Face with {' and '.join(maps)} laid over it; orange raised the logit of fake, blue lowered it."},
    )  # fmt: skip
    theme.titled(figure).update_xaxes(visible=False, constrain="domain")
    return figure.update_yaxes(visible=False, autorange="reversed", scaleanchor="x", constrain="domain")


def deletion(covered: np.ndarray, curves: Mapping[str, np.ndarray], what: str = "logit of fake") -> go.Figure:
    """What was explained against the share of the picture covered, for the map and its controls.

    Args:
        covered: (S,), 0 to 1.
        curves: name -> (S,) logit, or (R, S) for R orders, drawn as their mean and the range of all.
        what: the number in words.
    """
    heights = ", ".join(f"{name} {np.atleast_2d(v).mean():.3f}" for name, v in curves.items())
    alt = f"{what.capitalize()} as the picture is covered; mean height of each curve: {heights}."
    figure = theme.new(alt, x="share of the picture covered", y=what, height=300)
    for number, (name, values) in enumerate(curves.items()):
        many = np.atleast_2d(values)
        colour = theme.GREY if len(many) > 1 else theme.CATEGORICAL[number % 5]
        if len(many) > 1:
            _band(figure, covered, many, colour)
        line = {"color": colour, "width": 2.2, "dash": theme.DASHES[number % len(theme.DASHES)]}
        figure.add_scatter(x=covered, y=many.mean(axis=0), name=name, mode="lines", line=line)
    return figure.update_xaxes(tickformat=".0%", range=[0, 1])


def _lay(figure: go.Figure, title: str, values: np.ndarray, size: tuple[int, int], column: int) -> None:
    (rows, columns), (height, width) = values.shape, size
    figure.add_heatmap(
        z=values, x0=width / columns / 2 - 0.5, dx=width / columns, y0=height / rows / 2 - 0.5, dy=height / rows,
        coloraxis="coloraxis", hovertemplate=f"{title}: %{{z:.2f}} of the largest<extra></extra>", row=1, col=column,
    )  # fmt: skip


def in_cells(values: np.ndarray, cells: int = 14) -> np.ndarray:
    """A map (H, W) averaged in cells (cells, cells), as shares of the largest."""
    rows, columns = (np.linspace(0, side, min(cells, side) + 1).astype(int)[:-1] for side in values.shape)
    sums = np.add.reduceat(np.add.reduceat(values, rows, axis=0), columns, axis=1)
    return sums / max(float(np.abs(sums).max()), 1e-12)


def _band(figure: go.Figure, x: np.ndarray, many: np.ndarray, colour: str) -> None:
    edge = np.concatenate([many.min(axis=0), many.max(axis=0)[::-1]])
    figure.add_scatter(
        x=np.concatenate([x, x[::-1]]), y=edge, fill="toself", mode="lines", line={"width": 0}, showlegend=False,
        fillcolor=theme.translucent(colour, 0.15), hoverinfo="skip",
    )  # fmt: skip
