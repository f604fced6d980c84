"""What the two streams of a spatiotemporal adapter carry: AUC without one of them, their balance, where they look.

Spatial: within frames. Temporal: across them.
"""

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workbench.figures import auc, theme
from workbench.figures.kept import kept

Row = Mapping[str, Any]
STREAMS = {"spatial": (theme.BLUE, "circle", "solid"), "temporal": (theme.VERMILLION, "diamond", "dash")}
HEARD = ("hears the spatial stream", "hears the temporal stream")
"""The two cross-attentions, in the order of the arrays."""
LEAST = 0.02
"""A difference from an even share below which colours stay pale."""


@kept
def switched_off(rows: Sequence[Row], seen: Sequence[str]) -> go.Figure:
    """AUC by family of one detector as it is, and with a stream or the order of the frames taken away.

    Args:
        rows: `{condition, family, auc, low, high}`. seen: families that were trained on.
    """
    known = {*seen, "seen families"}
    dressed = [{**row, "method": row["condition"], "seed": "mean", "seen": row["family"] in known} for row in rows]
    return auc.by_family(dressed)


@kept
def balance(rows: Sequence[Row], family: str) -> go.Figure:
    """How large the streams' outputs are, layer by layer, in a family's clips: lines are means over seeds, small marks
    single seeds.

    Args:
        rows: `{seed, layer, family, spatial, temporal}`, root mean squares as multiples of what both were given.
    """
    mine = [row for row in rows if row["family"] == family]
    layers = sorted({int(row["layer"]) for row in mine})
    means = {name: [mean(row[name] for row in mine if row["layer"] == layer) for layer in layers] for name in STREAMS}
    said = "; ".join(f"{name} {mean(values):.1f} times" for name, values in means.items() if values)
    alt = f"Output of each stream in {family} clips, mean over layers: {said} what it was given."
    figure = theme.new(alt, x="layer", y="output / input")
    for name, (colour, symbol, dash) in STREAMS.items():
        figure.add_scatter(
            x=[row["layer"] + 1 for row in mine], y=[row[name] for row in mine], mode="markers", hoverinfo="skip",
            marker={"color": theme.translucent(colour, 0.45), "size": 5}, showlegend=False,
        )  # fmt: skip
        figure.add_scatter(
            x=[layer + 1 for layer in layers], y=means[name], name=name, mode="lines+markers",
            line={"color": colour, "dash": dash}, marker={"symbol": symbol, "size": 9},
            hovertemplate=f"{name}, layer %{{x}}: %{{y:.1f}} ×<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(dtick=1)
    return figure.update_yaxes(rangemode="tozero")


@kept
def looked(frames: np.ndarray, received: np.ndarray) -> go.Figure:
    """A clip's frames, and below each how much attention its places got, twice, on a scale around an even share.

    Args:
        frames: (T, S, S, 3) uint8. received: (2, T, h, w), mean 1 over a clip.
    """
    count, height, width = frames.shape[:3]
    titles = [f"frame {number + 1}" for number in range(count)]
    figure = make_subplots(3, count, column_titles=titles, horizontal_spacing=0.006, vertical_spacing=0.11)
    reach = max(float(np.abs(received - 1).max()), LEAST)
    for column in range(count):
        figure.add_image(z=frames[column], row=1, col=column + 1, hoverinfo="skip")
        for place, words in enumerate(HEARD):
            values = received[place, column]
            figure.add_image(z=frames[column], row=place + 2, col=column + 1, hoverinfo="skip")
            figure.add_heatmap(
                z=values, x0=width / values.shape[1] / 2 - 0.5, dx=width / values.shape[1],
                y0=height / values.shape[0] / 2 - 0.5, dy=height / values.shape[0], opacity=0.7,
                coloraxis="coloraxis", hovertemplate=f"{words}: %{{z:.2f}} × even<extra></extra>",
                row=place + 2, col=column + 1,
            )  # fmt: skip
    for place, words in enumerate(HEARD):
        top = figure.layout[f"yaxis{(place + 1) * count + 1}"].domain[1]
        figure.add_annotation(text=words, x=0, y=top, xref="paper", yref="paper", xanchor="left", yanchor="bottom")
    bar = {"title": {"text": "× even", "side": "top"}, "thickness": 12, "outlinewidth": 0}
    figure.update_layout(
        template=theme.template(), height=3 * 96 + 130, margin={"l": 8, "r": 8, "t": 36, "b": 8},
        coloraxis={"colorscale": theme.SEQUENTIAL, "cmin": 1 - reach, "cmax": 1 + reach, "colorbar": bar},
        meta={"alt": f"{count} frames; where attention {HEARD[0]} and {HEARD[1]}; at most {reach:.0%} from even."},
    )  # fmt: skip
    theme.titled(figure).update_xaxes(visible=False, constrain="domain")
    return figure.update_yaxes(visible=False, constrain="domain", autorange="reversed")


@kept
def between(shares: np.ndarray) -> go.Figure:
    """How much of its attention each frame gives to each, twice.

    Args:
        shares: (2, T, T); rows ask and sum to 1.
    """
    count = shares.shape[1]
    names = [str(number + 1) for number in range(count)]
    own = ", ".join(f"{words} {np.trace(one) / count:.2f}" for words, one in zip(HEARD, shares, strict=True))
    figure = make_subplots(1, 2, column_titles=list(HEARD), horizontal_spacing=0.12)
    for place, values in enumerate(shares):
        figure.add_heatmap(
            z=values, x=names, y=names, coloraxis="coloraxis", row=1, col=place + 1,
            hovertemplate="frame %{y} looks at frame %{x}: %{z:.3f}<extra></extra>",
        )  # fmt: skip
    bar = {"title": {"text": "share", "side": "top"}, "thickness": 12, "outlinewidth": 0}
    figure.update_layout(
        template=theme.template(), height=340, margin={"l": 56, "r": 8, "t": 36, "b": 48},
        coloraxis={"colorscale": theme.SEQUENTIAL, "cmin": 0, "colorbar": bar},
        meta={"alt": f"Share of attention between {count} frames; a frame gives itself, on average: {own}."},
    )  # fmt: skip
    theme.titled(figure).update_xaxes(title_text="looked at", constrain="domain")
    figure.update_yaxes(autorange="reversed", scaleanchor="x", constrain="domain")
    return figure.update_yaxes(title_text="frame that asks", col=1)
