"""What Detect found: faces on the photograph, and each detector's score on one axis."""

import io
from base64 import b64encode
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from workbench.figures import theme

VERDICTS = {"likely real": theme.REAL, "likely fake": theme.FAKE, "unsure": theme.OCHRE, "abstain": theme.GREY}
_LONGEST = 1200


def faces(image: np.ndarray, boxes: Sequence[Sequence[float]], verdicts: Sequence[str]) -> go.Figure:
    """The photograph with a numbered frame round each face, in the colour of its verdict.

    Args:
        image: (H, W, 3) uint8 RGB.
        boxes: left, top, right, bottom of each face, pixels.
    """
    height, width = image.shape[:2]
    count = "1 face" if len(boxes) == 1 else f"{len(boxes)} faces"
    said = "".join(f" Face {i + 1}: {verdict}." for i, verdict in enumerate(verdicts))
    figure = theme.new(f"Photograph with {count} found.{said}", height=460)
    figure.add_layout_image(
        source=_jpeg(image), x=0, y=0, sizex=width, sizey=height, xref="x", yref="y", layer="below", sizing="stretch"
    )
    for number, (box, verdict) in enumerate(zip(boxes, verdicts, strict=True), start=1):
        _frame(figure, box, f"{number} {verdict}", VERDICTS.get(verdict, theme.GREY))
    figure.update_xaxes(visible=False, range=[0, width], constrain="domain")
    figure.update_yaxes(visible=False, range=[height, 0], scaleanchor="x", constrain="domain")
    return figure.update_layout(margin={"l": 0, "r": 0, "t": 0, "b": 0})


def scores(probabilities: Mapping[str, float], verdict: str, unsure: tuple[float, float] = (0.3, 0.7)) -> go.Figure:
    """Calibrated probability that the face is fake, a dot for each detector, the unsure band shaded.

    The dots have the colour of the verdict, so that a score of which nothing is claimed does not look like a claim.
    """
    said = ", ".join(f"{name} {value:.2f}" for name, value in probabilities.items())
    figure = theme.new(
        f"Calibrated probability of fake: {said}.",
        x="calibrated probability of fake",
        height=110 + 36 * len(probabilities),
    )
    figure.add_vrect(x0=unsure[0], x1=unsure[1], fillcolor=theme.translucent(theme.OCHRE, 0.16), line_width=0)
    figure.add_annotation(x=sum(unsure) / 2, y=1, yref="paper", yanchor="bottom", yshift=14, text="unsure")
    colour = VERDICTS[verdict]
    for name, value in probabilities.items():
        figure.add_scatter(
            x=[0, value], y=[name] * 2, mode="lines+markers+text", line={"color": colour, "width": 3},
            marker={"size": [0, 13], "color": colour}, text=["", f"{value:.2f}"], textposition="top center",
            hovertemplate=f"{name}: {value:.3f}<extra></extra>", cliponaxis=False,
        )  # fmt: skip
    figure.update_xaxes(range=[0, 1], tickvals=[0, 0.25, 0.5, 0.75, 1])
    return figure.update_layout(showlegend=False, margin={"t": 44}).update_yaxes(autorange="reversed", showgrid=False)


def _frame(figure: go.Figure, box: Sequence[float], label: str, colour: str) -> None:
    left, top, right, bottom = box[:4]
    figure.add_shape(type="rect", x0=left, y0=top, x1=right, y1=bottom, line={"color": "white", "width": 5})
    figure.add_shape(type="rect", x0=left, y0=top, x1=right, y1=bottom, line={"color": colour, "width": 3})
    figure.add_annotation(
        x=left, y=top, text=label, xanchor="left", yanchor="bottom", font={"color": "white", "size": 13},
        bgcolor=theme.INK["light"], bordercolor=colour, borderwidth=2, borderpad=3,
    )  # fmt: skip


def _jpeg(image: np.ndarray) -> str:
    picture = Image.fromarray(image)
    picture.thumbnail((_LONGEST, _LONGEST))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=88)
    return f"data:image/jpeg;base64,{b64encode(buffer.getvalue()).decode()}"
