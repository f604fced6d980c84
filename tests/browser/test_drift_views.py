"""The Drift page and clips on Detect in a browser: each view is whole, and a real clip is uploaded and read."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import settle
from tests.browser.test_look import whole
from tests.browser.test_world import drawn
from tests.data.clips_made import empty, encoded, moving

pytestmark = pytest.mark.browser
Tab = Callable[..., Any]
LONG_MS = 180_000


@pytest.fixture(scope="module")
def real_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a real photograph that moves, cut after the first to a scene without a face and back."""
    path = tmp_path_factory.mktemp("clips") / "portrait.mp4"
    pictures = [*moving(25, 320), *empty(8, 320), *moving(25, 320, start=40, mirrored=True)]
    path.write_bytes(encoded(pictures))
    return path


@pytest.mark.parametrize(
    ("view", "scheme", "width"),
    [("Organs", "light", 1280), ("Organs", "dark", 390), ("Features", "light", 1280), ("Blend by hand", "dark", 1280),
     ("Real against forged", "light", 1280), ("Streams", "light", 1280), ("Streams", "dark", 390)],
)  # fmt: skip
def test_each_view_is_whole_readable_and_named(
    view: str, scheme: str, width: int, open_tab: Tab, tmp_path: Path
) -> None:
    tab = open_tab(f"/drift?view={view.replace(' ', '+')}&seconds=1", scheme=scheme, width=width)
    tab.set_default_timeout(LONG_MS)
    if view == "Real against forged":
        tab.get_by_role("button", name="Measure").wait_for()
    else:
        tab.locator("[data-testid=stPlotlyChart]").first.wait_for()
    drawn(tab)
    whole(tab, f"drift-{view.lower().replace(' ', '-')}-{scheme}-{width}", tmp_path)


def test_a_real_clip_is_uploaded_and_its_faces_are_read(open_tab: Tab, real_clip: Path, tmp_path: Path) -> None:
    tab = open_tab("/drift?from=Your+clip")
    tab.set_default_timeout(LONG_MS)
    tab.locator("input[type=file]").set_input_files(str(real_clip))
    tab.get_by_text("How fast they move").wait_for()
    tab.get_by_text(re.compile("your clip, not kept")).first.wait_for()
    assert tab.get_by_role("radio", name="Face 2").is_visible(), "the cut ended the first track"
    whole(tab, "drift-upload", tmp_path)


def test_a_clip_on_detect_is_judged_second_by_second(open_tab: Tab, real_clip: Path, tmp_path: Path) -> None:
    tab = open_tab("/detect?from=Photograph+or+clip")
    tab.set_default_timeout(LONG_MS)
    tab.locator("input[type=file]").set_input_files(str(real_clip))
    tab.get_by_text("The moments that decide").wait_for()
    tab.get_by_text(re.compile("2 faces followed · 2 cuts")).wait_for()
    settle(tab)
    whole(tab, "detect-clip", tmp_path)
