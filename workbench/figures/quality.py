"""Forgery quality in a training: how scores are spread, static against dynamic, measured against known.

q: rank of the measured identity similarity, 0 to 1, 1 the most alike. d: 1 − P(fake), smoothed over epochs, 1 where the
detector is fooled. FQS = d + α q. Q*: quality known by construction, 1 is flawless. Families keep colour and mark
throughout.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from workbench.figures import theme
from workbench.figures.kept import kept

Row = Mapping[str, Any]
BINS = 20
_AWAY = ((16, -16), (-16, -16), (16, 16), (-16, 16))
"""Where the number of a forgery stands from its mark, px: neighbours differ."""
MEASURED = {"static q": (theme.BLUE, "circle"), "dynamic d": (theme.VERMILLION, "diamond")}


@kept
def spread(scores: np.ndarray, family: np.ndarray, label: str, top: float = 1.0) -> go.Figure:
    """Histogram of a score (F,) for each family, as shares of that family; the same bins whatever the epoch.

    Args:
        label: axis title. top: the highest value that the score can have.
    """
    edges = np.linspace(0, top, BINS + 1)
    medians = {name: float(np.median(scores[family == name])) for name in families(family)}
    said = ", ".join(f"{name} {value:.2f}" for name, value in medians.items())
    figure = theme.new(f"{label} by family; medians: {said}.", x=label, y="share of the family", height=320)
    for number, name in enumerate(medians):
        counts, _ = np.histogram(scores[family == name], edges)
        shares = counts / max(counts.sum(), 1)
        line = {"color": colour(number), "dash": theme.DASHES[number % 6], "width": 2.2, "shape": "hv"}
        figure.add_scatter(
            x=edges, y=[*shares, shares[-1]], mode="lines", name=name, line=line,
            hovertemplate=f"{name}, from %{{x:.2f}}: %{{y:.0%}}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(range=[0, top], zeroline=False)
    return figure.update_yaxes(tickformat=".0%", rangemode="tozero")


@kept
def scatter(
    static: np.ndarray, dynamic: np.ndarray, family: np.ndarray, upgraded: np.ndarray, pictured: Sequence[int] = ()
) -> go.Figure:
    """q against d at an epoch; forgeries that FreDA upgrades are hollow, and those shown beside are numbered.

    Args:
        static, dynamic: (F,). family: (F,) names. upgraded: (F,) bool. pictured: indices, numbered from 1.
    """
    words = f"{len(static)} forgeries by static q and dynamic d; {int(upgraded.sum())} of them upgraded by FreDA."
    figure = theme.new(words, x="static q (rank)", y="dynamic d", height=480)
    for number, name in enumerate(families(family)):
        mark = theme.SYMBOLS[number % 6]
        for hollow in (False, True):
            mine = (family == name) & (upgraded == hollow)
            look = {
                "color": colour(number), "size": 7, "opacity": 0.75, "symbol": f"{mark}-open" if hollow else mark,
                "line": {"width": 1.2, "color": colour(number)},
            }  # fmt: skip
            figure.add_scatter(
                x=static[mine], y=dynamic[mine], mode="markers", marker=look, legendgroup=name,
                name=f"{name}, upgraded" if hollow else name, showlegend=bool(mine.any()),
                hovertemplate=f"{name}<br>q %{{x:.2f}}, d %{{y:.2f}}<extra></extra>",
            )  # fmt: skip
    for number, index in enumerate(pictured, start=1):
        figure.add_annotation(
            x=static[index], y=dynamic[index], text=f"<b>{number}</b>", showarrow=True, arrowhead=0, arrowwidth=1,
            arrowcolor=theme.GREY, ax=_AWAY[number % 4][0], ay=_AWAY[number % 4][1],
        )  # fmt: skip
    figure.update_xaxes(range=[-0.03, 1.03], zeroline=False)
    return figure.update_yaxes(range=[-0.03, 1.06], zeroline=False)


@kept
def against_known(known: np.ndarray, measured: np.ndarray, family: np.ndarray, label: str) -> go.Figure:
    """A measured quality against Q*, forgery by forgery.

    Args:
        known, measured: (F,). label: what was measured, for the axis.
    """
    figure = theme.new(f"{label} of {len(known)} forgeries against their known quality Q*.", x="known Q*", y=label)
    for number, name in enumerate(families(family)):
        mine = family == name
        look = {"color": colour(number), "symbol": theme.SYMBOLS[number % 6], "size": 6, "opacity": 0.6}
        figure.add_scatter(
            x=known[mine], y=measured[mine], mode="markers", name=name, marker=look,
            hovertemplate=f"{name}<br>Q* %{{x:.2f}}, measured %{{y:.2f}}<extra></extra>",
        )  # fmt: skip
    return figure.update_xaxes(zeroline=False).update_yaxes(zeroline=False)


@kept
def agreement(rows: Sequence[Row]) -> go.Figure:
    """Spearman's rank correlation of measured with known quality, by family, with intervals where rows have them.

    Args:
        rows: `{families, measured, forgeries, spearman}`, of one method; also `low` and `high`.
    """
    said = "; ".join(f"{row['families']}, {row['measured']} {row['spearman']:+.2f}" for row in rows)
    pools = list(dict.fromkeys(str(row["families"]) for row in rows))
    figure = theme.new(
        f"Rank correlation with the known quality: {said}.", x="Spearman's ρ with Q*", height=120 + 46 * len(pools)
    )
    for number, (name, (shade, symbol)) in enumerate(MEASURED.items()):
        mine = [row for row in rows if row["measured"] == name]
        height = [-pools.index(str(row["families"])) + (0.13 if number == 0 else -0.13) for row in mine]
        figure.add_scatter(
            x=[row["spearman"] for row in mine], y=height, mode="markers", name=name, error_x=_whiskers(mine, shade),
            marker={"color": shade, "symbol": symbol, "size": 10}, customdata=[row["forgeries"] for row in mine],
            hovertemplate=f"{name}: %{{x:+.2f}}, %{{customdata}} forgeries<extra></extra>",
        )  # fmt: skip
    figure.add_vline(x=0, line={"color": theme.GREY, "width": 1, "dash": "dot"})
    labels = [f"<b>{name}</b>" if name == "all" else name for name in pools]
    figure.update_yaxes(tickvals=[-i for i in range(len(pools))], ticktext=labels, zeroline=False)
    return figure.update_xaxes(range=[-1.02, 1.02], zeroline=False)


def families(family: np.ndarray) -> list[str]:
    """The families there are, in the order that gives them their colours."""
    return sorted(set(family.tolist()))


def colour(number: int) -> str:
    """Colour of a family by its place."""
    return theme.CATEGORICAL[number % len(theme.CATEGORICAL)]


def _whiskers(rows: Sequence[Row], shade: str) -> dict[str, Any]:
    if not all("low" in row for row in rows):
        return {"visible": False}
    above = [row["high"] - row["spearman"] for row in rows]
    below = [row["spearman"] - row["low"] for row in rows]
    return {"type": "data", "symmetric": False, "array": above, "arrayminus": below, "color": shade, "thickness": 1.5}
