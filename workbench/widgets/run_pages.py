"""The pages that show more of a run, once it has come far enough."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import streamlit as st

from workbench.runs import Run
from workbench.widgets import states
from workbench.widgets.identities import COMPARED, has_identities
from workbench.widgets.quality_run import has_pacing
from workbench.widgets.reconstruction import has_faces
from workbench.widgets.subspaces import has_spectra


class Page(NamedTuple):
    """A page, its title and icon, whether it has something of a run, and the view it opens with, if not its first."""

    name: str
    title: str
    icon: str
    shows: Callable[[Run], bool]
    view: str = ""


def _of(recipe: str) -> Callable[[Run], bool]:
    return lambda run: run.spec.recipe == recipe


PAGES = (
    Page("subspaces", "Subspaces", ":material/ssid_chart:", has_spectra),
    Page("quality", "Quality", ":material/high_quality:", has_pacing),
    Page("reconstruction", "Reconstruction", ":material/flip:", has_faces),
    Page("drift", "Drift", ":material/motion_blur:", _of("video"), "Streams"),
    Page("arena", "Arena", ":material/leaderboard:", _of("arena")),
    Page("identities", "Identities", ":material/diversity_3:", has_identities, COMPARED),
    Page("augment", "Augment", ":material/layers:", _of("deda"), "Comparison"),
    Page("forgetting", "Forgetting", ":material/history_toggle_off:", _of("safe")),
    Page("instruct", "Instruct", ":material/quiz:", _of("llaca")),
    Page("distil", "Distil", ":material/science:", _of("tas")),
    Page("recognition", "Recognition", ":material/fingerprint:", _of("frcsyn")),
)


def of(run: Run) -> Iterator[Page]:
    """The pages that have something to show of a run."""
    return (page for page in PAGES if page.shows(run))


def links(run: Run) -> None:
    """Draw a link to each."""
    for page in of(run):
        st.page_link(
            states.page(page.name), label=f"Open in {page.title}", icon=page.icon,
            query_params={"run": run.id} | ({"view": page.view} if page.view else {}),
        )  # fmt: skip
