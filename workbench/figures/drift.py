"""Drift of a clip: each organ's displacement over time, as lines and as a strip, its spectrum, and sets compared.

Lengths are shown in percent of the distance between the eyes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from workbench.figures import theme
from workbench.figures.kept import kept

UNIT = "% of eye distance"
LOOKS = {
    "brows": (theme.BLUE, "solid"),
    "eyes": (theme.VERMILLION, "dash"),
    "nose": (theme.GREEN, "dot"),
    "mouth": (theme.PINK, "dashdot"),
    "jaw": (theme.GREY, "longdash"),
}
"""Organ -> its colour and dash."""
REAL = "real"
Row = Mapping[str, Any]


def curves(times: np.ndarray, size: np.ndarray, organs: Sequence[str], height: int = 340) -> go.Figure:
    """How far each organ is from its place, over time.

    Args:
        times: (T,) seconds. size: (T, K) in distances between the eyes, not a number where no face was seen.
    """
    means = ", ".join(f"{organ} {100 * value:.1f}" for organ, value in zip(organs, _rms(size), strict=True))
    figure = theme.new(f"Displacement over time; root mean square in {UNIT}: {means}.", x="time / s", y=UNIT)
    x, y = _with_gaps(times, 100 * size)
    for number, organ in enumerate(organs):
        colour, dash = LOOKS[organ]
        figure.add_scatter(
            x=x, y=np.round(y[:, number], 3), name=organ, mode="lines", connectgaps=False,
            line={"color": colour, "dash": dash, "width": 2}, hovertemplate="%{x:.2f} s: %{y:.2f} " + UNIT,
        )  # fmt: skip
    return figure.update_layout(height=height).update_yaxes(rangemode="tozero")


def strip(times: np.ndarray, size: np.ndarray, organs: Sequence[str]) -> go.Figure:
    """The same as colours: organs over time. Arguments as of `curves`."""
    largest = organs[int(np.nanargmax(_rms(size)))]
    figure = theme.new(f"Displacement of {', '.join(organs)} over time; the {largest} moves most.", x="time / s")
    x, y = _with_gaps(times, 100 * size)
    figure.add_heatmap(
        x=x, y=list(organs), z=np.round(y.T, 2), zmin=0, zmax=float(np.nanquantile(y, 0.995)), hoverongaps=False,
        colorscale=theme.SEQUENTIAL, colorbar={"title": {"text": "%", "side": "top"}, "thickness": 12},
        hovertemplate="%{y}, %{x:.2f} s: %{z:.2f} " + UNIT + "<extra></extra>",
    )  # fmt: skip
    return figure.update_layout(height=210 + 8 * len(organs), margin={"t": 14}).update_yaxes(autorange="reversed")


def spectrum(frequencies: np.ndarray, power: np.ndarray, organs: Sequence[str], fast_hz: float) -> go.Figure:
    """How large each organ's movement is at each frequency.

    Args:
        frequencies: (F,) Hz. power: (F, K), shares of the mean square, in squared distances between the eyes.
        fast_hz: from here on movement counts as fast, marked.
    """
    peaks = frequencies[1:][power[1:].argmax(0)]
    said = ", ".join(f"{organ} {peak:.1f} Hz" for organ, peak in zip(organs, peaks, strict=True))
    figure = theme.new(f"Size of the movement by frequency. Peaks: {said}.", x="frequency / Hz", y=UNIT, height=330)
    for number, organ in enumerate(organs):
        colour, dash = LOOKS[organ]
        size = np.round(100 * np.sqrt(2 * power[1:, number]), 4)
        figure.add_scatter(
            x=frequencies[1:], y=size, name=organ, mode="lines", line={"color": colour, "dash": dash, "width": 2},
            hovertemplate="%{x:.1f} Hz: %{y:.2f} " + UNIT,
        )  # fmt: skip
    if frequencies[-1] > fast_hz:
        figure.add_vline(x=fast_hz, line={"color": theme.GREY, "width": 1, "dash": "dot"})
        figure.add_annotation(x=fast_hz, y=1, yref="y domain", text="fast", xanchor="left", yanchor="top", xshift=4)
    return figure.update_yaxes(rangemode="tozero")


def before_and_after(rms: Mapping[str, Mapping[str, float]]) -> go.Figure:
    """Bars of each organ's root mean square displacement.

    Args:
        rms: clip -> organ -> distances between the eyes.
    """
    said = "; ".join(
        f"{clip}: " + ", ".join(f"{organ} {100 * value:.1f}" for organ, value in values.items())
        for clip, values in rms.items()
    )
    figure = theme.new(f"Displacement in {UNIT}. {said}.", y=UNIT, height=330)
    for (clip, values), colour, pattern in zip(rms.items(), (theme.REAL, theme.FAKE), ("", "/"), strict=True):
        figure.add_bar(
            x=list(values), y=[round(100 * value, 3) for value in values.values()], name=clip, marker_color=colour,
            marker_pattern_shape=pattern, hovertemplate="%{x}: %{y:.2f} " + UNIT,
        )  # fmt: skip
    return figure


@kept
def compared(rows: Sequence[Row], number: str) -> go.Figure:
    """One number of every clip of a set, kind by kind.

    Args:
        rows: `{kind, clip, <number>}`, in distances between the eyes.
    """
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    values = {kind: [100 * row[number] for row in rows if row["kind"] == kind] for kind in kinds}
    said = ", ".join(f"{kind} {np.median(found):.2f}" for kind, found in values.items())
    figure = theme.new(f"Drift in {UNIT}, medians: {said}.", x=UNIT, height=90 + 44 * len(kinds))
    for kind, found in values.items():
        colour = theme.REAL if kind == REAL else theme.FAKE
        figure.add_box(
            x=np.round(found, 3), y=[kind] * len(found), orientation="h", boxpoints="all", pointpos=0, jitter=0.4,
            marker={"color": colour, "size": 6, "opacity": 0.75}, line={"width": 1.2}, name=kind,
            fillcolor=theme.translucent(colour, 0.12), hovertemplate="%{x:.2f} " + UNIT + "<extra>" + kind + "</extra>",
        )  # fmt: skip
    figure.update_layout(showlegend=False, margin={"t": 10}).update_yaxes(autorange="reversed")
    return figure.update_xaxes(rangemode="tozero")


@kept
def told_apart(found: Mapping[str, Sequence[Row]]) -> go.Figure:
    """AUC of each kind against the real clips, with its interval.

    Args:
        found: source of landmarks -> `{kind, auc, low, high}`.
    """
    kinds = list(dict.fromkeys(row["kind"] for rows in found.values() for row in rows))
    said = "; ".join(
        f"{source}: " + ", ".join(f"{row['kind']} {row['auc']:.2f}" for row in rows) for source, rows in found.items()
    )
    figure = theme.new(f"AUC against real clips. {said}.", x="AUC against real clips", height=90 + 44 * len(kinds))
    figure.add_vline(x=0.5, line={"color": theme.GREY, "width": 1, "dash": "dot"})
    for number, (source, rows) in enumerate(found.items()):
        shift = 0.14 * (2 * number - len(found) + 1)
        auc = np.array([[row[name] for name in ("auc", "low", "high")] for row in rows])
        figure.add_scatter(
            x=auc[:, 0], y=[kinds.index(row["kind"]) + shift for row in rows], name=source, mode="markers",
            marker={"size": 10, "symbol": theme.SYMBOLS[number], "color": theme.CATEGORICAL[number]},
            error_x={"type": "data", "symmetric": False, "array": auc[:, 2] - auc[:, 0],
                     "arrayminus": auc[:, 0] - auc[:, 1], "thickness": 1.5},
            customdata=[[row["kind"], row["low"], row["high"]] for row in rows],
            hovertemplate="%{customdata[0]}: %{x:.2f} [%{customdata[1]:.2f}, %{customdata[2]:.2f}]",
        )  # fmt: skip
    figure.update_xaxes(range=[-0.02, 1.02])
    return figure.update_yaxes(
        tickvals=list(range(len(kinds))), ticktext=kinds, range=[len(kinds) - 0.5, -0.5], showgrid=False
    )


def features(times: np.ndarray, pooled: np.ndarray, patches: np.ndarray) -> go.Figure:
    """Change of a tower's features from frame to frame: of the pooled feature, and the range over patches.

    Args:
        times: (T - 1,) seconds. pooled: (T - 1,). patches: (T - 1, n, n); all 1 - cos.
    """
    flat = patches.reshape(len(patches), -1)
    low, middle, high = np.quantile(flat, (0.1, 0.5, 0.9), axis=1)
    words = f"Mean change of the pooled feature {pooled.mean():.3f}, of the middle patch {middle.mean():.3f}."
    figure = theme.new(words, x="time / s", y="change, 1 - cos", height=330)
    band = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    figure.add_scatter(x=times, y=low, **band)
    band |= {"fill": "tonexty", "fillcolor": theme.translucent(theme.GREY, 0.25), "showlegend": True}
    figure.add_scatter(x=times, y=high, name="patches, 10 to 90 %", **band)
    line = {"color": theme.GREY, "width": 1.6, "dash": "dash"}
    figure.add_scatter(x=times, y=middle, name="middle patch", mode="lines", line=line)
    figure.add_scatter(x=times, y=pooled, name="pooled", mode="lines", line={"color": theme.BLUE, "width": 2.2})
    return figure.update_yaxes(rangemode="tozero")


def patch_map(patches: np.ndarray) -> go.Figure:
    """Where in the aligned face the patch tokens change, mean over the clip. patches: (T - 1, n, n), 1 - cos."""
    mean = patches.mean(0)
    row, column = np.unravel_index(int(mean.argmax()), mean.shape)
    figure = theme.new(f"Mean change by patch; most in row {row + 1}, column {column + 1}.", height=330)
    figure.add_heatmap(
        z=np.round(mean, 4), colorscale=theme.SEQUENTIAL, zmin=0,
        colorbar={"title": {"text": "1 - cos", "side": "top"}, "thickness": 12},
        hovertemplate="row %{y}, column %{x}: %{z:.3f}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(visible=False, constrain="domain").update_layout(margin={"l": 0, "r": 0, "t": 24, "b": 8})
    return figure.update_yaxes(visible=False, autorange="reversed", scaleanchor="x", constrain="domain")


def _rms(size: np.ndarray) -> np.ndarray:
    return np.sqrt(np.nanmean(size**2, axis=0))


def _with_gaps(times: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A row that is no number wherever a face was away for longer than three frames, so that lines break there."""
    steps = np.diff(times)
    away = np.flatnonzero(steps > 3 * np.median(steps)) + 1 if len(steps) else np.array([], int)
    middle = (times[away] + times[away - 1]) / 2
    return np.insert(times, away, middle), np.insert(values, away, np.nan, axis=0)
