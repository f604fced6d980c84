"""Forgetting drawn: accuracy of each session's classes while others are learned, and all that follows from it.

a[t, j] is the accuracy on session j's test pictures after session t, over all classes seen then. Pages count sessions
from 1, arrays from 0. Between sessions stands what a few test pictures said of the head in training: of all else,
that head forgets most, and analytic heads replace it when a session ends.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from engines.continual.matrix import Matrix
from engines.continual.measures import MEASURES, forgetting_from_best, new, overall
from workbench.figures import theme
from workbench.figures.arena import DIVERGING
from workbench.figures.kept import kept

Record = Mapping[str, np.ndarray]
KINDS = ("accuracy", "drop from the best", "change since learned")
_COLOURS = [colour for _, colour in DIVERGING]
_SCALES: dict[str, tuple[int, list[list[Any]]]] = {
    KINDS[0]: (0, [[0.0, _COLOURS[2]], [0.5, _COLOURS[3]], [1.0, _COLOURS[4]]]),
    KINDS[1]: (-1, [[number / 4, colour] for number, colour in enumerate(reversed(_COLOURS))]),
    KINDS[2]: (-1, DIVERGING),
}
"""Kind -> its least value and its colours: what was lost is orange, what was kept or gained blue."""
LEARNERS = {
    "slow": ("slow", theme.BLUE), "fast": ("fast", theme.VERMILLION), "answer": ("mixed", theme.GREEN),
    "released": ("better of fast and mixed, by test accuracy", theme.GREY),
}  # fmt: skip


@kept
def curves(records: Sequence[Record]) -> go.Figure:
    """Accuracy on each session against time: probes of the first run thin, ends of sessions as marks; with several runs
    of one method their mean and a band from the lowest to the highest.

    Args:
        records: runs of one method, each with `probes` (P, 3 + J) and `accuracy_answer` (T, T).
    """
    stack = np.stack([record["accuracy_answer"] for record in records])
    count = stack.shape[1]
    figure = theme.new(_say_curves(stack), x="sessions learned", y="accuracy", height=420)
    for edge in range(1, count):
        figure.add_vline(x=edge, line={"color": theme.GREY, "width": 1, "dash": "dot"})
    for j in range(count):
        _probes(figure, records[0]["probes"], j)
        _ends(figure, stack[:, :, j], j)
    figure.update_xaxes(range=[0, count + 0.08], dtick=1)
    return figure.update_yaxes(range=[-0.03, 1.03])


@kept
def matrix(accuracy: np.ndarray, names: Sequence[str], kind: str = KINDS[0], upto: int | None = None) -> go.Figure:
    """The matrix after session `upto` (from 0): sessions learned down, sessions tested across.

    Args:
        kind: of `KINDS`; drops are from the best accuracy up to then, changes from the one when it was learned.
    """
    count = len(accuracy)
    upto = count - 1 if upto is None else upto
    shown = _of_kind(accuracy, kind)
    shown = np.where(np.arange(count)[:, None] <= upto, shown, np.nan)
    text = [["" if np.isnan(value) else f"{value:.2f}" for value in row] for row in shown]
    figure = theme.new(
        _say_matrix(shown, kind, upto), x="tested on session", y="after session", height=140 + 46 * count
    )
    low, scale = _SCALES[kind]
    numbers = [str(number + 1) for number in range(count)]
    hover = [[f"session {j + 1}: {names[j]}<br>after session {t + 1}" for j in range(count)] for t in range(count)]
    figure.add_heatmap(
        z=shown, x=numbers, y=numbers, zmin=low, zmax=1, colorscale=scale, xgap=2, ygap=2, text=text,
        texttemplate="%{text}", textfont={"size": 12, "color": theme.INK["light"]}, hovertext=hover,
        hovertemplate="%{hovertext}: %{z:.3f}<extra></extra>", colorbar={"title": {"text": kind.partition(" ")[0]}},
    )  # fmt: skip
    figure.update_xaxes(side="top", showgrid=False, ticks="", type="category")
    figure.update_yaxes(autorange="reversed", showgrid=False, ticks="", type="category")
    return figure.update_layout(margin_t=64, margin_b=16)


@kept
def trails(records: Sequence[Record]) -> go.Figure:
    """Plasticity against forgetting, one trail a method from session 2 to the last, means over its runs.

    The corner at the upper left learns everything and forgets nothing. A method with the last row of the matrix alone,
    as joint training has, is nowhere on this plane.
    """
    paths = {method: path for method, path in _paths(records).items() if len(path)}
    ends = ", ".join(f"{method} new {path[-1][1]:.2f}, forgetting {path[-1][0]:.2f}" for method, path in paths.items())
    figure = theme.new(
        f"New accuracy against forgetting. At the end: {ends or 'nothing yet'}.", x="forgetting from the best",
        y="new: accuracy when learned", height=440,
    )  # fmt: skip
    for number, (method, path) in enumerate(paths.items()):
        look = _look(number)
        figure.add_scatter(
            x=path[:, 0], y=path[:, 1], name=method, mode="lines+markers", line={"color": look[0], "dash": look[1]},
            marker={"symbol": look[2], "size": [6] * (len(path) - 1) + [12]},
            text=[f"after session {t + 2}" for t in range(len(path))],
            hovertemplate=f"{method}, %{{text}}<br>forgetting %{{x:.3f}}, new %{{y:.3f}}<extra></extra>",
        )  # fmt: skip
    if paths:
        places = np.concatenate(list(paths.values()))
        figure.update_xaxes(range=_wide(places[:, 0])).update_yaxes(range=_wide(places[:, 1]))
    return figure


def _wide(values: np.ndarray, least: float = 0.1) -> list[float]:
    """A range around values that is never so narrow that small differences look large."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    room = max(0.08 * (high - low), (least - (high - low)) / 2)
    return [low - room, high + room]


@kept
def learners(record: Record, after: int) -> go.Figure:
    """Accuracy of slow, fast and mixed learner on each session's classes, after session `after` (from 0)."""
    there = {name: record[f"accuracy_{name}"][after, : after + 1] for name in LEARNERS if f"accuracy_{name}" in record}
    said = ", ".join(f"{LEARNERS[name][0]} {np.nanmean(values):.2f}" for name, values in there.items())
    figure = theme.new(f"Mean over sessions: {said}.", x="classes of session", y=f"accuracy after session {after + 1}")
    for number, (name, values) in enumerate(there.items()):
        label, colour = LEARNERS[name]
        figure.add_scatter(
            x=np.arange(1, after + 2), y=values, name=label, mode="lines+markers",
            line={"color": colour, "dash": theme.DASHES[number]},
            marker={"symbol": theme.SYMBOLS[number], "size": 8},
        )  # fmt: skip
    return figure.update_xaxes(dtick=1).update_yaxes(range=[-0.03, 1.03])


@kept
def weights(slow_weight: np.ndarray) -> go.Figure:
    """Mean weight (T, J) of the slow learner against how long ago a class was learned, a line for each session."""
    count = len(slow_weight)
    known = slow_weight[np.isfinite(slow_weight)]
    alt = (
        f"Slow learner's weight by age of the classes, from {known.min():.2f} to {known.max():.2f}."
        if len(known)
        else ""
    )
    figure = theme.new(alt or "No session after the first yet.", x="sessions since the class was learned",
                       y="mean weight of the slow learner")  # fmt: skip
    figure.add_hline(y=0.5, line={"color": theme.GREY, "dash": "dot", "width": 1})
    for number, t in enumerate(range(1, count)):
        ages = np.arange(t + 1)
        values = slow_weight[t, t - ages]
        if np.isfinite(values).any():
            colour, dash, symbol = _look(number)
            figure.add_scatter(
                x=ages, y=values, name=f"after session {t + 1}", mode="lines+markers",
                line={"color": colour, "dash": dash}, marker={"symbol": symbol, "size": 8},
            )  # fmt: skip
    return figure.update_xaxes(dtick=1)


@kept
def drift(records: Sequence[Record], what: str = "drift") -> go.Figure:
    """How far features of the first session's pictures moved since session 1, by method, means over runs.

    Args:
        what: `drift`, the mean cosine to where they were; `angle`, the largest angle in degrees between the spans of
            their first principal directions then and now; `alike`, the mean cosine of fast and slow features.
    """
    titles = {
        "drift": "mean cosine to features after session 1", "angle": "largest principal angle / °",
        "alike": "mean cosine of fast and slow features",
    }  # fmt: skip
    lines = {}
    for method, mine in by_method(records).items():
        values = _mean_over_runs(np.stack([record[what] for record in mine]))
        if np.isfinite(values).any():
            lines[method] = values
    ends = ", ".join(f"{method} {values[np.isfinite(values)][-1]:.3g}" for method, values in lines.items())
    figure = theme.new(f"{titles[what]}; last: {ends or 'none'}.", x="after session", y=titles[what])
    for number, (method, values) in enumerate(lines.items()):
        colour, dash, symbol = _look(number)
        figure.add_scatter(
            x=np.arange(1, len(values) + 1), y=values, name=method, mode="lines+markers",
            line={"color": colour, "dash": dash}, marker={"symbol": symbol, "size": 7},
        )  # fmt: skip
    return figure.update_xaxes(dtick=1)


@kept
def compared(rows: Sequence[Mapping[str, Any]], measure: str, difference: bool = False) -> go.Figure:
    """A measure of every method with its 95 % interval; of differences, blue diamonds are off zero.

    Args:
        rows: `{method or second, measure, value, low, high, runs}`.
    """
    mine = [row for row in rows if row["measure"] == measure]
    names = [str(row["second" if difference else "method"]) for row in mine]
    title = MEASURES[measure].title
    said = ", ".join(f"{name} {row['value']:.3f}" for name, row in zip(names, mine, strict=True))
    x = f"{title.lower()}: {mine[0]['first']} − the other" if difference and mine else title.lower()
    figure = theme.new(f"{title}: {said or 'nothing yet'}.", x=x, height=120 + 34 * max(1, len(mine)))
    off = [difference and not row["low"] <= 0 <= row["high"] for row in mine]
    colours = [theme.BLUE if one or not difference else theme.GREY for one in off]
    figure.add_scatter(
        x=[row["value"] for row in mine], y=names, mode="markers",
        marker={"size": 10, "color": colours, "symbol": ["diamond" if one else "circle" for one in off]},
        error_x={
            "array": [row["high"] - row["value"] for row in mine], "color": theme.GREY, "thickness": 1.4,
            "arrayminus": [row["value"] - row["low"] for row in mine],
        },
        text=[f"{r['value']:.3f} ({r['low']:.3f} to {r['high']:.3f}), {r['runs']} runs" for r in mine],
        hovertemplate="%{y}: %{text}<extra></extra>",
    )  # fmt: skip
    if difference:
        figure.add_vline(x=0, line={"color": theme.GREY, "dash": "dot", "width": 1})
    return figure.update_yaxes(autorange="reversed", type="category")


@kept
def overlay(lines: Mapping[str, np.ndarray]) -> go.Figure:
    """A_t of several runs (T,), ours and those of other toolkits, on one axis."""
    ends = ", ".join(f"{name} {values[-1]:.3f}" for name, values in lines.items())
    figure = theme.new(f"Overall accuracy after each session; last: {ends or 'none'}.", x="after session",
                       y="accuracy on all seen, A_t")  # fmt: skip
    for number, (name, values) in enumerate(lines.items()):
        colour, dash, symbol = _look(number)
        figure.add_scatter(
            x=np.arange(1, len(values) + 1), y=values, name=name, mode="lines+markers",
            line={"color": colour, "dash": dash}, marker={"symbol": symbol, "size": 7},
        )  # fmt: skip
    return figure.update_xaxes(dtick=1).update_yaxes(range=[-0.03, 1.03])


def by_method(records: Sequence[Record]) -> dict[str, list[Record]]:
    """Records by their method, in the order in which they came."""
    found: dict[str, list[Record]] = {}
    for record in records:
        found.setdefault(str(record["method"]), []).append(record)
    return found


def overall_line(record: Record) -> np.ndarray:
    """A_t (T,) of a record, up to the last session there is."""
    whole = Matrix(record["accuracy_answer"], record["counts"])
    values = [overall(whole, t) for t in range(whole.sessions)]
    return np.array([np.nan if value is None else value for value in values])


def _paths(records: Sequence[Record]) -> dict[str, np.ndarray]:
    paths = {}
    for method, mine in by_method(records).items():
        points = []
        for t in range(1, len(mine[0]["counts"])):
            parts = [Matrix(r["accuracy_answer"], r["counts"]).upto(t) for r in mine]
            pairs = [(x, y) for part in parts if (x := forgetting_from_best(part)) is not None
                     and (y := new(part)) is not None]  # fmt: skip
            if pairs:
                points.append(np.mean(pairs, axis=0))
        paths[method] = np.array(points).reshape(len(points), 2)
    return paths


def _of_kind(accuracy: np.ndarray, kind: str) -> np.ndarray:
    if kind == KINDS[0]:
        return accuracy
    count = len(accuracy)
    changed = np.full_like(accuracy, np.nan)
    for j in range(count):
        for t in range(j, count):
            before = accuracy[j : t + 1, j]
            known = before[np.isfinite(before)]
            if len(known):
                changed[t, j] = known.max() - accuracy[t, j] if kind == KINDS[1] else accuracy[t, j] - before[0]
    return changed


def _probes(figure: go.Figure, probes: np.ndarray, j: int) -> None:
    mine = probes[np.isfinite(probes[:, 3 + j])] if len(probes) else probes
    if not len(mine):
        return
    x, y = mine[:, 0] + mine[:, 1], mine[:, 3 + j]
    gaps = np.flatnonzero(np.diff(mine[:, 0]) > 0) + 1  # at a session's end the head changes: no line across
    line = {"color": theme.translucent(_look(j)[0], 0.55), "width": 1.2}
    figure.add_scatter(
        x=np.insert(x, gaps, np.nan), y=np.insert(y, gaps, np.nan), mode="lines", line=line, showlegend=False,
        legendgroup=str(j), hovertemplate=f"session {j + 1}, probe: %{{y:.2f}}<extra></extra>",
    )  # fmt: skip


def _ends(figure: go.Figure, values: np.ndarray, j: int) -> None:
    """values: (runs, T) accuracy on session j after each session."""
    known = np.isfinite(values).all(0) & (np.arange(values.shape[1]) >= j)
    x, mine = np.flatnonzero(known) + 1, values[:, known]
    if not len(x):
        return
    colour, dash, symbol = _look(j)
    if len(mine) > 1:
        figure.add_scatter(
            x=[*x, *x[::-1]], y=[*mine.max(0), *mine.min(0)[::-1]], fill="toself", mode="lines", line={"width": 0},
            fillcolor=theme.translucent(colour, 0.13), hoverinfo="skip", showlegend=False, legendgroup=str(j),
        )  # fmt: skip
    figure.add_scatter(
        x=x, y=mine.mean(0), name=f"session {j + 1}", legendgroup=str(j), mode="lines+markers",
        line={"color": colour, "dash": dash, "width": 2}, marker={"symbol": symbol, "size": 9},
        hovertemplate=f"session {j + 1}: %{{y:.3f}}<extra></extra>",
    )  # fmt: skip


def _look(number: int) -> tuple[str, str, str]:
    kinds = len(theme.CATEGORICAL)
    turn = number // kinds
    return (
        theme.CATEGORICAL[number % kinds],
        theme.DASHES[(number + turn) % kinds],
        theme.SYMBOLS[(number + turn) % kinds],
    )


def _mean_over_runs(values: np.ndarray) -> np.ndarray:
    known = np.isfinite(values)
    total = np.where(known, values, 0).sum(0)
    return np.where(known.any(0), total / np.maximum(known.sum(0), 1), np.nan)


def _say_curves(stack: np.ndarray) -> str:
    last = stack.mean(0)
    rows = np.flatnonzero(np.isfinite(last).any(1))
    if not len(rows):
        return "Accuracy on each session's classes while sessions are learned; no session has ended yet."
    said = ", ".join(f"session {j + 1} {value:.2f}" for j, value in enumerate(last[rows[-1]]) if np.isfinite(value))
    return f"Accuracy on each session's classes after {rows[-1] + 1} sessions: {said}."


def _say_matrix(shown: np.ndarray, kind: str, upto: int) -> str:
    said = ", ".join(f"session {j + 1} {value:.2f}" for j, value in enumerate(shown[upto]) if np.isfinite(value))
    return f"{kind.capitalize()} after session {upto + 1}: {said or 'not measured'}."
