"""Augmentation drawn: pictures side by side, methods with their intervals, fidelity against diversity, groups, cost.

Intervals are 95 %, by a bootstrap over test pictures and trainings together. Accuracies are shares of 1.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workbench.figures import theme
from workbench.figures.kept import kept

Row = Mapping[str, Any]
KINDS = {
    "none": ("vanilla", "randaugment"),
    "mixes two pictures": ("mixup", "cutmix", "saliencymix", "guidedmixup"),
    "generates whole pictures": ("real-guidance", "da-fusion", "diff-mix"),
    "De-DA and its ladder": ("de-da", "synthetic", "pairing", "inter-class"),
}
"""What a method is -> its names; "none" changes one picture, or nothing."""
COLOURS = dict(zip(KINDS, (theme.GREY, theme.BLUE, theme.GREEN, theme.VERMILLION), strict=True))
LADDER = {
    "vanilla": "vanilla", "synthetic": "+ edited objects", "pairing": "+ pairing in the class",
    "inter-class": "+ places of other classes", "de-da": "+ object mixing",
}  # fmt: skip
"""Rung -> what it adds to the one before."""
TILE_PX, MAP_OPACITY = 190, 0.5


def grid(pictures: Mapping[str, np.ndarray], columns: int = 5) -> go.Figure:
    """Pictures (S, S, 3) uint8 side by side, each under its name."""
    names = list(pictures)
    rows = -(-len(names) // columns)
    figure = make_subplots(rows, columns, subplot_titles=names, horizontal_spacing=0.012, vertical_spacing=0.14 / rows)
    for number, name in enumerate(names):
        figure.add_image(z=pictures[name], row=number // columns + 1, col=number % columns + 1, hoverinfo="skip")
    return _pictures(figure, f"Pictures side by side: {', '.join(names)}.", rows)


def strengths(found: Mapping[str, np.ndarray]) -> go.Figure:
    """Whole pictures above, isolated objects below, by strength; `explore.edited` says what is in it."""
    values = [float(s) for s in found["strengths"]]
    titles = [f"s = {value:g}" for value in values] + [""] * len(values)
    figure = make_subplots(2, len(values), subplot_titles=titles, horizontal_spacing=0.012, vertical_spacing=0.03)
    for row, name in enumerate(("whole", "isolated"), start=1):
        for column, picture in enumerate(found[name], start=1):
            figure.add_image(z=picture, row=row, col=column, hoverinfo="skip")
        figure.update_yaxes(title_text=name, row=row, col=1)
    return _pictures(figure, "Edits by strength: whole pictures above, isolated objects below.", 2)


def changes(found: Mapping[str, np.ndarray]) -> go.Figure:
    """Mean change of pixels, within the object and around it, against the strength of the edit."""
    ends = {f"{n} {w}": float(found[f"{n}_{w}"][-1]) for n in ("whole", "isolated") for w in ("object", "around")}
    said = "Change at the largest strength: " + ", ".join(f"{name} {value:.1f}" for name, value in ends.items()) + "."
    figure = theme.new(said, x="strength", y="mean change (levels of 255)", height=320)
    for name, colour in (("whole", theme.GREEN), ("isolated", theme.VERMILLION)):
        for where, dash in (("object", "solid"), ("around", "dot")):
            figure.add_scatter(x=found["strengths"], y=found[f"{name}_{where}"], mode="lines+markers",
                               name=f"{name}, {where}", line={"color": colour, "dash": dash},
                               hovertemplate="s = %{x:g}: %{y:.1f}")  # fmt: skip
    return figure


@kept
def compared(rows: Sequence[Row], measure: str = "gain") -> go.Figure:
    """Each method less vanilla on the same pictures and trainings, with its interval; the line is vanilla.

    Args:
        rows: of one setting and epoch. measure: gain (of accuracy) or worst_gain (of the worst group's).
    """
    rows = [row for row in rows if row["method"] != "vanilla"]
    said = ", ".join(f"{r['method']} {r[measure]:+.3f} [{r[f'{measure}_low']:.3f}, {r[f'{measure}_high']:.3f}]"
                     for r in rows)  # fmt: skip
    what = "accuracy" if measure == "gain" else "worst group's accuracy"
    figure = theme.new(f"{what} less vanilla: {said}.", x=f"{what} less vanilla's", height=110 + 30 * len(rows))
    for kind in KINDS:
        mine = [row for row in rows if kind_of(str(row["method"])) == kind]
        if mine:
            figure.add_scatter(
                x=[row[measure] for row in mine], y=[row["method"] for row in mine], mode="markers",
                name=words(kind), error_x=_bars(mine, measure), hovertemplate="%{y}: %{x:+.3f}",
                marker={"color": COLOURS[kind], "size": 11, "symbol": theme.SYMBOLS[list(KINDS).index(kind)]},
            )  # fmt: skip
    figure.add_vline(x=0, line={"color": theme.GREY, "dash": "dash", "width": 1.5})
    return figure.update_yaxes(categoryorder="array", categoryarray=[row["method"] for row in rows][::-1])


@kept
def tradeoff(rows: Sequence[Row]) -> go.Figure:
    """Fidelity against diversity, a point a method, its area by accuracy.

    Args:
        rows: `{method, fidelity, diversity, psnr_db, accuracy}` of one setting.
    """
    said = ", ".join(f"{r['method']} ({r['fidelity']:.2f}, {r['diversity']:.2f})" for r in rows)
    figure = theme.new(f"Fidelity and diversity: {said}.", x="fidelity (judge's probability of the label)",
                       y="diversity (Vendi score)", height=440)  # fmt: skip
    best = max((float(row["accuracy"]) for row in rows), default=1.0)
    least = min((float(row["accuracy"]) for row in rows), default=0.0)
    for kind in KINDS:
        mine = [row for row in rows if kind_of(str(row["method"])) == kind]
        if mine:
            sizes = [10 + 20 * (row["accuracy"] - least) / max(1e-9, best - least) for row in mine]
            figure.add_scatter(
                x=[row["fidelity"] for row in mine], y=[row["diversity"] for row in mine], mode="markers+text",
                text=[row["method"] for row in mine], textposition="top center", name=words(kind),
                customdata=[[row["psnr_db"], row["accuracy"]] for row in mine], cliponaxis=False,
                marker={"color": COLOURS[kind], "size": sizes, "opacity": 0.85, "line": {"width": 0},
                        "symbol": theme.SYMBOLS[list(KINDS).index(kind)]},
                hovertemplate="%{text}: fidelity %{x:.3f}, diversity %{y:.2f}, PSNR %{customdata[0]:.1f} dB, accuracy "
                "%{customdata[1]:.3f}<extra></extra>",
            )  # fmt: skip
    figure.update_layout(legend={"itemsizing": "constant"})
    return figure


@kept
def ladder(rows: Sequence[Row], measure: str = "accuracy") -> go.Figure:
    """De-DA's parts one after another, with intervals.

    Args:
        rows: of one setting and epoch. measure: accuracy or worst.
    """
    found = {str(row["method"]): row for row in rows}
    mine = [found[name] for name in LADDER if name in found]
    said = ", ".join(f"{LADDER[row['method']]} {row[measure]:.3f}" for row in mine)
    label = "accuracy" if measure == "accuracy" else "accuracy of the worst group"
    figure = theme.new(f"Ladder: {said}.", y=label, height=380)
    figure.add_bar(
        x=[LADDER[row["method"]] for row in mine], y=[row[measure] for row in mine], error_y=_bars(mine, measure),
        marker={"color": [theme.GREY] + [theme.VERMILLION] * (len(mine) - 1)}, hovertemplate="%{x}: %{y:.3f}",
        width=0.6, showlegend=False,
    )  # fmt: skip
    return figure.update_yaxes(rangemode="tozero")


@kept
def groups(rows: Sequence[Row], chosen: Sequence[str] = ("vanilla", "cutmix", "de-da")) -> go.Figure:
    """Accuracy by group for some methods, with intervals.

    Args:
        rows: `{method, group, accuracy, accuracy_low, accuracy_high}` of one setting and epoch.
    """
    names = [name for name in chosen if any(row["method"] == name for row in rows)]
    places = sorted({str(row["group"]) for row in rows}, key=lambda group: (group.endswith("away"), group))
    worst = {name: min((row["accuracy"], str(row["group"])) for row in rows if row["method"] == name) for name in names}
    said = "; ".join(f"{name}: worst group {group}, {value:.3f}" for name, (value, group) in worst.items())
    figure = theme.new(f"Accuracy by group. {said}.", y="accuracy", height=400)
    for number, name in enumerate(names):
        mine = {str(row["group"]): row for row in rows if row["method"] == name}
        ordered = [mine[group] for group in places if group in mine]
        colour = COLOURS[kind_of(name)]
        figure.add_scatter(
            x=[places.index(str(row["group"])) + 0.18 * (number - (len(names) - 1) / 2) for row in ordered],
            y=[row["accuracy"] for row in ordered], mode="markers", name=name, error_y=_bars(ordered, "accuracy"),
            marker={"color": colour, "size": 10, "symbol": theme.SYMBOLS[number]},
            customdata=[row["group"] for row in ordered], hovertemplate="%{customdata}: %{y:.3f}",
        )  # fmt: skip
    figure.update_xaxes(tickvals=list(range(len(places))), ticktext=[place.replace(", ", "<br>") for place in places])
    return figure.update_yaxes(range=[0, 1.03])


@kept
def cams(kept: Mapping[str, np.ndarray], classes: str = "person") -> go.Figure:
    """What classifiers look at: pictures, and the evidence for the right class laid over them, a row a method."""
    methods = [name.removeprefix("map-") for name in kept if name.startswith("map-")]
    pictures, count = kept["pictures"], len(kept["pictures"])
    titles = [str(group).replace(", ", "<br>") for group in kept["groups"]] + [""] * count * len(methods)
    figure = make_subplots(1 + len(methods), count, subplot_titles=titles, horizontal_spacing=0.008,
                           vertical_spacing=0.06)  # fmt: skip
    for column in range(count):
        figure.add_image(z=pictures[column], row=1, col=column + 1, hoverinfo="skip")
        for row, name in enumerate(methods, start=2):
            right = bool(kept[f"guess-{name}"][column] == kept["labels"][column])
            z = overlaid(pictures[column], kept[f"map-{name}"][column])
            figure.add_image(z=z, row=row, col=column + 1, name=name,
                             hovertemplate=f"{name}: {'right' if right else 'wrong'}<extra></extra>")  # fmt: skip
            figure.update_xaxes(title_text="right" if right else "wrong", title_standoff=2, row=row, col=column + 1)
    told = {name: int((kept[f"guess-{name}"] == kept["labels"]).sum()) for name in methods}
    said = ", ".join(f"{name} right on {value} of {count}" for name, value in told.items())
    _pictures(figure, f"Class activation maps: {said}.", 1 + len(methods), 150)
    for row, name in enumerate(("picture", *methods), start=1):
        figure.update_yaxes(title_text=name, row=row, col=1)
    return figure.update_layout(margin_t=64, margin_b=30)


def overlaid(picture: np.ndarray, evidence: np.ndarray) -> np.ndarray:
    """Evidence (h, w) over a picture (S, S, 3): bright where it speaks for the class, dark where it does not."""
    from PIL import Image

    span = np.abs(evidence).max() or 1.0
    small = Image.fromarray((np.clip(evidence / span, 0, 1) * 255).astype(np.uint8))
    heat = np.asarray(small.resize(picture.shape[1::-1], Image.Resampling.BICUBIC)).astype(np.float32)[..., None] / 255
    grey = picture.mean(-1, keepdims=True)
    warm = np.array([255, 176, 0], np.float32)
    return (
        (grey * (1 - MAP_OPACITY * heat) * (0.55 + 0.45 * heat) + warm * MAP_OPACITY * heat)
        .clip(0, 255)
        .astype(np.uint8)
    )


@kept
def cost(rows: Sequence[Row]) -> go.Figure:
    """Seconds spent before training, and milliseconds a sample takes while it trains, by method.

    Args:
        rows: `{method, offline_s, online_ms, passes}` of one setting.
    """
    names = [str(row["method"]) for row in rows]
    said = "; ".join(f"{r['method']}: {r['offline_s']:.0f} s before, {r['online_ms']:.2f} ms a sample" for r in rows)
    figure = make_subplots(1, 2, shared_yaxes=True, subplot_titles=("before training", "while training, one core"),
                           horizontal_spacing=0.04)  # fmt: skip
    figure.update_layout(theme.new(f"Cost: {said}.", height=120 + 26 * len(rows)).layout)
    for column, (key, unit) in enumerate((("offline_s", "s"), ("online_ms", "ms a sample")), start=1):
        figure.add_bar(
            y=names, x=[row[key] for row in rows], orientation="h", row=1, col=column, showlegend=False,
            marker={"color": [COLOURS[kind_of(name)] for name in names]}, hovertemplate="%{y}: %{x:.2f} " + unit,
        )  # fmt: skip
        figure.update_xaxes(title_text=unit, row=1, col=column)
    return theme.titled(figure.update_yaxes(categoryorder="array", categoryarray=names[::-1]))


@kept
def counter(row: Row) -> go.Figure:
    """How many pairs of object and place there are, beside the network passes that made the objects.

    Args:
        row: `{objects, variants, places, pairs, passes}`.
    """
    shown = {"real objects": row["objects"], "edited objects": row["variants"], "places": row["places"],
             "passes of the network": row["passes"], "different pairs": row["pairs"]}  # fmt: skip
    said = ", ".join(f"{name} {int(value):,}" for name, value in shown.items())
    figure = theme.new(f"Counts: {said}.", x="count (logarithmic)", height=300)
    figure.add_bar(
        y=list(shown), x=[max(1, int(value)) for value in shown.values()], orientation="h",
        text=[f"{int(value):,}" for value in shown.values()], textposition="auto", hoverinfo="skip", showlegend=False,
        marker={"color": [theme.GREY, theme.GREY, theme.GREY, theme.GREEN, theme.VERMILLION]},
    )  # fmt: skip
    return figure.update_xaxes(type="log").update_yaxes(categoryorder="array", categoryarray=list(shown)[::-1])


def kind_of(method: str) -> str:
    """What a method is, of `KINDS`; of one that joins several, the last part that is not the first kind."""
    parts = [kind for part in method.split("+") for kind, names in KINDS.items() if part in names]
    return next((kind for kind in reversed(parts) if kind != "none"), "none")


def words(kind: str) -> str:
    """A kind as the legend has it."""
    return "one picture" if kind == "none" else kind


def _bars(rows: Sequence[Row], name: str) -> dict[str, Any]:
    above = [row[f"{name}_high"] - row[name] for row in rows]
    below = [row[name] - row[f"{name}_low"] for row in rows]
    return {"type": "data", "symmetric": False, "array": above, "arrayminus": below, "thickness": 1.5}


def _pictures(figure: go.Figure, said: str, rows: int, tile: int = TILE_PX) -> go.Figure:
    base = theme.new(said, height=50 + tile * rows).layout
    theme.titled(figure.update_layout(base))
    figure.update_xaxes(showticklabels=False, ticks="", showgrid=False, visible=True, showline=False, zeroline=False)
    figure.update_yaxes(showticklabels=False, ticks="", showgrid=False, showline=False, zeroline=False)
    return figure.update_layout(margin={"l": 40, "r": 8, "t": 34, "b": 10})
