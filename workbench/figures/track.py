"""How far the trained directions move from where they started.

`angle` is between a residual direction now and at step 0, in degrees: 0 has not moved, 90 has left its place
entirely. `scale` is the singular value it is multiplied with, relative to its value at step 0.
"""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from workbench.figures import theme
from workbench.figures.weights import PROJECTIONS, read_all


def angles(steps: Sequence[int], names: Sequence[str], angle: np.ndarray, side: str = "u") -> go.Figure:
    """Angle (S, P) of each weight's residual direction to its start, degrees, over training."""
    alt = f"Angle between the residual direction {side} and its start. At the end: {_range(angle[-1])} degrees."
    return _bundle(theme.new(alt, x="step", y=f"angle of {side} to its start / °"), steps, names, angle)


def scales(steps: Sequence[int], names: Sequence[str], scale: np.ndarray) -> go.Figure:
    """Scale (S, P) of each weight's residual direction, as a multiple of its start, over training."""
    alt = f"Scale of the residual direction over its start. At the end: {_range(scale[-1])}."
    return _bundle(theme.new(alt, x="step", y="scale"), steps, names, scale)


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
