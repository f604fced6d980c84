"""An attribution map beside its control, and the test that says whether the map means anything.

The control is the same method on the same picture with the network's weights randomised (Adebayo et al., 2018): a map
that looks like its control shows the picture, not the detector. Deletion greys the most important pixels first and
watches the score: a map no better than a random order deletes like one (Petsiuk et al., 2018).
"""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workbench.figures import theme


def overlay(face: np.ndarray, maps: Mapping[str, np.ndarray]) -> go.Figure:
    """The face and each map over it, on one scale.

    Args:
        face: (H, W, 3) uint8 RGB.
        maps: title -> (h, w); scaled together by their largest magnitude.
    """
    height, width = face.shape[:2]
    titles = ["face", *maps]
    figure = make_subplots(rows=1, cols=len(titles), subplot_titles=titles, horizontal_spacing=0.012)
    for column, title in enumerate(titles, start=1):
        figure.add_image(z=face, row=1, col=column, hoverinfo="skip")
        if title in maps:
            values = np.abs(maps[title]) / max(float(np.abs(maps[title]).max()), 1e-12)
            figure.add_heatmap(
                z=values, x0=width / values.shape[1] / 2 - 0.5, dx=width / values.shape[1],
                y0=height / values.shape[0] / 2 - 0.5, dy=height / values.shape[0], opacity=0.66,
                coloraxis="coloraxis", hovertemplate=f"{title}: %{{z:.2f}}<extra></extra>", row=1, col=column,
            )  # fmt: skip
    bar = {"title": {"text": "share of<br>the largest"}, "thickness": 12, "outlinewidth": 0}
    figure.update_layout(
        template=theme.template(), height=300, margin={"l": 4, "r": 4, "t": 34, "b": 4},
        coloraxis={"colorscale": theme.SEQUENTIAL, "cmin": 0, "cmax": 1, "colorbar": bar},
        meta={"alt": f"Face with {' and '.join(maps)} laid over it, on one colour scale."},
    )  # fmt: skip
    theme.titled(figure).update_xaxes(visible=False, constrain="domain")
    return figure.update_yaxes(visible=False, autorange="reversed", scaleanchor="x", constrain="domain")


def deletion(fractions: np.ndarray, curves: Mapping[str, np.ndarray]) -> go.Figure:
    """Score against the share of pixels deleted, for the map and its controls.

    Args:
        fractions: (F,), 0 to 1.
        curves: name -> (F,) score, or (R, F) for R random orders, drawn as their mean and range.
    """
    ends = ", ".join(f"{name} {np.atleast_2d(v).mean():.3f}" for name, v in curves.items())
    figure = theme.new(
        f"Score as pixels are deleted; mean height of each curve: {ends}.",
        x="share of pixels deleted",
        y="score",
        height=280,
    )
    for number, (name, values) in enumerate(curves.items()):
        many = np.atleast_2d(values)
        colour = theme.GREY if name.startswith("random") else theme.CATEGORICAL[number % 5]
        if len(many) > 1:
            _band(figure, fractions, many, colour)
        line = {"color": colour, "width": 2.2, "dash": theme.DASHES[number % len(theme.DASHES)]}
        figure.add_scatter(x=fractions, y=many.mean(axis=0), name=name, mode="lines", line=line)
    return figure.update_xaxes(tickformat=".0%", range=[0, 1])


def _band(figure: go.Figure, x: np.ndarray, many: np.ndarray, colour: str) -> None:
    edge = np.concatenate([many.min(axis=0), many.max(axis=0)[::-1]])
    figure.add_scatter(
        x=np.concatenate([x, x[::-1]]), y=edge, fill="toself", mode="lines", line={"width": 0}, showlegend=False,
        fillcolor=theme.translucent(colour, 0.15), hoverinfo="skip",
    )  # fmt: skip
