"""How far the trained directions move from where they started.

`angle` is between a residual direction now and at step 0, in degrees: 0 has not moved, 90 has left its place
entirely. `scale` is the Frobenius norm of the residual part over that of the whole weight. `moved` is the distance of
the whole weight from its start, relative to its size.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from workbench.figures import theme
from workbench.figures.kept import kept
from workbench.figures.weights import PROJECTIONS, read_all


@kept
def angles(steps: Sequence[int], names: Sequence[str], angle: np.ndarray, side: str = "u") -> go.Figure:
    """Angle (S, P) of each weight's residual direction to its start, degrees, over training."""
    alt = f"Angle between the residual direction {side} and its start. At the end: {_range(angle[-1])} degrees."
    return _bundle(theme.new(alt, x="step", y=f"angle of {side} to its start / °"), steps, names, angle)


@kept
def scales(steps: Sequence[int], names: Sequence[str], scale: np.ndarray) -> go.Figure:
    """Size (S, P) of each weight's residual part, as a share of the weight's norm, over training."""
    alt = f"Size of the residual part over the weight's. At the end: {_range(scale[-1])}."
    return _bundle(theme.new(alt, x="step", y="‖R‖ / ‖W‖"), steps, names, scale)


@kept
def moved(rows: Sequence[Mapping[str, Any]]) -> go.Figure:
    """Distance of the attention weights from their start, relative to their size, mean over weights, for each method.

    Args:
        rows: `{method, step, moved}`.
    """
    methods = list(dict.fromkeys(str(row["method"]) for row in rows))
    last = {method: [row["moved"] for row in rows if row["method"] == method][-1] for method in methods}
    said = ", ".join(f"{method} {value:.2g}" for method, value in last.items())
    figure = theme.new(
        f"Relative distance of the weights from their start. At the end: {said}.", x="step", y="‖Ŵ − W‖ / ‖W‖"
    )
    for number, method in enumerate(methods):
        mine = [row for row in rows if row["method"] == method and row["moved"] > 0]
        line = {"color": theme.CATEGORICAL[number % 6], "dash": theme.DASHES[number % 6], "width": 2.2}
        x, y = [row["step"] for row in mine], [row["moved"] for row in mine]
        figure.add_scatter(x=x, y=y, name=method, mode="lines", line=line)
    return figure.update_yaxes(type="log", dtick=1)


def _bundle(figure: go.Figure, steps: Sequence[int], names: Sequence[str], values: np.ndarray) -> go.Figure:
    """Thin lines for weights, a thick one for the median of each projection."""
    weights = read_all(list(names))
    for projection, colour in PROJECTIONS.items():
        columns = [i for i, weight in enumerate(weights) if weight.projection == projection]
        if not columns:
            continue
        for i in columns:
            figure.add_scatter(
                x=list(steps), y=values[:, i], mode="lines", line={"color": theme.translucent(colour, 0.3), "width": 1},
                legendgroup=projection, showlegend=False,
                hovertemplate=f"{weights[i].label}: %{{y:.3g}}<extra></extra>",
            )  # fmt: skip
        median = np.median(values[:, columns], axis=1)
        figure.add_scatter(
            x=list(steps), y=median, name=projection, legendgroup=projection, line={"color": colour, "width": 2.6}
        )
    return figure


def _range(values: np.ndarray) -> str:
    return f"{values.min():.3g} to {values.max():.3g}, median {np.median(values):.3g}"
