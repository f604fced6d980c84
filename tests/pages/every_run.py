"""A run of each recipe that a page shows, written into the home of the process, for tests that serve every page."""

from collections.abc import Callable

from tests.pages.arena_runs import arena_run
from tests.pages.augment_answers import deda_run
from tests.pages.distil_runs import distil_run
from tests.pages.forgetting_runs import forgetting_run
from tests.pages.guided_runs import guided_run
from tests.pages.identity_answers import identity_run
from tests.pages.instruct_runs import instruct_run
from tests.pages.quality_answers import quality_run
from tests.pages.recognition_runs import frcsyn_run
from workbench.runs import Run

MADE: dict[str, Callable[[], Run]] = {
    "arena": lambda: arena_run(crossed=True),
    "augment": deda_run,
    "distil": distil_run,
    "forgetting": lambda: forgetting_run(seeds=2),
    "identities": lambda: identity_run(model=False),
    "instruct": instruct_run,
    "quality": lambda: quality_run(("quality", "plain", "random-score")),
    "recognition": frcsyn_run,
    "reconstruction": guided_run,
}


def every_run() -> dict[str, str]:
    """Page -> the identity of a run that it shows, all of them done."""
    return {page: make().id for page, make in MADE.items()}
