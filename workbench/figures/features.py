"""Where samples lie in a detector's feature space: real, fakes it trained on, fakes it never saw."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from workbench.figures import theme
from workbench.figures.kept import kept

_LOOK = {
    "real": (theme.REAL, "circle"),
    "seen fake": (theme.FAKE, "diamond"),
    "unseen fake": (theme.UNSEEN, "triangle-up"),
}


@kept
def scatter(
    points: np.ndarray, kinds: Sequence[str], families: Sequence[str], explained: Sequence[float] = ()
) -> go.Figure:
    """First two principal components (N, 2), coloured by kind.

    Args:
        kinds: for each sample "real", "seen fake" or "unseen fake".
        families: for each sample its forgery family, shown on hover.
        explained: share of variance of the two components, for the axis titles.
    """
    labels = [f"PC {i + 1}{f' ({explained[i]:.0%} of variance)' if len(explained) > i else ''}" for i in (0, 1)]
    kinds_array, families_array = np.asarray(kinds), np.asarray(families)
    counts = {kind: int((kinds_array == kind).sum()) for kind in _LOOK}
    figure = theme.new(_say(counts), x=labels[0], y=labels[1], height=460)
    for kind, (colour, symbol) in _LOOK.items():
        mine = kinds_array == kind
        if mine.any():
            figure.add_scatter(
                x=points[mine, 0], y=points[mine, 1], mode="markers", name=f"{kind} ({counts[kind]})",
                marker={"color": colour, "symbol": symbol, "size": 6, "opacity": 0.65}, text=families_array[mine],
                hovertemplate=f"{kind}, %{{text}}<extra></extra>",
            )  # fmt: skip
    return figure.update_yaxes(scaleanchor=None, zeroline=False).update_xaxes(zeroline=False)


@kept
def variance(explained: Sequence[float]) -> go.Figure:
    """Cumulative share of variance by number of components: a collapsed space reaches 90 % at once."""
    total = np.cumsum(explained)
    enough = int(np.searchsorted(total, 0.9)) + 1
    figure = theme.new(f"{enough} components hold 90 % of the variance.", x="components", y="share of variance")
    figure.add_scatter(x=np.arange(1, len(total) + 1), y=total, mode="lines", line={"color": theme.BLUE, "width": 2})
    figure.add_vline(x=enough, line={"color": theme.GREY, "dash": "dot", "width": 1})
    figure.add_annotation(x=enough, y=0.9, text=f"90 % with {enough}", xanchor="left", xshift=6)
    return figure.update_layout(margin_t=12).update_yaxes(range=[0, 1.02], tickformat=".0%")


def kinds(labels: np.ndarray, families: np.ndarray, seen: Sequence[str]) -> list[str]:
    """ "real", "seen fake" or "unseen fake" for each sample, from its label (1 is fake) and family."""
    return ["real" if not fake else "seen fake" if family in seen else "unseen fake"
            for fake, family in zip(labels, families, strict=True)]  # fmt: skip


def _say(counts: dict[str, int]) -> str:
    parts = ", ".join(f"{number} {kind}" for kind, number in counts.items() if number)
    return f"Samples in the plane of the first two principal components of the features: {parts or 'none'}."
