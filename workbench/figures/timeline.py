"""A clip frame by frame: each detector's score with gaps where it abstained, its mean, the worst second, and cuts."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from workbench.figures import theme


def timeline(
    seconds: Sequence[float],
    scores: Mapping[str, Sequence[float | None]],
    unsure: tuple[float, float] = (0.3, 0.7),
    means: Mapping[str, float] | None = None,
    worst: Mapping[str, float] | None = None,
    moments: Sequence[Mapping[str, Any]] = (),
    cuts: Sequence[float] = (),
) -> go.Figure:
    """Calibrated probability of fake against time; None where no face was fit to judge.

    Args:
        seconds: time of each judged frame.
        scores: detector -> one probability or None a frame.
        unsure: probabilities between which nothing is claimed, shaded.
        means: detector -> its mean, a thin line.
        worst: start_s, end_s and score of the second with the highest mean.
        moments: time_s and score of the frames that decide.
        cuts: times at which the clip is cut.
    """
    judged = sum(value is not None for values in scores.values() for value in values)
    alt = f"Score of {len(seconds)} frames by {len(scores)} detectors; {judged} of {len(seconds) * len(scores)} judged."
    alt += "".join(f" Mean of {name}: {value:.2f}." for name, value in (means or {}).items())
    alt += f" The highest second begins at {worst['start_s']:.1f} s." if worst else ""
    figure = theme.new(alt, x="time / s", y="calibrated probability of fake", height=330)
    figure.add_hrect(y0=unsure[0], y1=unsure[1], fillcolor=theme.translucent(theme.OCHRE, 0.14), line_width=0)
    if worst:
        seen = [time for time, *values in zip(seconds, *scores.values(), strict=True) if set(values) - {None}]
        figure.add_vrect(
            x0=worst["start_s"], x1=min(worst["end_s"], max(seen)),
            fillcolor=theme.translucent(theme.FAKE, 0.14), line_width=0,
            annotation_text="highest second", annotation_position="bottom left",
        )  # fmt: skip
    for cut in cuts:
        figure.add_vline(x=cut, line={"color": theme.GREY, "width": 1, "dash": "dot"}, annotation_text="cut")
    for number, (name, values) in enumerate(scores.items()):
        colour, symbol = theme.CATEGORICAL[number % 6], theme.SYMBOLS[number % 6]
        figure.add_scatter(
            x=list(seconds), y=list(values), name=name, mode="lines+markers", connectgaps=False,
            line={"color": colour, "width": 2}, marker={"symbol": symbol, "size": 5},
        )  # fmt: skip
        if means and name in means:
            line = {"color": colour, "width": 1.2, "dash": "dash"}
            figure.add_hline(y=means[name], line=line)
    if moments:
        figure.add_scatter(
            x=[moment["time_s"] for moment in moments], y=[moment["score"] for moment in moments], name="decides",
            mode="markers", marker={"symbol": "circle-open", "size": 13, "color": theme.GREY, "line": {"width": 2}},
            hovertemplate="%{x:.1f} s: mean score %{y:.2f}<extra>decides</extra>",
        )  # fmt: skip
    return figure.update_yaxes(range=[-0.02, 1.02])
