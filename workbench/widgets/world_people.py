"""Who is in a set, and how well people are told apart: those of the world, and a visitor's own photographs."""

import hashlib
from collections.abc import Mapping
from typing import Any

import streamlit as st

from workbench import inference
from workbench.figures import world as figures
from workbench.widgets import sliders, waiting, world_set
from workbench.widgets.card import Source, card
from workbench.widgets.provenance import WORLD

CONSENT = (
    "Bring only photographs you may show. They are compared in memory on the machine that runs Mien and not kept;"
    " nothing is sent anywhere else."
)
FORMATS = ("jpg", "jpeg", "png", "webp", "bmp")
_MAX_MB = 50
_PAIR_PX = 148
TABLES = {
    "groups": ("Demographic groups", "people"),
    "years": ("Ages in years", "people"),
    "skin": ("Skin tone", "people"),
    "hair": ("Hair", "people"),
    "beard": ("Beards", "people"),
    "glasses": ("Glasses", "people"),
    "yaw": ("Turned sideways, degrees", "photographs"),
    "pitch": ("Turned up or down, degrees", "photographs"),
    "occluders": ("Before the face", "photographs"),
    "places": ("Behind the face", "photographs"),
}
"""Table -> its title and what is counted."""


def show(catalogue: Mapping[str, Any]) -> None:
    """Draw what is asked about people."""
    rows = {"Who is here": _demographics, "Told apart": _identity, "Your photographs": _own}
    rows[sliders.choose("About", list(rows), "about", shown=False)](catalogue)


def _demographics(catalogue: Mapping[str, Any]) -> None:
    with st.expander(world_set.LABEL, icon=":material/tune:"):
        spec = world_set.chosen(catalogue, 200, 2)
    found = waiting.answer(
        f"world-demographics:{world_set.name(spec)}",
        lambda: inference.ask("demographics", keep=True, by=inference.renderer(1), spec=spec),
        "Counting",
    )
    if found is None:
        return
    line = f"{spec['people']} people, {spec['people'] * spec['photos']} photographs · seed {spec['seed']} · {WORLD}"
    load = (
        "from engines.faceworld.photographs import WorldSpec\nfrom engines.faceworld.stats import demographics\n\n"
        f"found = demographics(WorldSpec(**{spec!r}))"
    )
    source = Source(line, world_set.command("mien world stats", spec), load)
    counted = sliders.choose("Counted", ("people", "photographs"), "counted", shown=False)
    columns = st.columns(2, gap="medium")
    for number, name in enumerate(name for name in found if TABLES[name][1] == counted):
        (title, of), rows = TABLES[name], found[name]
        with columns[number % 2]:
            code = f'from workbench.figures import world\n\nworld.counts(found["{name}"], "{of}")'
            card(
                title,
                figures.counts(rows, of),
                rows,
                source,
                key=name,
                about="skin-tone" if name == "skin" else "demographics",
                code=code,
            )


def _identity(catalogue: Mapping[str, Any]) -> None:
    with st.expander(world_set.LABEL, icon=":material/tune:"):
        spec = world_set.chosen(catalogue, 40, 4)
    found = waiting.answer(
        f"world-identity:{world_set.name(spec)}",
        lambda: inference.ask("told_apart", keep=True, spec=spec),
        "Telling people apart",
    )
    if found is None:
        return
    line = f"{found['people']} people, {found['pictures']} photographs · seed {spec['seed']} · {WORLD}"
    load = (
        "from engines.faceworld.photographs import WorldSpec\nfrom workbench.identities import of_world\n\n"
        f"found = of_world(WorldSpec(**{spec!r}))"
    )
    _told(found, Source(line, world_set.command("mien world identity", spec), load))


def _own(_: Mapping[str, Any]) -> None:
    st.caption(CONSENT)
    files = st.file_uploader(
        "A folder with a folder of photographs for each person, or files named as in anna_1.jpg",
        FORMATS, accept_multiple_files="directory", key="own-photographs", max_upload_size=_MAX_MB,
    )  # fmt: skip
    if not files:
        st.info(
            "Choose a folder above: at least two people, and two photographs of one of them.",
            icon=":material/folder_open:",
        )
        return
    data = {file.name: file.getvalue() for file in files}
    name = hashlib.blake2s(
        "".join(f"{key} {len(value)}" for key, value in data.items()).encode(), digest_size=8
    ).hexdigest()
    found = waiting.answer(
        f"world-own:{name}", lambda: inference.ask("own_people", files=data), "Finding and comparing faces"
    )
    if found is None:
        return
    if found["missed"]:
        st.warning(f"No face was found in {', '.join(found['missed'][:5])}.", icon=":material/person_off:")
    line = f"{found['found']} faces in {found['pictures']} photographs of your own, not kept"
    _told(found, Source(line, "mien world identity --folder YOUR-FOLDER"))


def _told(found: Mapping[str, Any], source: Source) -> None:
    st.write(
        "An embedder trained on photographs, which never saw a rendered face, measures how far apart two pictures are."
        " The equal error rate is where as many strangers pass as one person as pictures of one person do not."
    )
    titles = {
        "pairs": ("Equal error rate", "pairs", ""),
        "by_yaw": ("By difference of yaw", "", "degrees apart"),
        "by_years": ("By years between", "", "years apart"),
        "by_occluder": ("Plain against covered", "kind", ""),
    }
    shown = [name for name in titles if len(found.get(name, ())) > (name == "by_years")]  # one age gap is no curve
    columns = st.columns(2, gap="medium")
    for number, name in enumerate(shown):
        title, label, unit = titles[name]
        code = f'from workbench.figures import world\n\nworld.error_rates(found["{name}"], "{label}", "{unit}")'
        with columns[number % 2]:
            figure = figures.error_rates(found[name], label, unit)
            card(title, figure, found[name], source, key=name, about="error-rate", code=code)
    _pairs("Strangers who look alike", found["closest"], found["crops"])
    _pairs("One person, unlike themselves", found["farthest"], found["crops"])


def _pairs(title: str, pairs: Any, crops: Mapping[int, Any]) -> None:
    st.markdown(f"## {title}")
    with st.container(horizontal=True):
        for pair in pairs:
            with st.container(width=_PAIR_PX, gap="xxsmall"), st.container(horizontal=True, gap="xxsmall"):
                for number, person in zip((pair["first"], pair["second"]), pair["people"], strict=True):
                    st.image(crops[number], width=_PAIR_PX // 2 - 4, alt=f"A photograph of {person}")
                st.caption(
                    f"{pair['people'][0]} and {pair['people'][1]}: {pair['distance']:.2f}"
                    if pair["people"][0] != pair["people"][1]
                    else f"{pair['people'][0]}: {pair['distance']:.2f}"
                )
