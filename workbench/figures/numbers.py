"""The field's numbers of each detector: a mark for the value, a line for its 95 % interval, a panel for each number."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workbench.figures import theme
from workbench.figures.kept import kept

Row = Mapping[str, Any]
NUMBERS = {
    "auc": ("AUC", "Share of pairs, one real and one forged, in which the forgery has the higher score"),
    "average_precision": ("AP", "Mean precision over recall, forgeries being the positives"),
    "eer": ("EER", "Where false alarms are as frequent as missed forgeries, between thresholds; small is good"),
    "eer_nearest": ("EER, nearest", "The false alarm rate at the nearest threshold, as benchmarks print it"),
    "accuracy_half": ("accuracy at 0.5", "Share judged rightly with the calibrated probability divided at 0.5"),
    "accuracy": ("accuracy", "The same at the threshold found on validation pictures"),
    "accuracy_real": ("accuracy, reals", "Share of the real pictures judged rightly at that threshold"),
    "accuracy_fake": ("accuracy, forgeries", "Share of the forgeries judged rightly at that threshold"),
}
"""Column -> its name and what it is."""
DRAWN = ("auc", "average_precision", "eer", "accuracy", "accuracy_real", "accuracy_fake")
ACROSS = 2


@kept
def numbers(rows: Sequence[Row]) -> go.Figure:
    """Detectors down, a number across.

    Args:
        rows: `{detector, auc, low, high, eer, eer_low, eer_high, …}` of one level, pictures or videos.
    """
    there = [name for name in DRAWN if any(name in row for row in rows)]
    down = max(1, -(-len(there) // ACROSS))
    titles = [NUMBERS[name][0] for name in there]
    frame = make_subplots(down, ACROSS, shared_yaxes=True, subplot_titles=titles, horizontal_spacing=0.04,
                          vertical_spacing=0.42 / down)  # fmt: skip
    look = theme.new(_say(rows, there), height=40 + down * (100 + 30 * max(1, len(rows))))
    figure = theme.titled(go.Figure(frame).update_layout(look.layout))
    for place, name in enumerate(there):
        where = {"row": place // ACROSS + 1, "col": place % ACROSS + 1}
        for number, row in enumerate(rows):
            _one(figure, row, name, number, where)
        if name == "auc":
            figure.add_vline(x=0.5, line={"color": theme.GREY, "width": 1, "dash": "dot"}, **where)
    figure.update_xaxes(range=[0, 1.02], dtick=0.25).update_yaxes(autorange="reversed")
    return figure.update_layout(showlegend=False, margin_t=48)


def ends(row: Row, name: str) -> tuple[float, float] | None:
    """The interval of a number, where the run has one."""
    prefix = "" if name == "auc" else f"{name}_"
    return (row[f"{prefix}low"], row[f"{prefix}high"]) if f"{prefix}low" in row else None


def words(row: Row, name: str) -> str:
    """A number with its interval, as "0.810 (0.790 to 0.830)"."""
    if name not in row:
        return ""
    interval = ends(row, name)
    return f"{row[name]:.3f}" + (f" ({interval[0]:.3f} to {interval[1]:.3f})" if interval else "")


def _one(figure: go.Figure, row: Row, name: str, number: int, where: Mapping[str, int]) -> None:
    if name not in row:
        return
    colour, detector = theme.CATEGORICAL[number % len(theme.CATEGORICAL)], str(row["detector"])
    if interval := ends(row, name):
        line = {"color": theme.translucent(colour, 0.55), "width": 4}
        figure.add_scatter(x=interval, y=[detector] * 2, mode="lines", line=line, hoverinfo="skip", **where)
    marker = {"color": colour, "symbol": theme.SYMBOLS[number % len(theme.SYMBOLS)], "size": 7}
    text = f"{detector}, {NUMBERS[name][0]}: {words(row, name)}"
    figure.add_scatter(x=[row[name]], y=[detector], mode="markers", marker=marker, hovertext=text, hoverinfo="text",
                       **where)  # fmt: skip


def _say(rows: Sequence[Row], there: Sequence[str]) -> str:
    parts = [f"{row['detector']}: " + ", ".join(f"{NUMBERS[n][0]} {words(row, n)}" for n in there if n in row)
             for row in rows]  # fmt: skip
    return f"Numbers over all families with 95 % intervals. {'; '.join(parts) or 'None yet'}."
