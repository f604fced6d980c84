"""Face recognition drawn as the FRCSyn challenge reads it: leaderboards, groups, error trade-offs, scores, data mixes.

Accuracies in per cent; intervals are 95 %, by bootstrap over people. A cosine at or above a threshold is a match. FMR
is the share of strangers that match, FNMR that of mated pairs that do not. Published numbers, of the organisers'
databases, and those of a run have axes of their own.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workbench.figures import theme
from workbench.figures.kept import kept

Row = Mapping[str, Any]
NUMBERS = {
    "to": ("TO", "TO = AVG − SD, %"), "avg": ("AVG", "AVG accuracy, %"), "sd": ("SD", "SD over groups, %"),
    "fnmr": ("FNMR", "FNMR at FMR = 1 %, %"), "auc": ("AUC", "AUC, %"), "gap": ("GAP", "GAP to real data, %"),
}  # fmt: skip
"""Number -> its short name, and its axis."""
BINS = 32
EDGES = np.linspace(-1, 1, BINS + 1)
_LEAST = 2e-4
_TICKS = (0.001, 0.01, 0.1, 1)


@kept
def leaderboard(published: Sequence[Row], ours: Sequence[Row], number: str) -> go.Figure:
    """Teams of the challenge, and below, on an axis of its own, the systems of a run on the face world.

    Args:
        published: `{team, NUMBER}`. ours: `{system, rank, NUMBER, NUMBER_low, NUMBER_high}`; may be empty.
    """
    published = [row for row in published if number in row]
    ours = [row for row in ours if number in row]
    heights = [max(1, len(rows)) for rows in (published, ours) if rows] or [1]
    titles = [title for title, rows in ((_OFFICIAL, published), (_OURS, ours)) if rows]
    frame = make_subplots(len(heights), 1, row_heights=heights, subplot_titles=titles, vertical_spacing=0.22)
    figure = theme.new(_say_board(published, ours, number), height=110 + 34 * sum(heights) + 70 * len(heights))
    figure = theme.titled(go.Figure(frame).update_layout(figure.layout))
    if published:
        values = [row[number] for row in published]
        figure.add_scatter(
            x=values, y=[row["team"] for row in published], mode="markers+text", text=[f"{v:.2f}" for v in values],
            textposition="middle right", marker={"color": theme.GREY, "size": 10, "symbol": "diamond"},
            hovertemplate="%{y}: %{x:.2f} (published)<extra></extra>", cliponaxis=False, row=1, col=1,
        )  # fmt: skip
    if ours:
        _our_dots(figure, ours, number, len(heights))
    figure.update_yaxes(autorange="reversed", showgrid=False).update_xaxes(title_text=NUMBERS[number][1])
    return figure.update_layout(showlegend=False, margin_t=60, margin_l=130, margin_r=60)


@kept
def groups(bars: Mapping[str, Sequence[Row]]) -> go.Figure:
    """Accuracy of each demographic group, a bar for each system.

    Args:
        bars: system -> rows `{group, accuracy, low, high, fmr, fnmr, mated, non_mated}`.
    """
    said = "; ".join(f"{name} {_worst(rows)}" for name, rows in bars.items())
    figure = theme.new(f"Accuracy by group. {said}.", y="accuracy, %", height=400)
    for number, (name, rows) in enumerate(bars.items()):
        text = [
            f"{name}, {r['group']}: {r['accuracy']:.1f} % ({r['low']:.1f} to {r['high']:.1f}); FMR {r['fmr']:.1f} %, "
            f"FNMR {r['fnmr']:.1f} %; {r['mated']} mated, {r['non_mated']} strangers" for r in rows
        ]  # fmt: skip
        error = {"array": [r["high"] - r["accuracy"] for r in rows], "thickness": 1.2, "color": theme.GREY,
                 "arrayminus": [r["accuracy"] - r["low"] for r in rows]}  # fmt: skip
        figure.add_bar(
            x=[_broken(row["group"]) for row in rows], y=[row["accuracy"] for row in rows], name=name, error_y=error,
            marker={"color": theme.CATEGORICAL[number % 6], "pattern": {"shape": ("", "/", ".", "x")[number % 4]}},
            hovertext=text, hoverinfo="text",
        )  # fmt: skip
    lowest = min((row["low"] for rows in bars.values() for row in rows), default=0)
    figure.update_yaxes(range=[max(0, min(50, 10 * int(lowest // 10))), 101])
    return figure.update_layout(barmode="group", bargap=0.25)


@kept
def det(
    curves: Mapping[str, Mapping[str, tuple[np.ndarray, np.ndarray]]], marks: Mapping[str, Sequence[Row]]
) -> go.Figure:
    """FNMR against FMR, a panel for each database; marks where FMR is at most 1 %.

    Args:
        curves: database -> system -> (fmr, fnmr), shares. marks: database -> rows `{system, fnmr, strangers}`, shares.
    """
    said = "; ".join(
        f"{database} " + ", ".join(f"{row['system']} {100 * row['fnmr']:.1f} %" for row in rows)
        for database, rows in marks.items()
    )
    figure = theme.new(f"FNMR at FMR 1 %: {said}.", height=420)
    frame = make_subplots(
        1, max(1, len(curves)), shared_yaxes=True, subplot_titles=list(curves), horizontal_spacing=0.025
    )
    figure = theme.titled(go.Figure(frame).update_layout(figure.layout))
    for column, (database, lines) in enumerate(curves.items(), start=1):
        for number, (name, (fmr, fnmr)) in enumerate(lines.items()):
            colour = theme.CATEGORICAL[number % 6]
            figure.add_scatter(
                x=np.maximum(fmr, _LEAST), y=np.maximum(fnmr, _LEAST), mode="lines", name=name, legendgroup=name,
                showlegend=column == 1, line={"color": colour, "dash": theme.DASHES[number % 6], "shape": "hv"},
                hovertemplate=f"{name}: FMR %{{x:.2%}}, FNMR %{{y:.2%}}<extra></extra>", row=1, col=column,
            )  # fmt: skip
            row = next(row for row in marks[database] if row["system"] == name)
            text = f"{name}: FNMR {row['fnmr']:.1%} at FMR 1 % of {row['strangers']} strangers"
            figure.add_scatter(
                x=[0.01], y=[max(row["fnmr"], _LEAST)], mode="markers", legendgroup=name, showlegend=False,
                marker={"color": colour, "size": 9, "symbol": theme.SYMBOLS[number % 6]}, hovertext=[text],
                hoverinfo="text", row=1, col=column,
            )  # fmt: skip
        figure.add_vline(x=0.01, line={"color": theme.GREY, "width": 1, "dash": "dot"}, row=1, col=column)
    labels = [f"{100 * tick:g} %" for tick in _TICKS]
    figure.update_xaxes(type="log", range=[-3.1, 0.02], tickvals=_TICKS[:-1], ticktext=labels[:-1], title_text="FMR")
    figure.update_yaxes(type="log", range=[-3.1, 0.05], tickvals=_TICKS, ticktext=labels)
    figure.update_yaxes(title_text="FNMR", col=1, row=1)
    return figure.update_layout(legend={"y": 1.12}, margin_t=84)


@kept
def densities(
    parts: Mapping[str, tuple[np.ndarray, np.ndarray]], threshold: float, chosen: tuple[str, int] | None = None
) -> go.Figure:
    """Cosines of mated pairs and of strangers, a panel for each part; the chosen bin is shaded.

    Args:
        parts: part -> (mated, strangers), cosines. chosen: a part and the number of a bin of `EDGES`.
    """
    means = (f"{name} {_mean(m)} and {_mean(o)}" for name, (m, o) in parts.items())
    columns = min(4, max(1, len(parts)))
    lines = -(-max(1, len(parts)) // columns)
    figure = theme.new(
        f"Cosines of pairs. Means of mated pairs and of strangers: {'; '.join(means)}.", height=110 + 210 * lines
    )
    frame = make_subplots(
        lines, columns, shared_xaxes=True, shared_yaxes=True, subplot_titles=list(parts), horizontal_spacing=0.025,
        vertical_spacing=0.12,
    )  # fmt: skip
    figure = theme.titled(go.Figure(frame).update_layout(figure.layout))
    top = 0.01
    for number, (name, kinds) in enumerate(parts.items()):
        at = {"row": number // columns + 1, "col": number % columns + 1}
        for what, values, colour, dash in zip(
            _KINDS, kinds, (theme.BLUE, theme.VERMILLION), theme.DASHES, strict=False
        ):
            if not len(values):
                continue
            shares = np.histogram(values, EDGES)[0] / len(values)
            top = max(top, float(shares.max()))
            figure.add_scatter(
                x=EDGES, y=[*shares, shares[-1]], mode="lines", name=what, legendgroup=what, showlegend=number == 0,
                line={"color": colour, "dash": dash, "shape": "hv", "width": 1.8},
                hovertemplate=f"{name}, {what}, from %{{x:.2f}}: %{{y:.1%}} of {len(values)}<extra></extra>", **at,
            )  # fmt: skip
        figure.add_vline(x=threshold, line={"color": theme.GREY, "width": 1.2, "dash": "dash"}, **at)
        if chosen and chosen[0] == name:
            edges = EDGES[chosen[1] : chosen[1] + 2]
            figure.add_vrect(
                x0=edges[0], x1=edges[1], fillcolor=theme.translucent(theme.OCHRE, 0.35), line_width=0, **at
            )
    figure.update_xaxes(range=[-1, 1], zeroline=False).update_yaxes(tickformat=".0%", range=[0, 1.08 * top])
    figure.update_xaxes(title_text="cosine", row=lines)
    return figure.update_layout(legend={"y": 1.0 + 0.2 / lines}, margin_t=84)


@kept
def mix(rows: Sequence[Row]) -> go.Figure:
    """TO, AVG and GAP by the share of synthetic pictures, a point for each system.

    Args:
        rows: `{system, share, to, avg, gap, …_low, …_high}`; the baseline has no GAP.
    """
    said = "; ".join(f"{row['system']} TO {row['to']:.1f}, AVG {row['avg']:.1f}" for row in rows)
    figure = theme.new(f"By share of synthetic pictures: {said}.", height=420)
    titles = ["TO, task 1", "AVG, task 2", "GAP on AVG, task 2"]
    frame = make_subplots(1, 3, subplot_titles=titles, horizontal_spacing=0.08)
    figure = theme.titled(go.Figure(frame).update_layout(figure.layout))
    for column, number in enumerate(("to", "avg", "gap"), start=1):
        for place, row in enumerate(rows):
            if number in row:
                _mix_point(figure, row, number, place, column)
    figure.update_xaxes(range=[-0.08, 1.08], tickformat=".0%", title_text="synthetic", zeroline=False)
    figure.update_yaxes(zeroline=False, ticksuffix=" %")
    figure.add_hline(y=0, line={"color": theme.GREY, "width": 1, "dash": "dot"}, row=1, col=3)
    return figure.update_layout(legend={"y": 1.12}, margin_t=88)


_OFFICIAL, _OURS = "Published, on the organisers' databases", "This run, on the face world"
_KINDS = ("mated", "strangers")


def _our_dots(figure: go.Figure, rows: Sequence[Row], number: str, place: int) -> None:
    values = [row[number] for row in rows]
    names = [f"{row['system']}{'' if row['rank'] else ' (baseline)'}" for row in rows]
    text = [f"{n}: {r[number]:.2f} ({r[f'{number}_low']:.2f} to {r[f'{number}_high']:.2f}), face world, {r['seeds']} "
            f"training{'s' if r['seeds'] > 1 else ''}" for n, r in zip(names, rows, strict=True)]  # fmt: skip
    error = {"array": [row[f"{number}_high"] - row[number] for row in rows], "color": theme.BLUE, "thickness": 1.5,
             "arrayminus": [row[number] - row[f"{number}_low"] for row in rows]}  # fmt: skip
    figure.add_scatter(
        x=values, y=names, mode="markers+text", error_x=error, text=[f"{v:.2f}" for v in values], hovertext=text,
        hoverinfo="text", textposition="top center", marker={"color": theme.BLUE, "size": 10}, cliponaxis=False,
        row=place, col=1,
    )  # fmt: skip


def _mix_point(figure: go.Figure, row: Row, number: str, place: int, column: int) -> None:
    colour, value = theme.CATEGORICAL[place % 6], row[number]
    low, high = row[f"{number}_low"], row[f"{number}_high"]
    text = f"{row['system']}: {number.upper()} {value:.2f} ({low:.2f} to {high:.2f}), {row['share']:.0%} synthetic"
    figure.add_scatter(
        x=[row["share"]], y=[value], mode="markers", name=row["system"], legendgroup=row["system"],
        showlegend=column == 1, error_y={"array": [high - value], "arrayminus": [value - low], "color": colour},
        marker={"color": colour, "symbol": theme.SYMBOLS[place % 6], "size": 11}, hovertext=[text], hoverinfo="text",
        row=1, col=column,
    )  # fmt: skip


def _broken(group: str) -> str:
    return group.replace("-", "<br>")


def _mean(values: np.ndarray) -> str:
    return f"{values.mean():.2f}" if len(values) else "none"


def _worst(rows: Sequence[Row]) -> str:
    if not rows:
        return "none"
    low, high = min(rows, key=lambda row: row["accuracy"]), max(rows, key=lambda row: row["accuracy"])
    return f"{low['accuracy']:.1f} % ({low['group']}) to {high['accuracy']:.1f} % ({high['group']})"


def _say_board(published: Sequence[Row], ours: Sequence[Row], number: str) -> str:
    name = NUMBERS[number][0]
    first = ", ".join(f"{row['team']} {row[number]:.2f}" for row in published) or "none"
    second = ", ".join(f"{row['system']} {row[number]:.2f}" for row in ours) or "none"
    return f"{name}. Published: {first}. This run on the face world: {second}."
