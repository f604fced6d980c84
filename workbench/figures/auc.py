"""Areas under the ROC curve with their intervals, by forgery family and method.

AUC: the share of (real, fake) pairs in which the fake has the higher score; 0.5 is chance. Whiskers are 95 % bootstrap
intervals; thin marks are single seeds, the large mark is their mean.
"""

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

import plotly.graph_objects as go

from workbench.figures import theme
from workbench.figures.kept import kept

Row = Mapping[str, Any]
POOLS = ("seen families", "unseen families")
"""Rows that stand for all families of a kind together; they head their group."""


@kept
def by_family(rows: Sequence[Row], baselines: Sequence[Row] = ()) -> go.Figure:
    """Dot and whisker for each method and family, seen families above, unseen below.

    Args:
        rows: `{method, seed, family, seen, auc, low, high}`.
        baselines: `{name, family, auc}`, of clips with method for name: what trivial features reach; the best of each
            family is a grey tick, a floor that any method should clear.
    """
    families = ordered(rows)
    methods = list(dict.fromkeys(str(row["method"]) for row in rows))
    figure = theme.new(_say(rows), x="AUC", height=130 + max(len(families), 1) * (16 + 9 * len(methods)))
    for number, method in enumerate(methods):
        place = (number - (len(methods) - 1) / 2) * 0.62 / max(len(methods), 1)
        _method(figure, [row for row in rows if row["method"] == method], families, -place, number)
    _floor(figure, baselines, families)
    figure.add_vline(x=0.5, line={"color": theme.GREY, "width": 1, "dash": "dot"})
    figure.add_annotation(x=0.5, y=0, yref="paper", yanchor="bottom", xanchor="left", xshift=4, text="chance")
    figure.update_yaxes(tickvals=list(families.values()), ticktext=[_name(rows, f) for f in families], zeroline=False)
    return figure


@kept
def paired(rows: Sequence[Row], against: str = "") -> go.Figure:
    """Difference of two methods on the same samples, with its interval; an interval off zero is a difference.

    Args:
        rows: `{first, second, families, difference, low, high, seeds}`; `difference` is first minus second.
        against: only pairs with this method, turned so that it is the second; all pairs as they are when empty.
    """
    rows = [_turned(row, against) for row in rows if not against or against in (row["first"], row["second"])]
    labels = [f"{row['first']} − {row['second']}, {row['families']}" for row in rows]
    figure = theme.new(_say_paired(rows), x="difference of AUC", height=80 + 34 * max(len(rows), 1))
    decided = [row["low"] > 0 or row["high"] < 0 for row in rows]
    colours = [theme.BLUE if off_zero else theme.GREY for off_zero in decided]
    for label, row, colour in zip(labels, rows, colours, strict=True):
        figure.add_scatter(x=[row["low"], row["high"]], y=[label] * 2, mode="lines", line={"color": colour, "width": 2})
    marks = {"color": colours, "size": 10, "symbol": ["diamond" if d else "circle-open" for d in decided]}
    values = [row["difference"] for row in rows]
    figure.add_scatter(x=values, y=labels, mode="markers", marker=marks, hovertemplate="%{y}: %{x:.3f}<extra></extra>")
    figure.add_vline(x=0, line={"color": theme.GREY, "width": 1, "dash": "dot"})
    return figure.update_layout(showlegend=False, margin_t=12).update_yaxes(autorange="reversed")


def compared(rows: Sequence[Row]) -> list[str]:
    """The methods in paired rows, in the order in which they appear."""
    return list(dict.fromkeys(str(row[side]) for side in ("first", "second") for row in rows))


def _turned(row: Row, against: str) -> Row:
    if row["first"] != against:
        return row
    turned = {"difference": -row["difference"], "low": -row["high"], "high": -row["low"]}
    return {**row, "first": row["second"], "second": against, **turned}


def ordered(rows: Sequence[Row]) -> dict[str, float]:
    """Family -> its height on the axis: seen families on top, a gap, then unseen ones; each group after its pool."""
    names = sorted(dict.fromkeys(str(row["family"]) for row in rows), key=lambda name: name not in POOLS)
    seen_names = {str(row["family"]) for row in rows if row["seen"]}
    seen, unseen = [n for n in names if n in seen_names], [n for n in names if n not in seen_names]
    heights = [-float(i) for i in range(len(seen))] + [-(len(seen) + 0.4 + i) for i in range(len(unseen))]
    return dict(zip([*seen, *unseen], heights, strict=True))


def _method(figure: go.Figure, rows: Sequence[Row], families: Mapping[str, float], offset: float, number: int) -> None:
    colour = theme.CATEGORICAL[number % len(theme.CATEGORICAL)]
    symbol = theme.SYMBOLS[number % len(theme.SYMBOLS)]
    name = str(rows[0]["method"])
    x, y, said = list[Any](), list[Any](), list[str]()
    for row in rows:  # one line with gaps: a line for each would take the browser a second
        x += [row["low"], row["high"], None]
        y += [families[row["family"]] + offset] * 2 + [None]
        words = f"{name}, seed {row['seed']}, {row['family']}: {row['low']:.3f} to {row['high']:.3f}"
        said += [words, words, ""]
    thin = {"color": theme.translucent(colour, 0.55), "width": 1.5}
    figure.add_scatter(
        x=x, y=y, mode="lines", line=thin, legendgroup=name, showlegend=False, hovertext=said, hoverinfo="text"
    )
    means = {family: mean(r["auc"] for r in rows if r["family"] == family) for family in {r["family"] for r in rows}}
    figure.add_scatter(
        x=list(means.values()), y=[families[family] + offset for family in means], mode="markers", name=name,
        legendgroup=name, marker={"color": colour, "symbol": symbol, "size": 9}, text=list(means),
        hovertemplate=f"{name}, %{{text}}: %{{x:.3f}}<extra></extra>",
    )  # fmt: skip


def _floor(figure: go.Figure, rows: Sequence[Row], families: Mapping[str, float]) -> None:
    best = {f: max((r for r in rows if r["family"] == f), key=lambda r: r["auc"], default=None) for f in families}
    marks = [(row["auc"], families[family], row.get("name", row.get("method"))) for family, row in best.items() if row]
    if not marks:
        return
    x, y, names = zip(*marks, strict=True)
    look = {"symbol": "line-ns", "size": 20, "line": {"width": 2, "color": theme.GREY}}
    figure.add_scatter(
        x=x, y=y, mode="markers", name="best trivial baseline", marker=look, text=names,
        hovertemplate="%{text}: %{x:.3f}<extra></extra>",
    )  # fmt: skip


def _name(rows: Sequence[Row], family: str) -> str:
    if family in POOLS:
        return f"<b>{family}</b>"
    headed = any(row["family"] in POOLS for row in rows)
    seen = any(row["seen"] for row in rows if row["family"] == family)
    return family if seen or headed else f"{family} (unseen)"


def _say(rows: Sequence[Row]) -> str:
    parts = []
    for method in dict.fromkeys(str(row["method"]) for row in rows):
        for word, seen in (("seen", True), ("unseen", False)):
            mine = [row for row in rows if row["method"] == method and bool(row["seen"]) is seen]
            values = [row["auc"] for row in mine if row["family"] not in POOLS]
            if values:
                parts.append(f"{method} {mean(values):.3f} on {word} families")
    return f"AUC by method and forgery family. Means: {'; '.join(parts) or 'none yet'}."


def _say_paired(rows: Sequence[Row]) -> str:
    parts = [
        f"{r['first']} minus {r['second']} {r['difference']:+.3f} ({r['low']:+.3f} to {r['high']:+.3f})" for r in rows
    ]
    return f"Paired differences of AUC: {'; '.join(parts) or 'none yet'}."
