"""Singular values of attention weights, their effective rank, and what the split keeps.

Effort keeps the largest singular directions of each weight frozen and trains the last k. These figures show how long
the tail is, how little energy (sum of squared singular values) it holds, and whether anything can move in it.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from workbench.figures import theme
from workbench.figures.kept import kept
from workbench.figures.weights import PROJECTIONS, Weight, read_all


@kept
def spectrum(
    names: Sequence[str], values: np.ndarray, rank: int = 1, floor: float = 0.0, layer: int | None = None
) -> go.Figure:
    """Singular values (P, n) of each weight against their index, log scale, with what is trained marked.

    Args:
        rank: how many directions of each weight are trained.
        floor: the smallest singular value that may be trained; at 0 the trained ones are the last.
        layer: only this layer; all of them when None.
    """
    chosen = [(w, row) for w, row in zip(read_all(list(names)), values, strict=True) if layer in (None, w.layer)]
    n = values.shape[1]
    alt = f"Singular values of {len(chosen)} weights, {n} each, from {values.max():.3g} to {values.min():.2g}."
    figure = theme.new(alt, x="index of the singular value, largest first", y="singular value")
    for weight, row in chosen:
        _line(figure, np.arange(1, n + 1), np.maximum(row, 1e-8), weight, first=_is_first(chosen, weight))
    if floor > 0:
        figure.add_hline(y=floor, line={"color": theme.VERMILLION, "width": 1.2, "dash": "dash"})
        figure.add_annotation(
            x=0, y=float(np.log10(floor)), text=f"floor: the {rank} above it are trained", yshift=9, xanchor="left"
        )
    else:
        edge = n - rank + 0.5
        figure.add_vrect(x0=edge, x1=n + 0.5, fillcolor=theme.translucent(theme.VERMILLION, 0.2), line_width=0)
        figure.add_annotation(
            x=edge, y=1, yref="paper", yanchor="top", xanchor="right", text=f"last {rank} trained", xshift=-4
        )
    return figure.update_yaxes(type="log", dtick=1).update_xaxes(range=[-4, n + 6])


@kept
def by_layer(names: Sequence[str], numbers: np.ndarray, what: str, *, log: bool = False) -> go.Figure:
    """One number a weight (P,) against the layer, a line for each projection."""
    weights = read_all(list(names))
    low, middle, high = np.nanquantile(numbers, [0, 0.5, 1])
    alt = f"{what} by layer: from {low:.3g} to {high:.3g}, median {middle:.3g}."
    figure = theme.new(alt, x="layer", y=what)
    for number, (projection, colour) in enumerate(PROJECTIONS.items()):
        points = sorted((w.layer, v) for w, v in zip(weights, numbers, strict=True) if w.projection == projection)
        if points:
            x, y = zip(*points, strict=True)
            mark = {"symbol": theme.SYMBOLS[number], "size": 8}
            figure.add_scatter(x=x, y=y, name=projection, mode="lines+markers", marker=mark, line={"color": colour})
    figure.update_xaxes(dtick=1)
    return figure.update_yaxes(type="log", dtick=1) if log else figure.update_yaxes(rangemode="tozero")


@kept
def energy(names: Sequence[str], residual: np.ndarray) -> go.Figure:
    """Share of each weight's energy in the trained tail (P,), a fraction, on a log axis; the rest is kept frozen."""
    return by_layer(names, np.maximum(residual, 1e-16), "share of energy in the residual", log=True)


@kept
def bars(names: Sequence[str], cases: Mapping[str, np.ndarray], what: str) -> go.Figure:
    """One number a weight (P,) for each of several cases, on a log axis: which case has anything to move."""
    weights = read_all(list(names))
    medians = "; ".join(f"{case} {np.median(numbers):.2g}" for case, numbers in cases.items())
    figure = theme.new(f"{what} for each weight. Medians: {medians}.", x=what, height=80 + 62 * len(cases))
    for number, (case, numbers) in enumerate(cases.items()):
        colour = theme.CATEGORICAL[number % len(theme.CATEGORICAL)]
        text = [weight.label for weight in weights]
        figure.add_box(
            x=np.maximum(numbers, 1e-12), y=[case] * len(numbers), orientation="h", boxpoints="all", jitter=0.5,
            pointpos=0, marker={"color": colour, "size": 5}, line={"color": colour, "width": 1.2}, text=text,
            fillcolor=theme.translucent(colour, 0.12), hovertemplate="%{text}: %{x:.2e}<extra></extra>",
            showlegend=False,
        )  # fmt: skip
    figure.update_layout(margin_t=12).update_yaxes(autorange="reversed")
    return figure.update_xaxes(type="log", dtick=1)


@kept
def smallest(names: Sequence[str], values: np.ndarray) -> go.Figure:
    """The last singular values (P, m) of each weight, descending, on a log axis: where the tail drops off."""
    weights = read_all(list(names))
    figure = theme.new(
        f"The last {values.shape[1]} singular values of {len(weights)} weights; median of the very last "
        f"{np.median(values[:, -1]):.2g}.",
        x="place from the end", y="singular value",
    )  # fmt: skip
    rows = list(zip(weights, values, strict=True))
    for weight, row in rows:
        _line(figure, np.arange(len(row), 0, -1), np.maximum(row, 1e-8), weight, first=_is_first(rows, weight))
    figure.update_xaxes(autorange="reversed", dtick=1)
    return figure.update_yaxes(type="log", dtick=1)


def _line(figure: go.Figure, x: np.ndarray, y: np.ndarray, weight: Weight, first: bool) -> None:
    line = {"color": PROJECTIONS[weight.projection], "width": 1.3}
    figure.add_scatter(
        x=x, y=y, mode="lines", line=line, name=weight.projection, legendgroup=weight.projection, showlegend=first,
        hovertemplate=f"{weight.label}, %{{x}}: %{{y:.3g}}<extra></extra>", opacity=0.8,
    )  # fmt: skip


def _is_first(chosen: Sequence[tuple[Weight, np.ndarray]], weight: Weight) -> bool:
    return next(w for w, _ in chosen if w.projection == weight.projection) is weight
