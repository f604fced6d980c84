"""The Reconstruction page in a browser: each view is whole, readable and named, and faces are drawn while one waits."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.test_look import whole
from tests.browser.test_world import drawn
from tests.pages.guided_runs import guided_run
from workbench.runs import Run
from workbench.widgets.reconstruction import LIVE, VIEWS

pytestmark = pytest.mark.browser
Tab = Callable[..., Any]


@pytest.fixture(scope="module")
def guided(home: Path) -> Run:
    """A run of the recipe that has ended, with a detector and guides of random weights in their true formats."""
    run = guided_run()
    _fill(run.folder / "artifacts" / "model", run.spec.config)
    return run


def _fill(folder: Path, config: Any) -> None:
    from engines.backbones import denoiser
    from engines.detection.detector import build
    from engines.detection.diffusionfake import assembly
    from engines.detection.diffusionfake.recipe import DiffusionFakeConfig

    settings = DiffusionFakeConfig.build(config)
    card = {
        "name": "diffusionfake", "tower": settings.tower, "method": settings.tuned, "options": {}, "seed": 0,
        "head": settings.head, "crop_px": settings.crop_px, "config": config, "data": "face world",
        "calibration": {"scale": 1.0, "bias": 0.0, "threshold": 0.5},
    }  # fmt: skip
    detector = build(card)
    detector.save(folder)
    learner = assembly.assemble(detector, denoiser.build(settings.denoiser), settings)
    assembly.save_guides(assembly.guides_of(learner), "diffusionfake", folder)


WINDOWS = [*((view, 1280, "light") for view in VIEWS), ("Faces", 390, "dark"), (LIVE, 390, "light")]  # fmt: skip


@pytest.mark.parametrize(("view", "width", "scheme"), WINDOWS)
def test_each_view_is_whole_readable_and_named(
    view: str, width: int, scheme: str, open_tab: Tab, guided: Run, tmp_path: Path
) -> None:
    tab = open_tab(f"/reconstruction?view={view}&run={guided.id}", scheme=scheme, width=width)
    drawn(tab)
    whole(tab, f"reconstruction-{view.lower()}-{width}-{scheme}", tmp_path)


def test_another_noise_draws_anew_and_the_address_brings_it_back(open_tab: Tab, guided: Run) -> None:
    tab = open_tab(f"/reconstruction?view={LIVE}&run={guided.id}&steps=4")
    drawn(tab)
    tab.get_by_text("Step by step").wait_for()
    source = tab.get_by_role("img", name=re.compile("^Source, drawn, .* dB")).first
    before = source.get_attribute("src")
    tab.get_by_role("button", name="Other noise").click()
    tab.wait_for_url(re.compile("seed="))
    drawn(tab)
    assert source.get_attribute("src") != before
    after = tab.get_by_text(re.compile("noise [1-9][0-9]* · 4 steps")).first.inner_text()
    other = open_tab(tab.url[tab.url.index("/reconstruction") :])
    drawn(other)
    assert other.get_by_text(after).first.is_visible()


def test_a_drawing_can_be_cancelled_and_begun_again(open_tab: Tab, guided: Run) -> None:
    tab = open_tab(f"/reconstruction?view={LIVE}&run={guided.id}&steps=100&seed=7")
    tab.get_by_role("button", name="Cancel").click()
    tab.get_by_text("The question was withdrawn.").wait_for()
    tab.get_by_role("button", name="Try again").wait_for()
