"""Two detectors side by side: scores of the same pictures, differences by family, and how their weights differ."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from workbench.figures import attribution, theme
from workbench.figures.kept import kept

_KINDS = ((0, "real", theme.REAL, "circle"), (1, "forged", theme.FAKE, "diamond"))


@kept
def scores(
    first: np.ndarray, second: np.ndarray, labels: np.ndarray, family: np.ndarray, names: tuple[str, str]
) -> go.Figure:
    """P(forged) of one detector against the other's; on the diagonal they agree. Points can be chosen.

    Args:
        first, second: (N,) in [0, 1]. labels: (N,) 1 forged. names: of the two.
    """
    apart = float(np.abs(first - second).mean())
    alt = f"P(forged) of {len(first)} pictures by {names[0]} and {names[1]}; they differ by {apart:.2f} on average."
    figure = theme.new(alt, x=f"P(forged) by {names[0]}", y=f"P(forged) by {names[1]}", height=520)
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": theme.GREY, "dash": "dot", "width": 1},
                       showlegend=False, hoverinfo="skip")  # fmt: skip
    for value, kind, colour, symbol in _KINDS:
        mine = labels == value
        figure.add_scatter(
            x=first[mine], y=second[mine], mode="markers", name=f"{kind} ({int(mine.sum())})", text=family[mine],
            customdata=np.flatnonzero(mine), marker={"color": colour, "symbol": symbol, "size": 7, "opacity": 0.7},
            hovertemplate="%{text}: %{x:.2f} and %{y:.2f}<extra></extra>",
            selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 0.15}},
        )  # fmt: skip
    figure.update_layout(dragmode="lasso", clickmode="event+select")
    return figure.update_xaxes(range=[-0.02, 1.02]).update_yaxes(range=[-0.02, 1.02])


@kept
def differences(rows: Sequence[Mapping[str, Any]], names: tuple[str, str]) -> go.Figure:
    """AUC of the first less that of the second, by family, with 95 % intervals; left of zero the second is better.

    Args:
        rows: `{family, difference, low, high, first, second}`.
    """
    sure = [row["family"] for row in rows if row["low"] > 0 or row["high"] < 0]
    said = ", ".join(sure) or "none"
    alt = f"Difference in AUC between {names[0]} and {names[1]}; its interval leaves out zero for {said}."
    figure = theme.new(alt, x=f"AUC of {names[0]} − AUC of {names[1]}", height=120 + 30 * len(rows))
    value = np.array([row["difference"] for row in rows])
    figure.add_scatter(
        x=value, y=[row["family"] for row in rows], mode="markers",
        error_x={"array": [row["high"] - row["difference"] for row in rows], "thickness": 1.5, "color": theme.GREY,
                 "arrayminus": [row["difference"] - row["low"] for row in rows]},
        marker={"size": 9, "color": [theme.GREY if row["family"] not in sure else theme.BLUE if row["difference"] > 0
                                     else theme.VERMILLION for row in rows]},
        text=[f"{row['first']:.3f} and {row['second']:.3f}" for row in rows], showlegend=False,
        hovertemplate="%{y}: %{x:+.3f} (%{text})<extra></extra>",
    )  # fmt: skip
    figure.add_vline(x=0, line={"color": theme.GREY, "width": 1})
    return figure.update_yaxes(autorange="reversed").update_layout(margin_t=16)


@kept
def angles(rows: Sequence[Mapping[str, Any]]) -> go.Figure:
    """Principal angles between corresponding attention weights, block by block.

    Args:
        rows: `{projection, largest_deg, mean_deg, moved}`; projections as "blocks.3.v".
    """
    parts = list(dict.fromkeys(row["projection"].rsplit(".", 1)[1] for row in rows))
    most = max((row["largest_deg"] for row in rows), default=0.0)
    alt = f"Largest principal angle between the strongest directions of two weights: at most {most:.1f} degrees."
    figure = theme.new(alt, x="block", y="largest principal angle / °", height=340)
    for number, part in enumerate(parts):
        mine = [row for row in rows if row["projection"].endswith(f".{part}")]
        figure.add_scatter(
            x=[int(row["projection"].split(".")[1]) + 1 for row in mine], y=[row["largest_deg"] for row in mine],
            mode="lines+markers", name=part, line={"color": theme.CATEGORICAL[number], "dash": theme.DASHES[number]},
            marker={"symbol": theme.SYMBOLS[number], "size": 8},
            text=[f"{row['moved']:.2%} of its norm moved, mean angle {row['mean_deg']:.1f}°" for row in mine],
            hovertemplate=f"block %{{x}} {part}: %{{y:.2f}}°, %{{text}}<extra></extra>",
        )  # fmt: skip
    return figure.update_xaxes(dtick=1).update_yaxes(rangemode="tozero")


@kept
def maps(face: np.ndarray, first: np.ndarray, second: np.ndarray, names: tuple[str, str]) -> go.Figure:
    """A face with both detectors' maps and their difference, all on one colour scale.

    Args:
        face: (S, S, 3) uint8. first, second: (S, S), signed; each is shown as a share of its own largest cell.
    """
    one, other = attribution.in_cells(first), attribution.in_cells(second)
    laid = {names[0]: one, names[1]: other, f"{names[0]} − {names[1]}": one - other}
    figure = attribution.overlay(face, laid, scaled=False)
    apart = float(np.abs(one - other).mean())
    alt = (
        f"Maps of {names[0]} and {names[1]} and their difference, which is {apart:.2f} of the largest cell on average."
    )
    return figure.update_layout(meta={"alt": alt})
