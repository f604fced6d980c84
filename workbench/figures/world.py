"""What the world knows: truth drawn over a photograph, forgeries taken apart, who is in a set.

Pictures are (H, W, 3) uint8 RGB; points are px, pixel (0, 0) covering [0, 1) x [0, 1).
"""

import io
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from workbench.figures import theme
from workbench.figures.kept import kept

SIDE = 430
REGIONS = {
    "skin": "#e6a100",
    "hair": "#3d8fd1",
    "eyes": "#12a57c",
    "lips": "#e0662b",
    "mouth": "#d07fae",
    "accessory": "#5b5b5b",
    "occluder": "#8f5fbf",
    "clothes": "#8a97a5",
}
"""Region of a picture -> its colour over the photograph: the same on the light and the dark page, as the picture is."""
PARTS = {
    "jaw": range(17),
    "left brow": range(17, 22),
    "right brow": range(22, 27),
    "nose": range(27, 36),
    "left eye": range(36, 42),
    "right eye": range(42, 48),
    "mouth": range(48, 68),
}
"""Part of the face -> its points among the 68; left is the picture's left."""
Row = Mapping[str, Any]


@kept
def landmarks(image: np.ndarray, points: np.ndarray, five: np.ndarray) -> go.Figure:
    """The 68 and the five points over the photograph.

    Args:
        points: (68, 2). five: (5, 2).
    """
    figure = _photograph(image, f"Photograph with {len(points)} landmarks and the five used for alignment.")
    for (name, members), colour in zip(PARTS.items(), _colours(len(PARTS)), strict=True):
        chosen = points[list(members)]
        figure.add_scatter(
            x=chosen[:, 0], y=chosen[:, 1], mode="markers+lines" if name == "jaw" else "markers", name=name,
            marker={"size": 6, "color": colour, "line": {"width": 1, "color": "#ffffff"}},
            line={"width": 1, "color": colour}, text=[f"{number}" for number in members],
            hovertemplate="%{text} " + name + ": %{x:.1f}, %{y:.1f} px<extra></extra>",
        )  # fmt: skip
    figure.add_scatter(
        x=five[:, 0], y=five[:, 1], mode="markers", name="five",
        marker={"symbol": "cross-thin", "size": 13, "line": {"width": 2.5, "color": "#ffffff"}},
        text=["left eye", "right eye", "nose tip", "left mouth corner", "right mouth corner"],
        hovertemplate="%{text}: %{x:.1f}, %{y:.1f} px<extra></extra>",
    )  # fmt: skip
    return figure


@kept
def masks(image: np.ndarray, cover: Mapping[str, np.ndarray]) -> go.Figure:
    """The regions over the photograph; soft edges are shares of a pixel.

    Args:
        cover: region -> (H, W) in [0, 1].
    """
    shown = {name: values for name, values in cover.items() if name in REGIONS and values.max() > 0}
    tinted = image.astype(float) * 0.5
    for name, values in shown.items():
        tinted += 0.5 * values[..., None] * _rgb(REGIONS[name])
    bare = np.clip(1 - sum(shown.values()), 0, 1)[..., None] if shown else 1.0
    tinted += 0.5 * bare * image
    shares = {name: float(values.mean()) for name, values in shown.items()}
    said = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
    figure = _photograph(np.clip(tinted, 0, 255).astype(np.uint8), f"Regions by share of the picture: {said}.")
    for name, share in shares.items():
        mark = {"size": 11, "symbol": "square", "color": REGIONS[name]}
        figure.add_scatter(x=[None], y=[None], mode="markers", name=f"{name} {share:.0%}", marker=mark)
    return figure


@kept
def depth(metres: np.ndarray) -> go.Figure:
    """Distance from the camera, nothing where there is only background.

    Args:
        metres: (H, W), infinite where nothing is.
    """
    seen = np.where(np.isfinite(metres), metres, np.nan)
    near, far = (float(np.nanmin(seen)), float(np.nanmax(seen))) if np.isfinite(seen).any() else (0.0, 1.0)
    figure = _square(f"Depth from {near:.2f} to {far:.2f} metres.", metres.shape)
    bar = {"title": {"text": "m", "side": "top"}, "thickness": 12}
    figure.add_heatmap(
        z=_rounded(seen, 4), x0=0.5, y0=0.5, colorscale=theme.SEQUENTIAL, reversescale=True, colorbar=bar,
        hovertemplate="%{z:.3f} m<extra></extra>", hoverongaps=False,
    )  # fmt: skip
    return figure


@kept
def normals(vectors: np.ndarray) -> go.Figure:
    """Unit normals in camera axes as colour: red to the picture's right, green up, blue towards the camera.

    Args:
        vectors: (H, W, 3), not a number where nothing is.
    """
    right, away, up = np.moveaxis(vectors, -1, 0)
    colours = np.stack([right, up, -away], -1) * 0.5 + 0.5
    shown = np.where(np.isfinite(vectors).all(-1, keepdims=True), colours, 1.0)
    words = "Normals as colour: red to the picture's right, green up, blue towards the camera."
    return _photograph((np.clip(shown, 0, 1) * 255).round().astype(np.uint8), words)


@kept
def counts(rows: Sequence[Row], of: str, unit: str = "") -> go.Figure:
    """Bars of a table of counts.

    Args:
        rows: `{label, count, share}`. of: what is counted, as in "people". unit: of the labels.
    """
    said = ", ".join(f"{row['label']} {row['count']}" for row in rows)
    figure = theme.new(f"Number of {of}: {said}.", x=f"number of {of}", height=70 + 24 * max(len(rows), 2))
    labels = [str(row["label"]).replace("_", " ") for row in rows]
    figure.add_bar(
        x=[row["count"] for row in rows], y=labels, orientation="h", marker_color=theme.BLUE,
        customdata=[row["share"] for row in rows], hovertemplate="%{y}: %{x} (%{customdata:.1%})<extra></extra>",
    )  # fmt: skip
    figure.update_layout(margin={"t": 8, "b": 40}, bargap=0.35).update_yaxes(autorange="reversed", title_text=unit)
    return figure


@kept
def defects(found: Mapping[str, float], quality: float) -> go.Figure:
    """The measured defects of a forgery; its quality Q* is one minus their weighted mean."""
    said = ", ".join(f"{name} {value:.2f}" for name, value in found.items())
    figure = theme.new(
        f"Quality {quality:.2f}. Defects: {said}.", x="defect, 1 is plain to see", height=70 + 30 * len(found)
    )
    figure.add_bar(
        x=list(found.values()), y=list(found), orientation="h", marker_color=theme.FAKE,
        hovertemplate="%{y}: %{x:.3f}<extra></extra>",
    )  # fmt: skip
    figure.update_layout(margin={"t": 8, "b": 40}, bargap=0.4).update_xaxes(range=[0, 1])
    return figure.update_yaxes(autorange="reversed")


@kept
def forged(image: np.ndarray, mask: np.ndarray) -> go.Figure:
    """Where light is forged, over the photograph.

    Args:
        mask: (H, W) in [0, 1], the share of forged light.
    """
    words = f"{float(mask.mean()):.0%} of the picture's light is forged."
    figure = _photograph((image * 0.55 + 255 * 0.45 * (image.mean(2, keepdims=True) / 255)).astype(np.uint8), words)
    scale = [[0, theme.translucent(theme.FAKE, 0)], [1, theme.translucent(theme.FAKE, 0.85)]]
    figure.add_heatmap(
        z=_rounded(mask, 3), x0=0.5, y0=0.5, zmin=0, zmax=1, colorscale=scale,
        colorbar={"title": {"text": "share", "side": "top"}, "thickness": 12}, hovertemplate="%{z:.0%}<extra></extra>",
    )  # fmt: skip
    return figure


@kept
def error_rates(rows: Sequence[Row], label: str, unit: str = "") -> go.Figure:
    """Equal error rates with their intervals over people.

    Args:
        rows: `{eer, low_95, high_95, same, different}` and the column `label`, or `low` and `high` of a bin.
    """
    names = [str(row[label]) if label in row else f"{row['low']:g} to {row['high']:g}" for row in rows]
    said = ", ".join(f"{name} {row['eer']:.1%}" for name, row in zip(names, rows, strict=True))
    figure = theme.new(f"Equal error rate: {said}.", x="equal error rate / %", height=90 + 36 * max(len(rows), 1))
    values = [100 * row["eer"] for row in rows]
    above = [100 * (row["high_95"] - row["eer"]) for row in rows]
    below = [100 * (row["eer"] - row["low_95"]) for row in rows]
    figure.add_scatter(
        x=values, y=names, mode="markers", marker={"size": 11, "color": theme.BLUE},
        error_x={"type": "data", "symmetric": False, "array": above, "arrayminus": below, "color": theme.BLUE},
        customdata=[[row["same"], row["different"]] for row in rows],
        hovertemplate="%{y}: %{x:.1f} %<br>%{customdata[0]} pairs of one person, %{customdata[1]} not<extra></extra>",
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", title_text=unit, type="category").update_xaxes(rangemode="tozero")
    return figure.update_layout(margin={"t": 10, "b": 44})


@kept
def over_time(rows: Sequence[Row], names: Sequence[str], unit: str) -> go.Figure:
    """Lines over the time of a clip.

    Args:
        rows: `{time_s, name: value, …}`.
    """
    largest = {name: max(abs(row[name]) for row in rows) for name in names}
    said = ", ".join(f"{name.replace('_', ' ')} up to {value:.1f}" for name, value in largest.items())
    figure = theme.new(f"Over {rows[-1]['time_s']:.1f} s, in {unit}: {said}.", x="time / s", y=unit, height=330)
    for number, name in enumerate(names):
        figure.add_scatter(
            x=[row["time_s"] for row in rows], y=[row[name] for row in rows], mode="lines", name=name.replace("_", " "),
            line={"color": theme.CATEGORICAL[number], "dash": theme.DASHES[number], "width": 2},
            hovertemplate="%{x:.2f} s: %{y:.2f} " + unit,
        )  # fmt: skip
    return figure


def _photograph(image: np.ndarray, words: str) -> go.Figure:
    figure = _square(words, image.shape[:2])
    figure.add_layout_image(
        source=_png(image), x=0, y=0, sizex=image.shape[1], sizey=image.shape[0], xref="x", yref="y", layer="below",
        sizing="stretch",
    )  # fmt: skip
    return figure


def _square(words: str, shape: tuple[int, ...]) -> go.Figure:
    height, width = shape[:2]
    figure = theme.new(words, height=SIDE)
    figure.update_xaxes(visible=False, range=[0, width], constrain="domain")
    figure.update_yaxes(visible=False, range=[height, 0], scaleanchor="x", constrain="domain")
    return figure.update_layout(margin={"l": 0, "r": 0, "t": 30, "b": 0})


def _colours(count: int) -> list[str]:
    return [theme.CATEGORICAL[number % len(theme.CATEGORICAL)] for number in range(count)]


def _rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], float)


def _rounded(values: np.ndarray, digits: int) -> np.ndarray:
    return np.round(values.astype(np.float32), digits)


def _png(image: np.ndarray) -> str:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG", compress_level=1)
    return f"data:image/png;base64,{b64encode(buffer.getvalue()).decode()}"
