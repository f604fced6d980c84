"""A clip frame by frame: each detector's score, with gaps where it abstained."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from workbench.figures import theme


def timeline(
    seconds: Sequence[float], scores: Mapping[str, Sequence[float | None]], unsure: tuple[float, float] = (0.3, 0.7)
) -> go.Figure:
    """Calibrated probability of fake against time; None where no face was fit to judge.

    Args:
        seconds: time of each judged frame.
        scores: detector -> one probability or None a frame.
        unsure: probabilities between which nothing is claimed, shaded.
    """
    judged = sum(value is not None for values in scores.values() for value in values)
    alt = f"Score of {len(seconds)} frames by {len(scores)} detectors; {judged} of {len(seconds) * len(scores)} judged."
    figure = theme.new(alt, x="time / s", y="calibrated probability of fake", height=300)
    figure.add_hrect(y0=unsure[0], y1=unsure[1], fillcolor=theme.translucent(theme.OCHRE, 0.14), line_width=0)
    for number, (name, values) in enumerate(scores.items()):
        colour, symbol = theme.CATEGORICAL[number % 6], theme.SYMBOLS[number % 6]
        figure.add_scatter(
            x=list(seconds), y=list(values), name=name, mode="lines+markers", connectgaps=False,
            line={"color": colour, "width": 2}, marker={"symbol": symbol, "size": 6},
        )  # fmt: skip
    return figure.update_yaxes(range=[-0.02, 1.02])
