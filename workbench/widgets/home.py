"""The pieces of the first page: the three doors, people from the world, and what is here."""

import streamlit as st

from engines import recipes
from workbench import inference
from workbench.runs import shipped_runs
from workbench.widgets import states, waiting
from workbench.widgets.provenance import WORLD

FINISHED = next(({"run": run.id} for run in shipped_runs() if run.spec.recipe == "effort"), {})
DOORS: tuple[tuple[str, str, tuple[tuple[str, str, dict[str, str]], ...]], ...] = (
    ("Teach", "Open a lesson beside a figure, press play, and something true happens while the class watches.",
     (("Lessons, one a system", "lessons", {}),
      ("Train, lessons open", "train", {"recipe": "effort", "preset": "demo", "teach": "1"}))),
    ("Research", "Bring a tower or a data set, train beside the rivals, and see spectra, movement and attention.",
     (("Start a training", "train", {}), ("Compare two detectors", "compare", {}))),
    ("Review", "Each figure carries its data, its seed, its interval, and the command that makes it again.",
     (("See a finished experiment", "train", FINISHED), ("Judge a photograph", "detect", {}))),
)  # fmt: skip
"""Title, what for, and links: label, page, parameters."""
PEOPLE = 6
_FACE_PX = 122


def doors() -> None:
    """Three ways in."""
    for (title, text, links), column in zip(DOORS, st.columns(3), strict=True):
        with column, st.container(border=True, height="stretch", key=f"door-{title.lower()}"):
            st.markdown(f"## {title}")
            st.write(text)
            for label, page, query in links:
                st.page_link(states.page(page), label=label, icon=":material/arrow_forward:", query_params=query)


def people() -> None:
    """Rendered people above, and below the same photographs forged; new ones at a click."""
    seed = int(st.query_params.get("seed", "1") if st.query_params.get("seed", "1").isdigit() else 1)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown("## A world whose truth is known", width="content")
        st.button("New people", icon=":material/casino:", on_click=lambda: st.query_params.update(seed=str(seed + 1)))
    st.write(
        "Nobody here exists. Above, rendered people; below, the same photographs forged. Who, how and where is known"
        " for each, so a detector can be told exactly what it got wrong."
    )
    found = waiting.answer(
        f"world:{seed}",
        lambda: inference.ask("world", keep=True, by=inference.renderer(seed), seed=seed, count=PEOPLE),
        "Rendering people",
    )
    if found is None:
        return
    with st.container(horizontal=True):
        for real, fake, family in zip(found["real"], found["fake"], found["families"], strict=True):
            with st.container(width=_FACE_PX, gap="small"):
                st.image(real, width="stretch", alt="A rendered person")
                st.image(fake, width="stretch", alt=f"The same photograph forged: {family}", caption=family)
    st.caption(f"{WORLD} · seed {seed}")


def systems() -> None:
    """The recipes that can be run here."""
    st.markdown("## What runs here")
    for recipe in recipes.everything():
        st.markdown(
            f"**{recipe.title}** · `{recipe.name}`  \n{recipe.says}"
            f" [{recipe.paper.title}]({recipe.paper.link}), {recipe.paper.venue}."
        )
