"""A figure and its data as files: CSV, NPZ, HTML, PNG."""

import csv
import io
import shutil
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from engines.errors import MienError
from workbench.figures import theme

Rows = Sequence[Mapping[str, Any]]
Arrays = Mapping[str, np.ndarray]
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")


class NoBrowser(MienError):
    """A PNG is drawn by a browser, and this machine has none that can be found."""


def to_csv(data: Rows | Arrays) -> str:
    """Rows as they are; arrays in long form, one line for each number with its index in each dimension."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if isinstance(data, Mapping):
        writer.writerow(["array", "index", "value"])
        for name, values in data.items():
            array = np.asarray(values)
            writer.writerows((name, " ".join(map(str, index)), value) for index, value in np.ndenumerate(array))
    else:
        columns = list(dict.fromkeys(key for row in data for key in row))
        writer.writerow(columns)
        writer.writerows([row.get(column, "") for column in columns] for row in data)
    return text.getvalue()


def to_npz(data: Rows | Arrays) -> bytes:
    """Arrays by name; of rows, a column each."""
    buffer = io.BytesIO()
    arrays = data if isinstance(data, Mapping) else _columns(data)
    named: dict[str, Any] = {str(name): np.asarray(values) for name, values in arrays.items()}
    np.savez_compressed(buffer, **named)
    return buffer.getvalue()


def to_html(figure: go.Figure, title: str) -> str:
    """A page of its own, with the drawing library inside, that opens without a network."""
    copy = theme.dressed(figure, "light", paper=True).update_layout(title_text=title, margin_t=110)
    return str(copy.to_html(include_plotlyjs=True, full_html=True))


def to_png(figure: go.Figure, title: str) -> bytes:
    """A picture at twice the screen's resolution.

    Raises:
        NoBrowser: no Chromium or Chrome was found; the message says what to use instead.
    """
    copy = theme.dressed(figure, "light", paper=True).update_layout(title_text=title, margin_t=110)
    height = int(copy.layout.height or 400) + 66
    try:
        return bytes(copy.to_image("png", width=1000, height=height, scale=2))
    except Exception as error:  # kaleido tells every failure of its browser in its own way
        if any(shutil.which(name) for name in _BROWSERS):
            raise NoBrowser(f"The browser that draws the PNG failed ({type(error).__name__}). {_INSTEAD}") from error
        raise NoBrowser(
            f"A PNG is drawn by Chromium or Chrome, and none was found on the server. {_INSTEAD}"
        ) from error


def has_browser() -> bool:
    """Whether a browser that can draw a PNG is on the path."""
    return any(shutil.which(name) for name in _BROWSERS)


_INSTEAD = "The camera in the figure's corner saves a PNG from your own browser."


def _columns(rows: Rows) -> dict[str, np.ndarray]:
    columns = dict.fromkeys(key for row in rows for key in row)
    return {key: np.asarray([row.get(key, np.nan) for row in rows]) for key in columns}
