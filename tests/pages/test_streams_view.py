"""Drift's view of a trained detector's streams, of the run that comes with Mien, without a browser."""

import pytest

from tests.pages.arena_runs import arena_run
from tests.pages.conftest import Open, words
from workbench import jobs
from workbench.journal import FolderJournal
from workbench.runs import shipped_runs
from workbench.widgets.drift import STREAMS
from workbench.widgets.drift_streams import PARTS

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


@pytest.mark.parametrize("part", PARTS)
def test_a_run_that_has_said_nothing_yet_or_ended_early_is_said(part: str, open_page: Open) -> None:
    run = jobs.submit("video", "tiny")
    app = open_page("drift", view=STREAMS, part=part, run=run.id)
    assert f"{part} appears when the first training has ended" in words(app)
    assert "Stop" in [button.label for button in app.button]
    jobs.stop(run.id)
    assert "This run" in words(open_page("drift", view=STREAMS, part=part, run=run.id))


def test_a_run_is_drawn_as_far_as_it_has_come(open_page: Open) -> None:
    """Streams are said before the balance, and both before the AUC of the method."""
    run = jobs.submit("video", "tiny")
    journal = FolderJournal(run.folder)
    journal.table("streams", VIDEO.tables("streams"))
    journal.close()
    assert "Without a stream appears when" in words(
        open_page("drift", view=STREAMS, part="Without a stream", run=run.id)
    )
