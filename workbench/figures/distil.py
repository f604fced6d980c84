"""Distillation: the race of methods, accuracies with intervals, CKA maps, feature maps, and what InfoNCE sees.

Accuracy: the share of pictures called what they are. Whiskers are 95 % intervals over test pictures and seeds.
"""

from collections.abc import Mapping, Sequence
from itertools import cycle, islice
from statistics import mean
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workbench.figures import theme
from workbench.figures.kept import kept

Row = Mapping[str, Any]
Curves = Mapping[str, tuple[Sequence[int], Sequence[float]]]
PAIRS = {
    "teacher_student": "student beside teacher",
    "teacher_assistant": "assistant beside teacher",
    "assistant_student": "student beside assistant",
}
"""Directed pair in words, its learner first."""
STAGES = 4


def races(curves: Curves, pair: str) -> dict[str, dict[str, tuple[list[int], list[float]]]]:
    """Validation curves of a pair, method -> seed -> (steps, accuracies), from all metrics of a run."""
    found: dict[str, dict[str, tuple[list[int], list[float]]]] = {}
    for name, (steps, values) in curves.items():
        kind, _, rest = name.partition("/")
        parts = rest.rsplit("/", 2)
        if kind == "val" and len(parts) == 3 and parts[0] == pair:
            found.setdefault(parts[1], {})[parts[2]] = (list(steps), list(values))
    return found


@kept
def race(curves: Curves, pair: str, teacher: float | None = None) -> go.Figure:
    """Accuracy on validation pictures against the step: one line a method, the mean of its seeds, seeds thin behind.

    Args:
        curves: metrics of a run, `val/PAIR/METHOD/SEED` among them.
        teacher: its accuracy on the test pictures, a dotted line.
    """
    methods = races(curves, pair)
    ends = {name: mean(values[-1] for _, values in seeds.values()) for name, seeds in methods.items()}
    said = ", ".join(f"{name} {end:.1%}" for name, end in ends.items())
    figure = theme.new(f"Validation accuracy of {pair} by method. Last: {said or 'none yet'}.", x="step", y="accuracy")
    for number, (name, seeds) in enumerate(methods.items()):
        _line(figure, name, seeds, number)
    if teacher is not None:
        figure.add_hline(y=teacher, line={"color": theme.GREY, "dash": "dot", "width": 1})
        figure.add_annotation(x=0, xref="paper", xanchor="left", y=teacher, yshift=9, text="teacher, on test pictures")
    return figure.update_yaxes(tickformat=".0%", rangemode="tozero").update_layout(height=420, showlegend=True)


@kept
def accuracy(rows: Sequence[Row], pair: str) -> go.Figure:
    """Accuracy on test pictures by method: filled at the best epoch by validation, open at the last.

    Args:
        rows: `{pair, method, epoch, accuracy, low, high, seeds}`.
    """
    mine = [row for row in rows if row["pair"] == pair]
    methods = list(dict.fromkeys(str(row["method"]) for row in mine))
    best = [row for row in mine if row["epoch"] == "best"] or mine
    said = "; ".join(f"{row['method']} {row['accuracy']:.1%} ({row['low']:.1%} to {row['high']:.1%})" for row in best)
    figure = theme.new(f"Test accuracy of {pair}: {said or 'none yet'}.", x="accuracy", height=110 + 36 * len(methods))
    for epoch, offset, symbol, colour in (("best", 0.13, "circle", theme.BLUE), ("last", -0.13, "circle-open",
                                                                                  theme.VERMILLION)):  # fmt: skip
        part = [row for row in mine if row["epoch"] == epoch]
        _dots(figure, part, [-methods.index(str(row["method"])) + offset for row in part], f"{epoch} epoch", symbol,
              colour)  # fmt: skip
    figure.update_yaxes(tickvals=[-n for n in range(len(methods))], ticktext=methods, zeroline=False)
    return figure.update_xaxes(tickformat=".0%").update_layout(showlegend=True)


@kept
def paired(rows: Sequence[Row], pair: str, epoch: str = "best") -> go.Figure:
    """TAS less each other method on the same test pictures and seeds; an interval off zero is a difference.

    Args:
        rows: `{pair, first, second, epoch, difference, low, high, seeds}`.
    """
    mine = [row for row in rows if row["pair"] == pair and row["epoch"] == epoch]
    labels = [f"{row['first']} − {row['second']}" for row in mine]
    said = "; ".join(f"{a} {r['difference']:+.1%} ({r['low']:+.1%} to {r['high']:+.1%})"
                     for a, r in zip(labels, mine, strict=True))  # fmt: skip
    figure = theme.new(f"Differences of accuracy: {said or 'none yet'}.", x="difference of accuracy",
                       height=100 + 34 * max(1, len(mine)))  # fmt: skip
    for label, row in zip(labels, mine, strict=True):
        decided = row["low"] > 0 or row["high"] < 0
        colour = theme.BLUE if decided else theme.GREY
        figure.add_scatter(x=[row["low"], row["high"]], y=[label] * 2, mode="lines", line={"color": colour, "width": 2},
                           hoverinfo="skip")  # fmt: skip
        marker = {"color": colour, "size": 10, "symbol": "diamond" if decided else "circle-open"}
        figure.add_scatter(x=[row["difference"]], y=[label], mode="markers", marker=marker,
                           hovertemplate="%{y}: %{x:.1%}<extra></extra>")  # fmt: skip
    figure.add_vline(x=0, line={"color": theme.GREY, "width": 1, "dash": "dot"})
    ends = [0.0, *(row[end] for row in mine for end in ("low", "high"))]
    room = 0.04 * (max(ends) - min(ends)) or 0.01
    figure.update_xaxes(tickformat="+.0%", range=[min(ends) - room, max(ends) + room])
    return figure.update_yaxes(autorange="reversed").update_layout(showlegend=False, margin_t=12)


@kept
def gains(rows: Sequence[Row]) -> go.Figure:
    """TAS less each other method in all pairs: methods down, pairs across; bold where the interval is off zero."""
    mine = [row for row in rows if row["epoch"] == "best"]
    pairs, methods = (list(dict.fromkeys(str(row[key]) for row in mine)) for key in ("pair", "second"))
    cells = {(row["pair"], row["second"]): row for row in mine}
    grid = [[cells.get((pair, method)) for pair in pairs] for method in methods]
    off = sum(row["low"] > 0 for row in mine), sum(row["high"] < 0 for row in mine)
    said = f"TAS is above in {off[0]} and below in {off[1]} of {len(mine)} comparisons, undecided in the rest."
    figure = theme.new(said, height=110 + 36 * max(1, len(methods)))
    top = max([abs(row["difference"]) for row in mine] + [0.01])
    figure.add_heatmap(
        z=[[row and row["difference"] for row in line] for line in grid], y=methods,
        x=[pair.replace(">", "<br>> ") for pair in pairs], zmid=0, zmin=-top, zmax=top, colorscale=DIVERGING,
        xgap=2, ygap=2, textfont={"size": 12, "color": theme.INK["light"]}, showscale=False,
        text=[[_cell(row) for row in line] for line in grid], texttemplate="%{text}", hoverinfo="skip",
    )  # fmt: skip
    figure.update_xaxes(side="top", showgrid=False, ticks="", tickangle=0)
    return figure.update_yaxes(autorange="reversed", showgrid=False, ticks="").update_layout(margin_t=56)


DIVERGING = [[0.0, "#e08a2e"], [0.25, "#f2c088"], [0.5, "#f7f7f7"], [0.75, "#a9cbe8"], [1.0, "#5b9bd5"]]
"""Orange below, blue above; all light enough for dark words."""


@kept
def cka(before: np.ndarray, after: np.ndarray, names: Sequence[str]) -> go.Figure:
    """CKA between all layers of teacher, assistant and student, before and after; 1 is the same, 0 unrelated.

    Args:
        before, after: (L, L). names: of the L layers.
    """
    labels = [_short(name) for name in names]
    last = names.index("student 4") if "student 4" in names else len(names) - 1
    first = names.index("teacher 4") if "teacher 4" in names else 0
    said = f"Teacher's and student's last stage: {before[first, last]:.2f} before, {after[first, last]:.2f} after."
    figure = theme.new(f"CKA between layers. {said}", height=430)
    frame = make_subplots(1, 2, shared_yaxes=True, subplot_titles=["before", "after"], horizontal_spacing=0.03)
    figure = theme.titled(go.Figure(frame).update_layout(figure.layout))
    for place, values in enumerate((before, after), start=1):
        figure.add_heatmap(z=values, x=labels, y=labels, coloraxis="coloraxis", row=1, col=place,
                           hovertemplate="%{y} and %{x}: %{z:.2f}<extra></extra>")  # fmt: skip
    figure.update_xaxes(showgrid=False, ticks="", title_text="T teacher, A assistant, S student, each by stage", col=1)
    figure.update_xaxes(showgrid=False, ticks="").update_yaxes(showgrid=False, ticks="", autorange="reversed")
    scale = {"colorscale": theme.SEQUENTIAL, "cmin": 0, "cmax": 1, "colorbar": {"title": {"text": "CKA"},
                                                                                "thickness": 12}}  # fmt: skip
    return figure.update_layout(coloraxis=scale, margin_t=44)


@kept
def maps(kept: Mapping[str, np.ndarray], picture: int, kind: str = "mean") -> go.Figure:
    """One picture's feature maps: rows teacher, assistant, student, columns stages 1 to 4.

    Args:
        kept: "mean teacher 1" (n, H, W) or "colour teacher 1" (n, H, W, 3), uint8, and so on; "front": whose first
            three stages are the assistant's.
        kind: "mean" over channels, or "colour": three principal components.
    """
    words = "mean over channels" if kind == "mean" else "three principal components as colours"
    figure = theme.new(f"Feature maps of picture {picture}, {words}: teacher, assistant and student by stage.",
                       height=540)  # fmt: skip
    rows = ("teacher", "assistant", "student")
    frame = make_subplots(3, STAGES, column_titles=[f"stage {n + 1}" for n in range(STAGES)], row_titles=list(rows),
                          horizontal_spacing=0.02, vertical_spacing=0.03)  # fmt: skip
    figure = theme.titled(go.Figure(frame).update_layout(figure.layout))
    for row, name in enumerate(rows, start=1):
        for stage in range(1, STAGES + 1):
            _map(figure, kept[_whose(kept, kind, name, stage)][picture], row, stage)
    figure.update_xaxes(visible=False).update_yaxes(visible=False, autorange="reversed")
    return figure.update_layout(margin={"l": 8, "r": 40, "t": 40, "b": 8})


@kept
def shuffle(share: np.ndarray, infonce: np.ndarray, mse: np.ndarray) -> go.Figure:
    """Both losses against the share of places that were shuffled, each divided by its value before."""
    said = f"With all places shuffled InfoNCE is {_times(infonce)} and mean squared error {_times(mse)} of before."
    figure = theme.new(said, x="share of places shuffled", y="loss / its value unshuffled", height=360)
    for number, (name, values) in enumerate((("InfoNCE on pooled features", infonce), ("MSE of maps", mse))):
        figure.add_scatter(
            x=share, y=values / max(float(values[0]), 1e-12), name=name, mode="lines+markers", customdata=values,
            line={"color": theme.CATEGORICAL[number], "dash": theme.DASHES[number], "width": 2.2},
            marker={"symbol": theme.SYMBOLS[number], "size": 8},
            hovertemplate="%{customdata:.4g} at %{x:.0%} shuffled<extra>" + name + "</extra>",
        )  # fmt: skip
    return figure.update_xaxes(tickformat=".0%").update_yaxes(rangemode="tozero")


@kept
def matrix(learner: np.ndarray, guide: np.ndarray, tau: float, words: str = "student beside teacher") -> go.Figure:
    """What InfoNCE sees of a batch: softmax over each row of the cosines divided by τ; the diagonal should be 1.

    Args:
        learner, guide: (B, D), unit length, of the same pictures.
    """
    soft = probabilities(learner, guide, tau)
    loss, right = float(-np.log(np.diag(soft) + 1e-30).mean()), float((soft.argmax(1) == np.arange(len(soft))).mean())
    said = f"InfoNCE {loss:.3f} nats at τ = {tau:g}, {words}; {right:.0%} of rows are largest on the diagonal."
    figure = theme.new(said, x="guide's picture", y="learner's picture", height=460)
    figure.add_heatmap(z=soft, zmin=0, zmax=1, colorscale=theme.SEQUENTIAL, colorbar={"title": {"text": "share"}},
                       hovertemplate="row %{y}, column %{x}: %{z:.3f}<extra></extra>")  # fmt: skip
    return figure.update_yaxes(autorange="reversed", showgrid=False).update_xaxes(showgrid=False)


def probabilities(learner: np.ndarray, guide: np.ndarray, tau: float) -> np.ndarray:
    """Softmax over rows of cosines / τ, (B, B)."""
    logits = learner @ guide.T / tau
    shares = np.exp(logits - logits.max(1, keepdims=True))
    return shares / shares.sum(1, keepdims=True)


@kept
def ofa_weight(gamma: float) -> go.Figure:
    """Weight of the target's -log q in the OFA loss against the guide's confidence in it, beside γ = 1, which is KD."""
    p = np.linspace(0, 1, 51)
    said = f"With γ = {gamma:g} a guide that is sure weighs {2**gamma - 1:.2f} times what it does in KD."
    figure = theme.new(said, x="guide's probability of the target, p", y="weight (1 + p)^γ − 1", height=320)
    for number, exponent in enumerate(dict.fromkeys((1.0, gamma))):
        figure.add_scatter(x=p, y=(1 + p) ** exponent - 1, mode="lines", name=f"γ = {exponent:g}",
                           line={"color": theme.CATEGORICAL[number], "dash": theme.DASHES[number]})  # fmt: skip
    return figure.update_layout(showlegend=True)


def _line(figure: go.Figure, name: str, seeds: Mapping[str, tuple[list[int], list[float]]], number: int) -> None:
    colour = next(islice(cycle(theme.CATEGORICAL), number, None))
    round_ = number // len(theme.CATEGORICAL)
    dash, symbol = (each[(number + round_) % len(each)] for each in (theme.DASHES, theme.SYMBOLS))
    if len(seeds) > 1:
        for steps, values in seeds.values():
            figure.add_scatter(x=steps, y=values, mode="lines", line={"color": theme.translucent(colour, 0.3),
                               "width": 1}, legendgroup=name, showlegend=False, hoverinfo="skip")  # fmt: skip
    reached = min(len(steps) for steps, _ in seeds.values())
    steps = next(iter(seeds.values()))[0][:reached]
    values = [mean(values[place] for _, values in seeds.values()) for place in range(reached)]
    figure.add_scatter(
        x=steps, y=values, name=name, legendgroup=name, mode="lines+markers",
        line={"color": colour, "dash": dash, "width": 2.2}, marker={"symbol": symbol, "size": 7},
        hovertemplate=name + ", step %{x}: %{y:.1%}<extra></extra>",
    )  # fmt: skip


def _dots(figure: go.Figure, rows: Sequence[Row], y: Sequence[float], name: str, symbol: str, colour: str) -> None:
    x = [row["accuracy"] for row in rows]
    bars = {"type": "data", "symmetric": False, "array": [row["high"] - row["accuracy"] for row in rows],
            "arrayminus": [row["accuracy"] - row["low"] for row in rows], "thickness": 1.5}  # fmt: skip
    seeds = [f"{row['method']}, {row['seeds']} seed{'s' * (row['seeds'] > 1)}" for row in rows]
    figure.add_scatter(x=x, y=y, mode="markers", name=name, error_x=bars, customdata=seeds,
                       marker={"color": colour, "symbol": symbol, "size": 10},
                       hovertemplate="%{customdata}: %{x:.1%}<extra>" + name + "</extra>")  # fmt: skip


def _whose(kept: Mapping[str, np.ndarray], kind: str, name: str, stage: int) -> str:
    if name != "assistant":
        return f"{kind} {name} {stage}"
    return f"{kind} assistant" if stage == STAGES else f"{kind} {kept['front']} {stage}"


def _map(figure: go.Figure, values: np.ndarray, row: int, col: int) -> None:
    if values.ndim == 3:
        figure.add_image(z=values, row=row, col=col, hoverinfo="skip")
    else:
        figure.add_heatmap(z=values, colorscale=theme.SEQUENTIAL, showscale=False, row=row, col=col, hoverinfo="skip")


def _cell(row: Row | None) -> str:
    if row is None:
        return ""
    decided = row["low"] > 0 or row["high"] < 0
    return f"{'<b>' if decided else ''}{row['difference']:+.1%}{'</b>' if decided else ''}"


def _short(name: str) -> str:
    return name.replace("teacher ", "T").replace("student ", "S").replace("assistant", "A")


def _times(values: np.ndarray) -> str:
    return f"{float(values[-1] / max(float(values[0]), 1e-12)):.2f} times"
