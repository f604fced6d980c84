"""Photographs of a set, page by page, and the set written out for others."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from workbench import inference
from workbench.widgets import sliders, states, waiting, world_export, world_set
from workbench.widgets.provenance import WORLD

AT_ONCE, SHOWN_PX = 28, 126
EVERYBODY = "everybody"


def show(catalogue: Mapping[str, Any]) -> None:
    """Draw the set's settings, a page of it, and the export."""
    with st.expander(world_set.LABEL, icon=":material/tune:"):
        spec = world_set.chosen(catalogue, 100, 10)
    whose = sliders.choose("Photographs of", [EVERYBODY, "one person"], "whose")
    if whose == EVERYBODY:
        _page(spec, range(spec["people"] * spec["photos"]), spec["photos"])
    else:
        place = st.number_input(
            "Which person of the set", 1, spec["people"], 1, key="place", bind="query-params", width=200
        )
        _page(spec, range((int(place) - 1) * spec["photos"], int(place) * spec["photos"]), 1)
    world_export.show(spec)


def _page(spec: Mapping[str, Any], numbers: range, stride: int) -> None:
    """Of everybody, the first photograph of each comes first, then the second of each."""
    ordered = [numbers[0] + place for place in _turns(len(numbers), stride)] if stride > 1 else list(numbers)
    pages = -(-len(ordered) // AT_ONCE)
    page = st.pagination(pages, key="page", bind="query-params") if pages > 1 else 1
    asked = tuple(ordered[(page - 1) * AT_ONCE : page * AT_ONCE])
    found = waiting.answer(
        f"world-grid:{world_set.name(spec)}-{asked}",
        lambda: inference.ask("grid", keep=True, by=inference.renderer(page), spec=dict(spec), indices=asked),
        "Rendering photographs",
    )
    if found is None:
        return
    with st.container(horizontal=True, gap="small"):
        for image, known in zip(found["images"], found["known"], strict=True):
            _one(image, known, spec)
    st.caption(f"{len(ordered)} photographs · {WORLD} · seed {spec['seed']}")


def _turns(count: int, stride: int) -> list[int]:
    return [start + step for step in range(stride) for start in range(0, count, stride)]


def _one(image: Any, known: Mapping[str, Any], spec: Mapping[str, Any]) -> None:
    with st.container(width=SHOWN_PX, gap="xxsmall", key=f"photo-{known['identity']}-{known['photo']}"):
        words = f"{known['group'].replace('-', ', ')}, {known['years']:.0f} years"
        covered = "" if known["occluder"] == "none" else f", {known['occluder']}"
        st.image(image, width="stretch", alt=f"A rendered person, {words}{covered}")
        query = {"view": "A person", "person": str(known["identity"]), "photo": str(known["number"])}
        if spec["groups"]:
            query["group"] = known["group"]
        st.page_link(
            states.page("world"), label=f"{known['identity']} · {known['years']:.0f} y{covered}", query_params=query
        )
