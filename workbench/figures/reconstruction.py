"""What DiffusionFake's guides carry: PSNR of reconstructions, weights beside likeness, distance of the two guides."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from engines.detection.diffusionfake.measures import BRANCHES, LINES
from workbench.figures import theme
from workbench.figures.kept import kept

Row = Mapping[str, Any]
COLOURS = dict(zip(BRANCHES, (theme.VERMILLION, theme.BLUE), strict=True))
AGAINST = {
    "psnr_db": "the right face", "psnr_other_db": "another picture's face", "psnr_unguided_db": "drawn without guide"
}  # fmt: skip
BINS = 24


@kept
def carried(rows: Sequence[Row]) -> go.Figure:
    """PSNR by what a reconstruction is held against: one dot a seed of the noise, a line at their mean.

    Args:
        rows: `{branch, seed, psnr_db, psnr_other_db, psnr_unguided_db}`.
    """
    means = {(b, k): _mean([row[k] for row in rows if row["branch"] == b]) for b in BRANCHES for k in AGAINST}
    said = "; ".join(
        f"{b}: " + ", ".join(f"{means[b, k]:.1f} dB for {words}" for k, words in AGAINST.items()) for b in BRANCHES
    )
    figure = theme.new(f"PSNR of reconstructions. {said}.", y="PSNR (dB)", height=320)
    for number, branch in enumerate(BRANCHES):
        mine = [row for row in rows if row["branch"] == branch]
        x = [words for row in mine for words in AGAINST.values()]
        y = [row[key] for row in mine for key in AGAINST]
        marker = {"color": COLOURS[branch], "size": 10, "symbol": theme.SYMBOLS[number]}
        figure.add_scatter(x=x, y=y, mode="markers", name=branch, marker=marker,
                           hovertemplate="%{y:.2f} dB<extra>" + branch + "</extra>")  # fmt: skip
        figure.add_scatter(x=list(AGAINST.values()), y=[means[branch, key] for key in AGAINST], mode="lines",
                           line={"color": COLOURS[branch], "dash": theme.DASHES[number]}, showlegend=False,
                           hoverinfo="skip")  # fmt: skip
    return figure


@kept
def weights(rows: Sequence[Row]) -> go.Figure:
    """Mean weight of each branch by family with its interval over people, and the likeness it was held to.

    Args:
        rows: `{family, weight_source, weight_source_low, weight_source_high, alike_source, …}`.
    """
    families = [str(row["family"]) for row in rows]
    ends = ", ".join(f"{row['family']} {row['weight_source']:.2f} and {row['weight_target']:.2f}" for row in rows)
    figure = theme.new(f"Weights of source and target by family: {ends}.", y="weight", height=380)
    for number, branch in enumerate(BRANCHES):
        for kind, symbol in (("weight", theme.SYMBOLS[number]), ("alike", "line-ew-open")):
            values = [row[f"{kind}_{branch}"] for row in rows]
            name = branch if kind == "weight" else f"likeness of latents, {branch}"
            bars = _bars(rows, f"weight_{branch}", values) if kind == "weight" else None
            marker = {"color": COLOURS[branch], "size": 10 if kind == "weight" else 18, "symbol": symbol}
            figure.add_scatter(x=[place + (number - 0.5) * 0.2 for place in range(len(rows))], y=values, mode="markers",
                               name=name, marker=marker, error_y=bars, customdata=families,
                               hovertemplate="%{customdata}: %{y:.3f}<extra>" + name + "</extra>")  # fmt: skip
    return figure.update_xaxes(tickvals=list(range(len(rows))), ticktext=families).update_yaxes(range=[-0.05, 1.05])


@kept
def followed(weight: np.ndarray, alike: np.ndarray, family: np.ndarray, rows: Sequence[Row]) -> go.Figure:
    """Each picture's weight against the likeness it was held to; on the line the weight module is right.

    Args:
        weight, alike: (N, 2) of source and target. family: (N,). rows: `{branch, r, low, high}` of the two branches.
    """
    r = {str(row["branch"]): f"{row['r']:.2f} ({row['low']:.2f} to {row['high']:.2f})" for row in rows}
    ends = ", ".join(f"{branch} {value}" for branch, value in r.items())
    said = f"Correlation of weight with likeness: {ends or 'not measured'}, over {len(family)} pictures."
    figure = theme.new(said, x="cosine of latents", y="weight", height=380)
    for number, branch in enumerate(BRANCHES):
        marker = {"color": COLOURS[branch], "symbol": theme.SYMBOLS[number], "opacity": 0.7}
        figure.add_scatter(x=alike[:, number], y=weight[:, number], mode="markers", marker=marker, customdata=family,
                           name=f"{branch}, r = {r[branch]}" if branch in r else branch,
                           hovertemplate="%{customdata}: likeness %{x:.3f}, weight %{y:.3f}")  # fmt: skip
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": theme.GREY, "dash": "dot"}, name="weight = likeness"
    )
    return figure


@kept
def distance(values: np.ndarray, family: np.ndarray, rows: Sequence[Row]) -> go.Figure:
    """How far apart the two guides lie, of real pictures and of forgeries: shares of each, on one set of bins.

    Args:
        values: (N,) Euclidean. family: (N,), "real" or a family. rows: `{kind, median, low, high}` of real and forged.
    """
    real = family == "real"
    parts = [f"{row['kind']} {row['median']:.3g} ({row['low']:.3g} to {row['high']:.3g})" for row in rows]
    said = f"Median distance of the two guides: {', '.join(parts)}."
    figure = theme.new(said, x="distance between the guides", y="share of pictures", height=340)
    top = float(values.max()) if len(values) else 1.0
    for use, name, colour in ((real, "real", theme.REAL), (~real, "forged", theme.FAKE)):
        bins = {"start": 0, "end": top * 1.001, "size": top * 1.001 / BINS}
        figure.add_histogram(x=values[use], xbins=bins, histnorm="probability", name=f"{name} ({int(use.sum())})",
                             marker={"color": theme.translucent(colour, 0.6)})  # fmt: skip
    return figure.update_layout(barmode="overlay")


@kept
def nearing(steps: np.ndarray, psnr_db: np.ndarray, known: bool) -> go.Figure:
    """PSNR of the three drawings against the step after which they were looked at.

    Args:
        steps: (K,). psnr_db: (3, K), of source, target and without a guide. known: whether it is against the real
            frames behind a forgery; else it is against the picture itself.
    """
    against = "the real frame behind the forgery" if known else "the photograph itself"
    ends = ", ".join(f"{name} {line[-1]:.1f} dB" for name, line in zip(LINES, psnr_db, strict=True))
    figure = theme.new(f"PSNR against {against} after the last step: {ends}.", x="step", y="PSNR (dB)", height=320)
    for number, (name, line) in enumerate(zip(LINES, psnr_db, strict=True)):
        colour = COLOURS.get(name, theme.GREY)
        figure.add_scatter(x=steps, y=line, mode="lines+markers", name=name,
                           line={"color": colour, "dash": theme.DASHES[number]},
                           marker={"color": colour, "symbol": theme.SYMBOLS[number], "size": 8},
                           hovertemplate=name + ", step %{x}: %{y:.1f} dB<extra></extra>")  # fmt: skip
    return figure.update_xaxes(tickvals=list(steps))


def _bars(rows: Sequence[Row], name: str, values: Sequence[float]) -> dict[str, Any]:
    above = [row[f"{name}_high"] - value for row, value in zip(rows, values, strict=True)]
    below = [value - row[f"{name}_low"] for row, value in zip(rows, values, strict=True)]
    return {"type": "data", "symmetric": False, "array": above, "arrayminus": below, "thickness": 1.5}


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else float("nan")
