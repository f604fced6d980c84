"""Instruction tuning drawn: how the moving average was weighed, how alike instructions are, what rounding does."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from engines.continual.llaca.rounding import Rounded
from workbench.figures import theme
from workbench.figures.kept import kept

Record = Mapping[str, np.ndarray]
BRANCHES = {
    "formula": ("in range: the formula", theme.BLUE), "fixed": ("fixed decay", theme.GREEN),
    "out of range": ("out of range: the constant", theme.VERMILLION),
    "no previous gradient": ("first step: the constant", theme.OCHRE), "no gradient": ("no gradient", theme.PINK),
    "zero denominator": ("nothing moved", theme.GREY),
}  # fmt: skip


@kept
def balance(record: Record, task: int) -> go.Figure:
    """Share of the old weights that the average kept, by layer (mean over its tensors) and step of a task (from 0)."""
    steps, layers, kept = by_layer(record, task)
    name = str(record["sessions"][task])
    said = f"from {kept.min():.3f} to {kept.max():.3f}, median {np.median(kept):.3f}" if kept.size else "no average"
    figure = theme.new(
        f"Share of old weights kept while {name} was learned: {said}.", x="step", height=150 + 34 * max(1, len(layers))
    )
    figure.add_heatmap(
        z=kept, x=steps, y=layers, zmin=0, zmax=1, colorscale=theme.SEQUENTIAL, colorbar={"title": {"text": "kept"}},
        hovertemplate="%{y}, step %{x}: %{z:.4f} of the old kept<extra></extra>",
    )  # fmt: skip
    return figure.update_yaxes(autorange="reversed", showgrid=False, ticks="").update_xaxes(showgrid=False)


def by_layer(record: Record, task: int) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Steps (S,) of a task, layers, and the mean share kept (L, S)."""
    mine = record["steps"][:, 0] == task
    names = [layer_of(str(name)) for name in record["tensors"]]
    layers = list(dict.fromkeys(names))
    rows = [record["keep"][mine][:, [name == layer for name in names]].mean(1) for layer in layers]
    return record["steps"][mine, 1], layers, np.array(rows).reshape(len(layers), int(mine.sum()))


def layer_of(name: str) -> str:
    """The layer of a tensor: "layer 3" of "layers.2.mlp.up_proj.lora_A", else "projector", or all."""
    kind, _, rest = name.partition(".")
    return f"layer {int(rest.partition('.')[0]) + 1}" if kind == "layers" else kind


@kept
def branches(record: Record) -> go.Figure:
    """How often the formula held, and how often a constant stood in, as shares of a task's updates."""
    tasks = [int(task) for task in np.unique(record["steps"][:, 0])]
    names = [str(name) for name in record["branches"]]
    shares = {task: taken(record, task) for task in tasks}
    said = ", ".join(f"{record['sessions'][task]} {share.get('formula', 0):.0%}" for task, share in shares.items())
    figure = theme.new(f"Share of updates by the formula: {said or 'no average yet'}.", x="share of updates",
                       height=150 + 44 * max(1, len(tasks)))  # fmt: skip
    labels = [str(record["sessions"][task]) for task in tasks]
    for name in names:
        values = [shares[task][name] for task in tasks]
        if any(values):
            label, colour = BRANCHES[name]
            figure.add_bar(
                x=values, y=labels, orientation="h", name=label, marker={"color": colour},
                hovertemplate=f"%{{y}}, {label}: %{{x:.1%}}<extra></extra>",
            )  # fmt: skip
    figure.update_layout(barmode="stack")
    return figure.update_xaxes(range=[0, 1], tickformat=".0%").update_yaxes(autorange="reversed", type="category")


def taken(record: Record, task: int) -> dict[str, float]:
    """Share of a task's updates in which each branch was taken."""
    mine = record["branch"][record["steps"][:, 0] == task]
    return {str(name): float((mine == number).mean()) for number, name in enumerate(record["branches"])}


@kept
def likeness(rows: Sequence[Mapping[str, Any]], threshold: float) -> go.Figure:
    """Likeness of each task's instructions to each other's; pairs above the threshold have their number in bold."""
    names = [str(row["task"]) for row in rows]
    values = np.array([[float(row[name]) for name in names] for row in rows])
    alike = [
        f"{a} and {b}" for i, a in enumerate(names) for j, b in enumerate(names) if j < i and values[i, j] > threshold
    ]
    figure = theme.new(
        f"Instructions alike above {threshold:.2f}: {', '.join(alike) or 'none'}.", height=150 + 46 * len(names)
    )
    text = [[f"<b>{value:.2f}</b>" if value > threshold else f"{value:.2f}" for value in row] for row in values]
    scale = [[0.0, "#fdf6ec"], [max(0.01, threshold - 1e-3), "#f2c894"], [threshold, "#9cc7e6"], [1.0, "#6fb1dd"]]
    figure.add_heatmap(
        z=values, x=names, y=names, zmin=0, zmax=1, colorscale=scale, xgap=2, ygap=2, text=text,
        texttemplate="%{text}", textfont={"size": 12, "color": theme.INK["light"]},
        colorbar={"title": {"text": "likeness"}}, hovertemplate="%{y} and %{x}: %{z:.3f}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(side="top", showgrid=False, ticks="", type="category")
    figure.update_yaxes(autorange="reversed", showgrid=False, ticks="", type="category")
    return figure.update_layout(margin_t=90, margin_b=16)


def groups(rows: Sequence[Mapping[str, Any]], threshold: float) -> list[list[str]]:
    """The groups that tasks in this order fall into: each joins the group it is most like on average, if above the
    threshold. By the mean likeness to a group's tasks, which is that of instructions where each task has one."""
    found: list[list[str]] = []
    for row in rows:
        scores = [float(np.mean([row[name] for name in group])) for group in found]
        if scores and max(scores) > threshold:
            found[int(np.argmax(scores))].append(str(row["task"]))
        else:
            found.append([str(row["task"])])
    return found


@kept
def rounding(found: Rounded, decay: float) -> go.Figure:
    """How far an average has followed, kept in float32 and in bfloat16."""
    figure = theme.new(
        f"After {len(found.exact) - 1} steps, decay {decay:g}: float32 {found.exact[-1]:.0%} of the way, bfloat16 "
        f"{found.rounded[-1]:.0%}; {found.still:.0%} of the values never moved.", x="step", y="share of the way",
    )  # fmt: skip
    for name, line, colour, dash in (
        ("float32", found.exact, theme.BLUE, "solid"), ("bfloat16", found.rounded, theme.VERMILLION, "dash"),
    ):  # fmt: skip
        figure.add_scatter(
            x=np.arange(len(line)), y=line, name=name, mode="lines", line={"color": colour, "dash": dash, "width": 2}
        )
    return figure.update_yaxes(range=[-0.03, 1.03], tickformat=".0%")
