"""Training curves: class losses on one axis, and any group of metrics.

A detector that learns the few fakes it sees at once has a fake loss that falls away from the real loss; the paper
calls this asymmetry. Both are mean cross-entropy over the samples of their class in a batch, in nats.
"""

from collections.abc import Mapping, Sequence
from itertools import cycle
from math import isfinite

import plotly.graph_objects as go

from workbench.figures import theme
from workbench.figures.kept import kept

Rows = Sequence[Mapping[str, float]]
Points = tuple[list[float], list[float]]
_CLASS = {"loss/real": ("real", theme.REAL, "solid"), "loss/fake": ("fake", theme.FAKE, "dash")}


@kept
def losses(rows: Rows, training: str = "", smoothing: float | None = None) -> go.Figure:
    """Loss on real and on fake samples against the step, raw behind, smoothed in front.

    Args:
        rows: metrics as they were said, each with `step` and some of `loss/real`, `loss/fake`.
        training: which of `trainings(rows)`.
        smoothing: weight of the past in the running mean, 0 (none) to below 1; by default such that the mean reaches
            back over a fifteenth of the training.
    """
    columns = {look[0]: (_column(rows, training + key), look) for key, look in _CLASS.items()}
    longest = max(len(points[0]) for points, _ in columns.values())
    weight = 1 - 1 / max(5.0, longest / 15) if smoothing is None else smoothing
    alt = _say_losses(*(smooth(points[1], weight)[-1:] for points, _ in columns.values()))
    figure = theme.new(alt, x="step", y="cross-entropy / nats")
    for points, look in columns.values():
        _curve(figure, points, look, weight)
    return figure.update_yaxes(rangemode="tozero")


@kept
def group(rows: Rows, prefix: str, smoothing: float = 0.0) -> go.Figure:
    """All metrics whose name starts with `prefix/`, or the one named `prefix`, against the step."""
    keys = sorted({key for row in rows for key in row if key == prefix or key.startswith(f"{prefix}/")})
    ends = [f"{key} {_column(rows, key)[1][-1]:.4g}" for key in keys]
    figure = theme.new(f"Curves against the step; last values: {', '.join(ends) or 'none yet'}.", x="step", y=prefix)
    looks = zip(cycle(theme.CATEGORICAL), cycle(theme.DASHES), strict=False)
    for key, look in zip(keys, looks, strict=False):
        _curve(figure, _column(rows, key), (key.removeprefix(f"{prefix}/"), *look), smoothing)
    return figure


def trainings(rows: Rows) -> list[str]:
    """What stands before `loss/real` in the names of the run's trainings: "" for the first, "lora-0/" for another."""
    return sorted({key.removesuffix("loss/real") for row in rows for key in row if key.endswith("loss/real")})


def prefixes(rows: Rows) -> list[str]:
    """The groups there are other curves for, in alphabetical order."""
    shown = tuple(f"{prefix}loss" for prefix in trainings(rows))
    keys = {key for row in rows for key in row if key not in {"step", "time"} and not key.startswith(shown)}
    return sorted({key.rsplit("/", 1)[0] for key in keys})


def smooth(values: Sequence[float], weight: float) -> list[float]:
    """Exponential running mean, corrected for its start so that the first value stands as it is."""
    mean, norm, out = 0.0, 0.0, []
    for value in values:
        mean = weight * mean + (1 - weight) * value
        norm = weight * norm + (1 - weight)
        out.append(mean / norm)
    return out


def thin(x: list[float], y: list[float], limit: int = 1500) -> Points:
    """At most about `limit` of the points, evenly, the last one among them: a screen shows no more."""
    stride = -(-len(x) // limit) if x else 1
    kept = range((len(x) - 1) % stride if x else 0, len(x), stride)
    return [x[i] for i in kept], [y[i] for i in kept]


def _column(rows: Rows, key: str) -> Points:
    pairs = [(row["step"], value) for row in rows if (value := row.get(key)) is not None and isfinite(value)]
    return [step for step, _ in pairs], [value for _, value in pairs]


def _curve(figure: go.Figure, points: Points, look: tuple[str, str, str], smoothing: float) -> None:
    (x, y), (name, colour, dash) = points, look
    if smoothing:
        faint = {"color": theme.translucent(colour, 0.25), "width": 1}
        few_x, few_y = thin(x, y)
        figure.add_scatter(
            x=few_x, y=few_y, line=faint, mode="lines", showlegend=False, hoverinfo="skip", legendgroup=name
        )
    line = {"color": colour, "width": 2.2, "dash": dash}
    few_x, few_y = thin(x, smooth(y, smoothing))
    figure.add_scatter(x=few_x, y=few_y, name=name, line=line, mode="lines", legendgroup=name)


def _say_losses(real: list[float], fake: list[float]) -> str:
    if not real or not fake:
        return "Loss on real and on fake samples; no values yet."
    lower = "fake below real" if fake[0] < real[0] else "real below fake"
    return f"Loss on real and on fake samples against the step. Last: real {real[0]:.3f}, fake {fake[0]:.3f}; {lower}."
