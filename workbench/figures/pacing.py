"""Pacing: the share of forgeries treated as easy, epoch by epoch, and whom it met."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from workbench.figures import theme
from workbench.figures.kept import kept
from workbench.figures.quality import colour, families


@kept
def curve(shares: Mapping[str, Sequence[float]]) -> go.Figure:
    """r(t) against the epoch, counted from 1, a line for each name; at most six.

    Args:
        shares: name -> share treated as easy in each epoch, 0 to 1.
    """
    said = "; ".join(f"{name} from {min(line):.0%} to {max(line):.0%}" for name, line in shares.items())
    figure = theme.new(f"Share of easy forgeries by epoch: {said}.", x="epoch", y="share treated as easy, r(t)")
    for number, (name, line) in enumerate(shares.items()):
        figure.add_scatter(
            x=list(range(1, len(line) + 1)), y=list(line), name=name, mode="lines+markers",
            line={"color": theme.CATEGORICAL[number], "dash": theme.DASHES[number], "width": 2.2},
            marker={"symbol": theme.SYMBOLS[number], "size": 8},
            hovertemplate=f"{name}, epoch %{{x}}: %{{y:.0%}}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(showlegend=True)
    return figure.update_xaxes(dtick=_stride(shares)).update_yaxes(range=[0, 1.02], tickformat=".0%")


@kept
def by_family(chosen: np.ndarray, family: np.ndarray, label: str) -> go.Figure:
    """Which share of each family was chosen in each epoch, counted from 1.

    Args:
        chosen: (E, F) bool. family: (F,) names. label: the axis, as in "share upgraded".
    """
    shares = {name: chosen[:, family == name].mean(1) for name in families(family)}
    said = ", ".join(f"{name} {line[-1]:.0%}" for name, line in shares.items())
    figure = theme.new(f"{label} by family and epoch; in the last: {said}.", x="epoch", y=label, height=320)
    for number, (name, line) in enumerate(shares.items()):
        figure.add_scatter(
            x=list(range(1, len(line) + 1)), y=line, name=name, mode="lines+markers",
            line={"color": colour(number), "dash": theme.DASHES[number % 6], "width": 2.2},
            marker={"symbol": theme.SYMBOLS[number % 6], "size": 8},
            hovertemplate=f"{name}, epoch %{{x}}: %{{y:.0%}}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(dtick=max(1, len(chosen) // 10))
    return figure.update_yaxes(range=[-0.02, 1.02], tickformat=".0%", zeroline=False)


def _stride(shares: Mapping[str, Sequence[float]]) -> int:
    return max(1, max(map(len, shares.values())) // 10)
