"""The Reconstruction page in each of its views and states, without a browser and without torch."""

import pytest

from tests.pages.conftest import Open, words
from tests.pages.guided_runs import guided_run
from tests.pages.sample_runs import sample_run
from workbench.widgets.reconstruction import VIEWS

TITLES = {
    "Faces": ("What the guides carry",),
    "Weights": ("Weight and likeness by family", "Weight against likeness"),
    "Distance": ("Distance between the two guides",),
    "Methods": ("Difference to plain",),
}


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_of_a_run_opens_with_its_provenance(view: str, open_page: Open) -> None:
    run = guided_run()
    said = words(open_page("reconstruction", run=run.id, view=view))
    assert all(title in said for title in TITLES[view])
    assert f"run {run.id}" in said and "face world, not a paper's data set" in said


def test_without_a_run_the_way_is_shown(open_page: Open) -> None:
    app = open_page("reconstruction")
    assert "No DiffusionFake run yet" in words(app)
    (link,) = [link.proto for link in app.get("page_link") if link.proto.label == "Train a denoiser"]
    assert "recipe=latent" in link.query_string


def test_a_run_that_has_not_come_so_far_and_one_of_another_recipe_are_said(open_page: Open) -> None:
    assert "faces are drawn when" in words(open_page("reconstruction", run=guided_run(target="queued").id))
    assert "was trained by effort" in words(open_page("reconstruction", run=sample_run("done", steps=5).id))


def test_every_picture_has_its_words(open_page: Open) -> None:
    """Three families: picture, source, target and two drawn; and one without guide."""
    app = open_page("reconstruction", run=guided_run().id)
    captions = [image.caption for part in app.get("image") for image in part.proto.imgs]
    assert len(captions) == 3 * 5 + 1
    assert sum(" dB" in caption for caption in captions) == 6


def test_another_method_shows_its_own(open_page: Open) -> None:
    run = guided_run()
    app = open_page("reconstruction", run=run.id, view="Distance", method="shuffled")
    assert "kept = run.arrays('leaning-shuffled')" in words(app)
