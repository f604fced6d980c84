"""How soon a slider of the World page shows its picture, alone and with ten people at theirs: `make benchmark`."""

import itertools
import threading
import time
from statistics import median
from typing import Any

import pytest
from test_pages import ROOT

from workbench import inference

WHO = {"person": 7, "photo": 5, "group": None, "size_px": 224, "controls": {}, "truth": ""}
USERS, MOVES = 10, 6


@pytest.fixture(scope="module", autouse=True)
def renderers():
    """The real processes, warm."""
    inference.ask("catalogue", keep=True, by=inference.renderer(0)).result(300)
    for number in range(inference.RENDERERS):
        inference.ask("warm_world", keep=True, by=inference.renderer(number)).result(300)
    yield
    inference.close()


@pytest.fixture
def page(tmp_path, monkeypatch):
    """The page of a person, after its first run."""
    from streamlit.testing.v1 import AppTest

    monkeypatch.setenv("MIEN_HOME", str(tmp_path))
    monkeypatch.setattr(inference, "warm", lambda: None)
    app = AppTest.from_file(str(ROOT / "workbench" / "app.py"), default_timeout=60).run()
    return app.switch_page(str(ROOT / "pages" / "world.py")).run()


@pytest.mark.benchmark(group="a slider of the World page, 224 px")
def test_a_slider_alone(benchmark: Any, page: Any) -> None:
    """The whole rerun on the server: every control, the photograph and five other ages."""
    ages = itertools.count(200)
    page.run()

    def move() -> Any:
        years = next(each for each in page.slider if each.label == "years")
        return years.set_value(next(ages) / 10).run()

    ran = benchmark.pedantic(move, rounds=9, warmup_rounds=1)
    assert not ran.exception


@pytest.mark.benchmark(group="a slider of the World page, 224 px")
def test_ten_people_at_once(benchmark: Any) -> None:
    """From the question to the picture, of ten people who each move a slider of their own person."""
    took: list[float] = []

    def user(number: int) -> None:
        for move in range(MOVES):
            start = time.monotonic()
            traits = {"years": 20 + number + move / 10}
            asked = {**WHO, "person": number, "traits": traits}
            inference.ask("portrait", by=inference.renderer(number), **asked).result(60)
            took.append(time.monotonic() - start)
            time.sleep(1)  # nobody moves faster, to look at what changed

    def everybody() -> None:
        threads = [threading.Thread(target=user, args=(number,)) for number in range(USERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    benchmark.pedantic(everybody, rounds=1)
    benchmark.extra_info["median_ms"] = round(1000 * median(took))
    assert len(took) == USERS * MOVES
