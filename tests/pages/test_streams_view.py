"""Drift's view of a trained detector's streams, of the run that comes with Mien, without a browser."""

import pytest

from tests.pages.arena_runs import arena_run
from tests.pages.conftest import Open, words
from workbench import jobs
from workbench.runs import shipped_runs
from workbench.widgets.drift import STREAMS

VIDEO = next(run for run in shipped_runs() if run.spec.recipe == "video")


@pytest.mark.parametrize(
    ("part", "titles"),
    [
        ("Methods", ("AUC by forgery family", "Difference to average")),
        ("Without a stream", ("AUC of sta with a part taken away", "How loud each stream is, drift-swap")),
        ("Where it looks", ("What each stream looks at, layer 4", "From frame to frame, layer 4")),
    ],
)
def test_the_run_that_comes_with_mien_is_drawn(part: str, titles: tuple[str, ...], open_page: Open) -> None:
    said = words(open_page("drift", view=STREAMS, part=part))
    assert all(title in said for title in titles)
    assert f"run {VIDEO.id}" in said and "face world, not a paper's data set" in said


def test_a_family_and_a_layer_are_in_the_address(open_page: Open) -> None:
    said = words(open_page("drift", view=STREAMS, part="Where it looks", family="flicker", layer="2"))
    assert "What each stream looks at, layer 2" in said


@pytest.mark.usefixtures("no_shipped_runs")
def test_without_a_run_the_next_step_is_named(open_page: Open) -> None:
    assert "No detector of clips yet" in words(open_page("drift", view=STREAMS))


def test_a_run_without_streams_is_said(open_page: Open) -> None:
    other = arena_run()
    assert "only the recipe video trains on clips" in words(open_page("drift", view=STREAMS, run=other.id))
    waiting = jobs.submit("video", "tiny")
    assert "its streams are looked into when" in words(open_page("drift", view=STREAMS, run=waiting.id))
