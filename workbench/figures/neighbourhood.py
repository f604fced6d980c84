"""Pictures in a feature space, drawn so that they can be chosen: each point carries its place as `customdata`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from workbench.figures import theme
from workbench.figures.kept import kept


@kept
def scatter(
    points: np.ndarray, labels: Sequence[str], axes: tuple[str, str], later: np.ndarray | None = None
) -> go.Figure:
    """Points (N, 2) coloured by their label; the commonest labels have colours of their own, the others share grey.

    Args:
        later: (N,) bool, points put in after the map was made; they are drawn hollow.
    """
    known = np.asarray(labels)
    names = _ordered(known)
    figure = theme.new(_say(known, names), x=axes[0], y=axes[1], height=520)
    for number, name in enumerate(names):
        mine = known == name
        colour = theme.CATEGORICAL[number] if number < len(theme.CATEGORICAL) - 1 else theme.GREY
        symbol = theme.SYMBOLS[number % len(theme.SYMBOLS)]
        marks = (
            [symbol] * int(mine.sum()) if later is None else [f"{symbol}-open" if o else symbol for o in later[mine]]
        )
        figure.add_scatter(
            x=points[mine, 0], y=points[mine, 1], mode="markers", name=f"{name} ({int(mine.sum())})",
            customdata=np.flatnonzero(mine), hovertemplate=f"{name}, no. %{{customdata}}<extra></extra>",
            marker={"color": colour, "size": 7, "opacity": 0.75, "symbol": marks},
            selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 0.2}},
        )  # fmt: skip
    figure.update_layout(dragmode="lasso", clickmode="event+select", legend={"itemsizing": "constant"})
    return figure.update_xaxes(zeroline=False).update_yaxes(zeroline=False)


@kept
def shaded(points: np.ndarray, values: np.ndarray, title: str, axes: tuple[str, str]) -> go.Figure:
    """Points (N, 2) coloured by a number of each."""
    alt = f"{len(points)} pictures, coloured by {title}, {values.min():.2f} to {values.max():.2f}."
    figure = theme.new(alt, x=axes[0], y=axes[1], height=520)
    figure.add_scatter(
        x=points[:, 0], y=points[:, 1], mode="markers", customdata=np.arange(len(points)), showlegend=False,
        hovertemplate=f"no. %{{customdata}}, {title} %{{marker.color:.2f}}<extra></extra>",
        marker={"color": values, "colorscale": theme.SEQUENTIAL, "size": 7, "opacity": 0.85,
                "colorbar": {"title": {"text": title, "side": "top"}, "thickness": 12, "outlinewidth": 0}},
        selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 0.2}},
    )  # fmt: skip
    figure.update_layout(dragmode="lasso", clickmode="event+select")
    return figure.update_xaxes(zeroline=False).update_yaxes(zeroline=False)


@kept
def erased(rows: Sequence[Mapping[str, Any]], order: str) -> go.Figure:
    """AUC of a probe against the number of principal directions removed, with the range over folds.

    Args:
        rows: `{removed, kept, auc, low, high}`. order: "strongest" or "weakest", removed first.
    """
    removed, auc = [row["removed"] for row in rows], [row["auc"] for row in rows]
    alt = (
        f"AUC of a probe from {auc[0]:.2f} with all directions to {auc[-1]:.2f} with the {removed[-1]} {order} removed."
    )
    figure = theme.new(alt, x=f"{order} directions removed", y="AUC of a probe", height=400)
    shares = [f"{row['kept']:.1%} of the variance left" for row in rows]
    figure.add_scatter(
        x=[*removed, *removed[::-1]], y=[*(row["high"] for row in rows), *(row["low"] for row in rows[::-1])],
        fill="toself", line={"width": 0}, mode="lines", fillcolor=theme.translucent(theme.BLUE, 0.15),
        hoverinfo="skip", name="least and largest fold",
    )  # fmt: skip
    figure.add_scatter(
        x=removed, y=auc, mode="lines+markers", name="mean over folds", line={"color": theme.BLUE, "width": 2.2},
        text=shares, hovertemplate="%{x} removed: AUC %{y:.3f}, %{text}<extra></extra>",
    )  # fmt: skip
    figure.add_hline(y=0.5, line={"color": theme.GREY, "dash": "dot", "width": 1})
    figure.add_annotation(x=0, xref="paper", y=0.5, text="chance", yshift=9, xanchor="left")
    return figure.update_yaxes(range=[0.4, 1.02])


def _ordered(labels: np.ndarray) -> list[str]:
    """Real first, then by count, then by name."""
    names, counts = np.unique(labels, return_counts=True)
    return [name for _, _, name in sorted((n != "real", -int(c), str(n)) for n, c in zip(names, counts, strict=True))]


def _say(labels: np.ndarray, names: Sequence[str]) -> str:
    parts = ", ".join(f"{int((labels == name).sum())} {name}" for name in names[:8])
    return f"{len(labels)} pictures in a plane of a detector's features: {parts}{', …' if len(names) > 8 else ''}."
