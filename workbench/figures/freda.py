"""FreDA on one forgery: the pictures, what changed, the spectra and the power by frequency.

Frequencies are cycles a picture; divided by the picture's side they are the share of the side that cut-offs are.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workbench.figures import theme
from workbench.figures.kept import kept

LOOKS = {
    "fake": ("forgery", theme.FAKE, "dash"),
    "real": ("real frame", theme.REAL, "solid"),
    "upgraded": ("upgraded", theme.GREEN, "dot"),
}
"""Picture -> its name, colour and dash."""
_SIDE = 250


@kept
def difference(levels: np.ndarray) -> go.Figure:
    """What FreDA changed: upgraded less forgery (S, S), in levels of 255, on a scale even about zero."""
    top = float(max(np.abs(levels).max(), 1.0))
    figure = theme.new(f"Upgraded less forgery: up to {top:.0f} of 255 levels.", height=300)
    figure.add_heatmap(
        z=np.round(levels, 1), zmin=-top, zmax=top, colorscale="RdBu_r",
        colorbar={"title": {"text": "levels", "side": "top"}, "thickness": 12, "outlinewidth": 0},
        hovertemplate="%{z:+.1f} levels<extra></extra>",
    )  # fmt: skip
    figure.update_layout(margin={"l": 0, "r": 0, "t": 8, "b": 8}).update_xaxes(visible=False, constrain="domain")
    return figure.update_yaxes(visible=False, autorange="reversed", scaleanchor="x", constrain="domain")


@kept
def spectra(log_power: Mapping[str, np.ndarray], mask: np.ndarray) -> go.Figure:
    """Log power of each picture and the mask, zero frequency in the middle, the spectra on one scale.

    Args:
        log_power: fake, real and upgraded (S, S), log₁₀. mask: (S, S) in [0, 1].
    """
    titles = [*(LOOKS[name][0] for name in log_power), "mask"]
    figure = make_subplots(1, len(titles), subplot_titles=titles, horizontal_spacing=0.012)
    side = mask.shape[0]
    place = {"x0": -(side // 2), "dx": 1, "y0": -(side // 2), "dy": 1}
    where = "%{x}, %{y} cycles a picture<extra></extra>"
    for column, values in enumerate(log_power.values(), start=1):
        figure.add_heatmap(
            z=np.round(values, 2), coloraxis="coloraxis", hovertemplate=f"10^%{{z:.1f}} at {where}", **place,
            row=1, col=column,
        )  # fmt: skip
    figure.add_heatmap(
        z=np.round(mask, 3), zmin=0, zmax=1, colorscale="gray", showscale=False, **place,
        hovertemplate=f"%{{z:.0%}} of the real at {where}", row=1, col=len(titles),
    )  # fmt: skip
    low, high = (float(np.quantile(np.stack(list(log_power.values())), q)) for q in (0.02, 0.998))
    return _squares(figure, low, high, f"Log power spectra of {', '.join(titles[:-1])}, and the mask between them.")


@kept
def radial(power: Mapping[str, np.ndarray], cutoff: float, side: int) -> go.Figure:
    """Mean power over rings against cycles a picture, and below, relative to the real frame; the cut-off is marked.

    Args:
        power: fake, real and upgraded (K,), from 0 cycles on. cutoff: a share of the side.
    """
    figure = make_subplots(2, 1, shared_xaxes=True, vertical_spacing=0.06, row_heights=[0.55, 0.45])
    alt = f"Power by frequency of forgery, real frame and upgraded; the cut-off is at {cutoff * side:.1f} cycles."
    figure.update_layout(template=theme.template(), height=430, meta={"alt": alt})
    for name, values in power.items():
        above = {"hovertemplate": f"{LOOKS[name][0]}, %{{x}} cycles: %{{y:.2e}}<extra></extra>"}
        _line(figure, name, values[1:], row=1, **above)
        decibels = 10 * np.log10(values[1:] / power["real"][1:])
        below = {"hovertemplate": f"{LOOKS[name][0]}, %{{x}} cycles: %{{y:+.1f}} dB<extra></extra>"}
        _line(figure, name, decibels, row=2, showlegend=False, **below)
    figure.add_vline(x=cutoff * side, line={"color": theme.GREY, "width": 1, "dash": "dot"})
    figure.add_annotation(
        x=cutoff * side, y=1, yref="y domain", text="cut-off", xanchor="left", yanchor="top", xshift=4
    )
    figure.update_xaxes(title_text="frequency / cycles a picture", row=2, col=1)
    figure.update_yaxes(title_text="mean power", type="log", dtick=1, row=1, col=1)
    return figure.update_yaxes(title_text="against real / dB", row=2, col=1)


def _line(figure: go.Figure, name: str, values: np.ndarray, row: int, **how: Any) -> None:
    title, colour, dash = LOOKS[name]
    line = {"color": colour, "dash": dash, "width": 2.4}
    x = np.arange(1, len(values) + 1)
    figure.add_scatter(x=x, y=values, mode="lines", name=title, legendgroup=name, line=line, row=row, col=1, **how)


def _squares(figure: go.Figure, low: float, high: float, alt: str) -> go.Figure:
    bar = {"title": {"text": "log₁₀ power", "side": "top"}, "thickness": 12, "outlinewidth": 0}
    figure.update_layout(
        template=theme.template(), height=_SIDE + 44, margin={"l": 8, "r": 8, "t": 36, "b": 8}, meta={"alt": alt},
        coloraxis={"colorscale": theme.SEQUENTIAL, "cmin": low, "cmax": high, "colorbar": bar},
    )  # fmt: skip
    theme.titled(figure).update_xaxes(visible=False, constrain="domain")
    for number in range(1, 5):
        axis = "x" if number == 1 else f"x{number}"
        figure.update_yaxes(scaleanchor=axis, row=1, col=number)
    return figure.update_yaxes(visible=False, constrain="domain")
