"""What leaves a figure card: files that open elsewhere with the numbers that were drawn."""

import csv
import io
import shutil

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.figures import theme
from workbench.widgets import exports

ROWS = [{"family": "swap", "auc": 0.5}, {"family": "a,b", "auc": 0.75, "seed": 1}]


def test_rows_become_csv_with_every_column() -> None:
    assert exports.to_csv(ROWS) == 'family,auc,seed\nswap,0.5,\n"a,b",0.75,1\n'


@given(
    st.lists(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=2), min_size=1, max_size=5)
)
def test_arrays_become_csv_and_back(values: list[list[float]]) -> None:
    rows = list(csv.DictReader(io.StringIO(exports.to_csv({"x": np.array(values)}))))
    back = np.zeros((len(values), 2))
    for row in rows:
        back[tuple(map(int, row["index"].split()))] = float(row["value"])
    assert np.array_equal(back, np.array(values))


def test_arrays_become_npz_and_back_without_pickles() -> None:
    data = {"names": np.array(["q", "k"]), "values": np.eye(2)}
    with np.load(io.BytesIO(exports.to_npz(data)), allow_pickle=False) as found:
        assert found["names"].tolist() == ["q", "k"]
        assert np.array_equal(found["values"], np.eye(2))


def test_rows_become_columns_of_an_npz() -> None:
    with np.load(io.BytesIO(exports.to_npz(ROWS)), allow_pickle=False) as found:
        assert found["family"].tolist() == ["swap", "a,b"]
        assert np.isnan(found["seed"][0])


def test_html_stands_alone_on_paper() -> None:
    page = exports.to_html(theme.new("Words.").add_scatter(y=[1, 2]), "A title")
    assert "A title" in page
    assert theme.PAGE["light"] in page
    assert "cdn.plot.ly" not in page.split("</script>")[-2], "no library from elsewhere"


@pytest.mark.skipif(not exports.has_browser(), reason="A PNG needs Chromium or Chrome")
def test_png_is_a_picture_of_the_asked_size() -> None:
    from PIL import Image

    picture = Image.open(io.BytesIO(exports.to_png(theme.new("Words.", height=300).add_scatter(y=[1, 2]), "A title")))
    assert picture.size == (2000, 732)


def test_without_a_browser_the_sentence_says_what_to_use(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*args: object, **kwargs: object) -> bytes:
        raise RuntimeError("no browser")

    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(go.Figure, "to_image", fails)
    assert not exports.has_browser()
    with pytest.raises(exports.NoBrowser, match=r"none was found.*camera in the figure's corner"):
        exports.to_png(theme.new("Words."), "A title")
