"""Attention of the class token over patches, under three versions of the same weights, side by side."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workbench.figures import theme

_WIDTH = 760
"""Width in px that a card leaves for the pictures; rows are as high as columns are wide."""


def grid(images: np.ndarray, maps: Mapping[str, np.ndarray]) -> go.Figure:
    """A row for each picture: the picture, then each map over it, all on one scale.

    Maps are shown as multiples of the uniform share: 1 is "as if attention were spread evenly".

    Args:
        images: (M, H, W, 3) uint8 RGB.
        maps: title -> (M, g, g), each map non-negative.
    """
    count, height, width = images.shape[:3]
    titles = ["picture", *maps]
    figure = make_subplots(
        rows=count, cols=len(titles), column_titles=titles, horizontal_spacing=0.01, vertical_spacing=0.012
    )
    shares = {title: _shares(values) for title, values in maps.items()}
    top = float(np.quantile(np.concatenate([v.ravel() for v in shares.values()]), 0.995)) if shares else 1.0
    for row in range(count):
        for column in range(len(titles)):
            _face(figure, images[row], row + 1, column + 1)
        for column, (title, values) in enumerate(shares.items(), start=2):
            figure.add_heatmap(
                z=values[row], x0=width / values.shape[2] / 2 - 0.5, dx=width / values.shape[2],
                y0=height / values.shape[1] / 2 - 0.5, dy=height / values.shape[1], zmin=0, zmax=top, opacity=0.72,
                coloraxis="coloraxis", hovertemplate=f"{title}: %{{z:.2f}} × uniform<extra></extra>",
                row=row + 1, col=column,
            )  # fmt: skip
    return _finish(figure, round(_WIDTH / len(titles)) * count, top, list(maps))


def _shares(values: np.ndarray) -> np.ndarray:
    total = values.sum(axis=(1, 2), keepdims=True)
    return values / np.maximum(total, 1e-12) * values.shape[1] * values.shape[2]


def _face(figure: go.Figure, image: np.ndarray, row: int, column: int) -> None:
    figure.add_image(z=image, row=row, col=column, hoverinfo="skip")


def _finish(figure: go.Figure, height: int, top: float, titles: Sequence[str]) -> go.Figure:
    bar = {
        "title": {"text": "× uniform", "side": "top", "font": {"size": 13}}, "thickness": 12, "outlinewidth": 0,
        "len": 1.0,
    }  # fmt: skip
    figure.update_layout(
        template=theme.template(),
        height=height + 44,
        margin={"l": 8, "r": 8, "t": 36, "b": 8},
        coloraxis={"colorscale": theme.SEQUENTIAL, "cmin": 0, "cmax": top, "colorbar": bar},
        meta={"alt": f"Attention over the patches of faces with {', '.join(titles)}, on one colour scale."},
    )
    theme.titled(figure).update_xaxes(visible=False, constrain="domain")
    return figure.update_yaxes(visible=False, constrain="domain", autorange="reversed")
