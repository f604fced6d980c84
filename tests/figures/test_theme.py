"""Colours that everyone can tell apart, on both pages, and figures that say themselves in words."""

import itertools
import tomllib
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

from workbench.figures import theme
from workbench.theme import STREAMLIT_OPTIONS

# Machado, Oliveira and Fernandes, 2009: what eyes without one kind of cone see, in linear RGB.
DEFICIENCIES = {
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "none": np.eye(3).tolist(),
}


def linear(colour: str) -> np.ndarray:
    values = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def contrast(first: str, second: str) -> float:
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    xyz = np.clip(rgb, 0, 1) @ np.array([[0.4124, 0.2126, 0.0193], [0.3576, 0.7152, 0.1192], [0.1805, 0.0722, 0.9505]])
    f = np.cbrt(xyz / [0.9505, 1.0, 1.089])
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_contrast_of_black_and_white_is_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("colour", theme.CATEGORICAL)
def test_marks_stand_out_on_both_pages(colour: str) -> None:
    assert contrast(colour, theme.PAGE["light"]) >= 3
    assert contrast(theme.TWINS[colour], theme.PAGE["dark"]) >= 3


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_is_readable(mode: theme.Mode) -> None:
    template = theme.template(mode).layout
    assert contrast(template.font.color, theme.PAGE[mode]) >= 7
    assert contrast(template.xaxis.tickfont.color, theme.PAGE[mode]) >= 4.5


@pytest.mark.parametrize("eyes", DEFICIENCIES)
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_first_four_colours_differ_to_all_eyes(eyes: str, mode: theme.Mode) -> None:
    """Four lines are the most that any figure tells apart by colour first; the rest also differ in shape."""
    colours = [c if mode == "light" else theme.TWINS[c] for c in theme.CATEGORICAL[:4]]
    seen = [lab(np.array(DEFICIENCIES[eyes]) @ linear(colour)) for colour in colours]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 11


def test_dark_figures_carry_only_twins() -> None:
    figure = theme.new("a line", x="x", y="y").add_scatter(y=[1, 2], line={"color": theme.BLUE})
    figure.add_scatter(y=[2, 1], fill="tozeroy", fillcolor=theme.translucent(theme.FAKE, 0.2))
    dark = theme.dressed(figure, "dark")
    assert dark.data[0].line.color == theme.TWINS[theme.BLUE]
    assert dark.data[1].fillcolor == "rgba(240,132,66,0.2)"
    assert figure.data[0].line.color == theme.BLUE, "the figure itself is left alone"
    assert theme.alt(dark) == "a line"


def test_paper_is_drawn_only_for_files() -> None:
    figure = theme.new("nothing")
    assert theme.dressed(figure).layout.paper_bgcolor is None
    assert theme.dressed(figure, "dark", paper=True).layout.paper_bgcolor == theme.PAGE["dark"]


def test_the_theme_file_repeats_the_palette_and_the_pages() -> None:
    with Path(str(STREAMLIT_OPTIONS["theme.base"])).open("rb") as file:
        options = tomllib.load(file)["theme"]
    assert tuple(options["chartCategoricalColors"]) == theme.CATEGORICAL
    assert {mode: options[mode]["backgroundColor"] for mode in ("light", "dark")} == theme.PAGE
    assert {mode: options[mode]["textColor"] for mode in ("light", "dark")} == theme.INK


def test_new_figures_have_words_and_axes() -> None:
    figure = theme.new("Words.", x="step", y="loss", height=200)
    assert isinstance(figure, go.Figure)
    assert (theme.alt(figure), figure.layout.xaxis.title.text, figure.layout.height) == ("Words.", "step", 200)
