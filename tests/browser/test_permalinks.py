"""An address opens the same view in a browser that was never here, on every page, and stays as it was."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.conftest import settle
from tests.pages.every_run import every_run
from workbench.app import SECTIONS
from workbench.runs import Run

pytestmark = pytest.mark.browser
SLOW_MS = 180_000
"""Some views wait for the renderer or for torch."""


@dataclass(frozen=True)
class View:
    """A state of a page.

    Attributes:
        path: its address; {arena} stands for a run.
        words: what only this state shows; waited for.
        chosen: segments that are chosen. numbers: of sliders and number fields, by their label. listed: of lists.
    """

    path: str
    words: str
    chosen: tuple[str, ...] = ()
    numbers: Mapping[str, str] = field(default_factory=dict)
    listed: Mapping[str, str] = field(default_factory=dict)


VIEWS = {
    "home": View("/?seed=3", "seed 3"),
    "lessons": View("/lessons?lesson=effort.2", "step 2 of"),
    "world": View("/world?person=12&years=60", "60 years", numbers={"Person": "12", "years": "60"}),
    "identities": View("/identities?view=Compared&method=unguided&run={identities}", "unguided: a row a person",
                       ("Compared", "unguided")),
    "augment": View("/augment?view=Ladder&setting=full&of=the+worst+group&run={augment}",
                    "De-DA part by part, full", ("Ladder", "full", "the worst group")),
    "train": View("/train?recipe=quality&preset=full", "mien train quality --preset full", ("full",),
                  listed={"Recipe": "quality"}),
    "detect": View("/detect?from=Photograph+or+clip", "Choose a picture or a clip", ("Photograph or clip",)),
    "quality": View("/quality?view=Static+and+dynamic&method=plain&epoch=2&run={quality}", "Lowest scores",
                    ("Static and dynamic",),
                    {"Epoch": "2"}, {"Method": "plain"}),
    "reconstruction": View("/reconstruction?view=Methods&run={reconstruction}", "Difference to", ("Methods",)),
    "arena": View("/arena?view=Errors&error=false+alarms&run={arena}", "The worst of each family",
                  ("Errors", "false alarms")),
    "drift": View("/drift?view=Real+against+forged&clips=16&set-seconds=2", "16 people are filmed",
                  ("Real against forged",), {"People": "16", "Length / s": "2"}),
    "attention": View("/attention?view=Flow&number=5&picture=source&detector=lora", "From the picture to the answer",
                      ("Flow", "source"), {"Number": "5"}, {"Detector": "lora"}),
    "subspaces": View("/subspaces?layer=2&when=after&run={done}", "Singular values", ("Spectrum", "after"),
                      listed={"Layer": "2"}),
    "embeddings": View("/embeddings?view=Remove+directions&order=weakest&detector=lora", "What a probe loses",
                       ("Remove directions", "weakest"), listed={"Detector": "lora"}),
    "compare": View("/compare?view=Families&first=lora&second=effort", "Difference by family", ("Families",),
                    listed={"First": "lora", "Second": "effort"}),
    "forgetting": View("/forgetting?view=Matrix&session=2&run={forgetting}", "2", ("Matrix",), {"Session": "2"}),
    "instruct": View("/instruct?view=Instructions&threshold=0.5&run={instruct}", "How alike instructions are",
                     ("Instructions",), {"Threshold": "0.5"}),
    "distil": View("/distil?view=InfoNCE&gamma=1.7&run={distil}", "OFA: a sure guide counts more", ("InfoNCE",),
                   {"Exponent γ of the OFA loss": "1.7"}),
    "recognition": View("/recognition?view=Groups&threshold=set+by+hand&cosine=0.7&run={recognition}",
                        "Accuracy by group", ("Groups", "set by hand"),
                        {"Cosine from which two faces match": "0.7"}),
    "runs": View("/runs?state=failed", "ran out of memory", ("failed",)),
}  # fmt: skip


@pytest.fixture(scope="module")
def named(home: Path, runs: dict[str, Run]) -> dict[str, str]:
    """Identities of runs, by page or by state."""
    return every_run() | {state: run.id for state, run in runs.items()}


def test_every_page_has_a_view_here() -> None:
    assert set(VIEWS) == {name for entries in SECTIONS.values() for name, _, _ in entries}


@pytest.mark.parametrize("page", VIEWS)
def test_an_address_opens_the_same_view_and_stays(
    page: str, open_tab: Callable[..., Any], named: dict[str, str]
) -> None:
    view = VIEWS[page]
    path = view.path.format(**named)
    tab = open_tab(path)
    tab.get_by_text(view.words).first.wait_for(timeout=SLOW_MS)
    settle(tab)
    for name in view.chosen:
        assert chosen(tab, name), name
    for name, value in view.numbers.items():
        assert float(number(tab, name)) == float(value), name
    for name, value in view.listed.items():
        assert value in listed(tab, name), name
    assert parse_qs(urlsplit(tab.url).query) == parse_qs(urlsplit(path).query)


def chosen(tab: Any, name: str) -> bool:
    """Whether the segment of that name is chosen."""
    segment = (
        tab.get_by_test_id("stMain")
        .locator("[role=radio], [aria-pressed]")
        .filter(has_text=re.compile(f"^{re.escape(name)}$"))
    )
    return "true" in (segment.get_attribute("aria-checked"), segment.get_attribute("aria-pressed"))


def number(tab: Any, name: str) -> str:
    """What a slider or a number field stands at."""
    return str(tab.locator(f'input[aria-label="{name}"]').first.input_value())


def listed(tab: Any, name: str) -> str:
    """What a list shows as its choice."""
    box = tab.get_by_test_id("stSelectbox").filter(has_text=name).first
    return str(box.inner_text()) + str(box.locator("input").first.input_value())
