"""Identities: anchors before and after repulsion, how a face is drawn, what guidance costs, and who was leaked.

Cosines are of unit embeddings: 1 is the same direction, 0 a right angle.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from workbench.figures import theme
from workbench.figures.kept import kept

Row = Mapping[str, Any]
BINS = 40
NAMES = {"id3": "ID³", "unguided": "unguided", "dcface": "time-interpolated", "idiff": "context only",
         "render": "rendered"}  # fmt: skip
"""Method -> its words."""


@kept
def sphere(start: np.ndarray, points: np.ndarray) -> go.Figure:
    """Anchors (P, 3) on a map of the sphere on which equal areas are equal: longitude by the sine of latitude."""
    words = f"{len(start)} anchors on a sphere, scattered at random and then spread evenly by repulsion."
    figure = theme.new(words, x="longitude / degrees", y="sine of latitude", height=380)
    for name, where, colour, symbol in (
        ("at random", start, theme.GREY, "x"), ("pushed apart", points, theme.BLUE, "circle"),
    ):  # fmt: skip
        longitude = np.degrees(np.arctan2(where[:, 1], where[:, 0]))
        figure.add_scatter(
            x=longitude, y=where[:, 2], mode="markers", name=name,
            marker={"color": colour, "symbol": symbol, "size": 8},
            hovertemplate=f"{name}<br>%{{x:.0f}}°, %{{y:.2f}}<extra></extra>",
        )  # fmt: skip
    return figure.update_xaxes(range=[-183, 183], dtick=60, zeroline=False).update_yaxes(
        range=[-1.05, 1.05], zeroline=False
    )


@kept
def nearest(before: np.ndarray, after: np.ndarray) -> go.Figure:
    """Cosine of each anchor to its nearest neighbour, (N,) before and after."""
    words = f"Largest cosine of two anchors: {before.max():.3f} at random, {after.max():.3f} pushed apart."
    figure = theme.new(words, x="cosine to the nearest anchor", y="share of anchors", height=320)
    low, high = float(min(before.min(), after.min())), float(max(before.max(), after.max()))
    _shares(figure, {"at random": (before, theme.GREY), "pushed apart": (after, theme.BLUE)}, low, high)
    return figure


@kept
def rounds(largest: np.ndarray) -> go.Figure:
    """The largest cosine of two anchors, before each round of repulsion and after the last, (R + 1,)."""
    words = f"Largest cosine of two anchors: {largest[0]:.3f} at first, {largest.min():.3f} at best."
    figure = theme.new(words, x="round of repulsion", y="largest cosine of two anchors", height=320)
    line = {"color": theme.BLUE, "width": 2}
    return figure.add_scatter(
        x=np.arange(len(largest)), y=largest, mode="lines", line=line, showlegend=False,
        hovertemplate="round %{x}: %{y:.3f}<extra></extra>",
    )  # fmt: skip


@kept
def steps(on: Row, off: Row) -> go.Figure:
    """Cosine of the clean estimate to the identity asked for at each step, with guidance and without.

    Args:
        on, off: `{t, cosine}` of S steps each.
    """
    words = f"Cosine to the identity at the last step: {on['cosine'][-1]:.2f} guided, {off['cosine'][-1]:.2f} not."
    figure = theme.new(words, x="step", y="cosine of the clean estimate", height=340)
    for name, said, colour, dash in (
        ("guided", on, theme.BLUE, "solid"),
        ("not guided", off, theme.VERMILLION, "dash"),
    ):
        figure.add_scatter(
            x=np.arange(1, len(said["cosine"]) + 1), y=said["cosine"], mode="lines+markers", name=name,
            line={"color": colour, "width": 2, "dash": dash}, customdata=said["t"],
            hovertemplate=f"{name}, step %{{x}} (t = %{{customdata}}): %{{y:.3f}}<extra></extra>",
        )  # fmt: skip
    return figure.update_yaxes(zeroline=True)


@kept
def cosines(rows: Sequence[Row]) -> go.Figure:
    """Mean cosine to the identity asked for, a mark a method and seed, with intervals over identities.

    Args:
        rows: `{method, seed, cosine, cosine_low, cosine_high}`; methods that are asked for none are left out.
    """
    rows = [row for row in rows if "cosine" in row]
    means = {name: np.mean([row["cosine"] for row in rows if row["method"] == name]) for name in _methods(rows)}
    said = ", ".join(f"{NAMES.get(name, name)} {value:.2f}" for name, value in means.items())
    figure = theme.new(f"Mean cosine to the identity asked for: {said}.", x="mean cosine to the identity asked for",
                       height=130 + 50 * len(means))  # fmt: skip
    for number, name in enumerate(means):
        mine = [row for row in rows if row["method"] == name]
        heights = [-number + 0.12 * (place - (len(mine) - 1) / 2) for place in range(len(mine))]
        values = [row["cosine"] for row in mine]
        bars = {
            "type": "data", "symmetric": False, "thickness": 1.5,
            "array": [row["cosine_high"] - row["cosine"] for row in mine],
            "arrayminus": [row["cosine"] - row["cosine_low"] for row in mine],
        }  # fmt: skip
        figure.add_scatter(
            x=values, y=heights, mode="markers", error_x=bars, showlegend=False,
            customdata=[row["seed"] for row in mine],
            marker={"color": _colour(name), "symbol": _symbol(name), "size": 9},
            hovertemplate=f"{NAMES.get(name, name)}, seed %{{customdata}}: %{{x:.3f}}<extra></extra>",
        )  # fmt: skip
    ticks = {"tickvals": [-n for n in range(len(means))], "ticktext": [NAMES.get(name, name) for name in means]}
    return figure.update_yaxes(**ticks, zeroline=False)


@kept
def trade(rows: Sequence[Row]) -> go.Figure:
    """What guidance buys and costs: cosine to the identity against recall of real pictures, a mark a scale.

    Args:
        rows: `{scale, cosine, recall}` in rising order of scale.
    """
    first, last = rows[0], rows[-1]
    words = (f"From no guidance to scale {last['scale']:g}: cosine {first['cosine']:.2f} to {last['cosine']:.2f}, "
             f"recall {first['recall']:.2f} to {last['recall']:.2f}.")  # fmt: skip
    figure = theme.new(words, x="mean cosine to the identity asked for", y="recall of real pictures", height=360)
    figure.add_scatter(
        x=[row["cosine"] for row in rows], y=[row["recall"] for row in rows], mode="lines+markers+text",
        text=[f"{row['scale']:g}" for row in rows], textposition="top center", showlegend=False,
        line={"color": theme.GREY, "width": 1.5, "dash": "dot"}, marker={"color": theme.BLUE, "size": 10},
        hovertemplate="scale %{text}: cosine %{x:.3f}, recall %{y:.3f}<extra></extra>",
    )  # fmt: skip
    return figure.update_yaxes(rangemode="tozero")


@kept
def requested(wanted: np.ndarray, read: np.ndarray, which: int) -> go.Figure:
    """What was asked for against what was read of the picture: yaw (`which` = 0) or age (3), of (N, 4) each."""
    label = {0: "yaw / degrees", 3: "age / years"}[which]
    error = float(np.abs(wanted[:, which] - read[:, which]).mean())
    figure = theme.new(f"{label}: mean error {error:.1f}.", x=f"asked for: {label}", y=f"read: {label}", height=360)
    both = np.concatenate([wanted[:, which], read[:, which]])
    ends = [float(both.min()), float(both.max())]
    figure.add_scatter(
        x=wanted[:, which], y=read[:, which], mode="markers", name="a picture",
        marker={"color": theme.BLUE, "size": 7, "opacity": 0.7}, hovertemplate="%{x:.0f} → %{y:.0f}<extra></extra>",
    )  # fmt: skip
    line = {"color": theme.GREY, "dash": "dot"}
    figure.add_scatter(x=ends, y=ends, mode="lines", line=line, name="as asked for", hoverinfo="skip")
    return figure.update_xaxes(zeroline=False).update_yaxes(zeroline=False)


@kept
def separability(genuine: np.ndarray, impostor: np.ndarray) -> go.Figure:
    """Cosines of pairs of one identity and of two, as shares of each."""
    words = f"Mean cosine of pairs: {genuine.mean():.2f} of one identity, {impostor.mean():.2f} of two."
    figure = theme.new(words, x="cosine of two pictures", y="share of pairs", height=340)
    low, high = float(min(genuine.min(), impostor.min())), float(max(genuine.max(), impostor.max()))
    pairs = {"one identity": (genuine, theme.BLUE), "two identities": (impostor, theme.VERMILLION)}
    _shares(figure, pairs, low, high)
    return figure


@kept
def unique(curves: Mapping[str, np.ndarray]) -> go.Figure:
    """How many of the first N identities are nobody again, by method: (C,) each."""
    said = ", ".join(f"{NAMES.get(name, name)} {int(curve[-1])} of {len(curve)}" for name, curve in curves.items())
    figure = theme.new(f"Unique identities: {said}.", x="identities drawn", y="unique ones", height=340)
    most = max(len(curve) for curve in curves.values())
    figure.add_scatter(x=[0, most], y=[0, most], mode="lines", name="all unique", hoverinfo="skip",
                       line={"color": theme.GREY, "dash": "dot"})  # fmt: skip
    for name, curve in curves.items():
        figure.add_scatter(
            x=np.arange(1, len(curve) + 1), y=curve, mode="lines", name=NAMES.get(name, name),
            line={"color": _colour(name), "width": 2, "shape": "hv"},
            hovertemplate=f"{NAMES.get(name, name)}: %{{y}} of %{{x}}<extra></extra>",
        )  # fmt: skip
    return figure.update_xaxes(zeroline=False).update_yaxes(zeroline=False)


@kept
def leaks(cosine: np.ndarray, control: np.ndarray, threshold: float) -> go.Figure:
    """Cosine of each drawn face to its nearest training picture (N,), beside that of trained people to strangers."""
    above = int((cosine > threshold).sum())
    words = f"{above} of {len(cosine)} drawn faces lie above {threshold:.2f} to a training picture."
    figure = theme.new(words, x="cosine to the nearest training picture", y="share", height=320)
    low, high = float(min(cosine.min(), control.min())), float(max(cosine.max(), control.max(), threshold))
    shown = {"drawn faces": (cosine, theme.VERMILLION), "trained people to strangers": (control, theme.GREY)}
    _shares(figure, shown, low, high)
    figure.add_vline(x=threshold, line={"color": theme.BLUE, "width": 1.5, "dash": "dash"},
                     annotation_text="one person", annotation_position="top")  # fmt: skip
    return figure


def _shares(figure: go.Figure, shown: Mapping[str, tuple[np.ndarray, str]], low: float, high: float) -> None:
    bins = {"start": low, "end": high + 1e-6, "size": max((high - low) / BINS, 1e-3)}
    for name, (values, colour) in shown.items():
        figure.add_histogram(
            x=values, xbins=bins, histnorm="probability", name=f"{name} ({len(values)})",
            marker={"color": theme.translucent(colour, 0.6)}, hovertemplate=f"{name} %{{x}}: %{{y:.1%}}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(barmode="overlay").update_yaxes(tickformat=".0%")


def _methods(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(str(row["method"]) for row in rows))


def _place(name: str) -> int:
    return list(NAMES).index(name) if name in NAMES else len(NAMES)


def _colour(name: str) -> str:
    return theme.CATEGORICAL[_place(name) % 6]


def _symbol(name: str) -> str:
    return theme.SYMBOLS[_place(name) % 6]
