"""Forgeries: a family, real beside forged, where light was forged, how well, and every knob."""

import secrets
from collections.abc import Mapping
from typing import Any

import streamlit as st

from workbench import inference
from workbench.figures import world as figures
from workbench.widgets import sliders, waiting
from workbench.widgets.card import Source, card
from workbench.widgets.provenance import WORLD
from workbench.widgets.world_person import OTHER, PERSON, PHOTO

SIZE_PX = 224
_KNOB = "knob_"


def show(catalogue: Mapping[str, Any]) -> None:
    """Draw the forgery that the address names."""
    families = catalogue["families"]
    family = sliders.choose("Family", list(families), "family", on_change=_forget_knobs)
    record = families[family]
    seen = "detectors are trained on it" if record["trained_on"] else "held out for tests"
    st.markdown(f"**{record['title']}.** {record['mirrors']} ({seen})")
    if not record["ready"]:
        st.info("This family needs weights that are not here; the command line says how they are made.")
        return
    who = _numbers(bool(record["two_people"]))
    settings = {f"{_KNOB}{name}": _setting(name, knob) for name, knob in record["knobs"].items()}
    knobs = {name.removeprefix(_KNOB): value for name, value in sliders.changed(settings).items()}
    asked = {**who, "family": family, "knobs": _typed(knobs, record["knobs"]), "size_px": SIZE_PX}
    found = waiting.answer(
        f"world-forgery:{asked}",
        lambda: inference.ask("forgery", keep=True, by=inference.renderer(who["person"]), **asked),
        "Forging",
    )
    pictures, controls = st.columns([3, 2], gap="large")
    if found is None:
        return
    with pictures:
        _pictures(found, bool(record["two_people"]))
        figure = figures.forged(found["forged"], found["mask"])
        card("Where light is forged", figure, {"mask": found["mask"]}, _source(asked), key="mask", about="forged-mask")
        figure = figures.defects(found["defects"], found["quality"])
        rows = [{"defect": name, "value": value} for name, value in found["defects"].items()]
        card("Defects", figure, rows, _source(asked), key="defects", about="defects")
    with controls:
        words = "1 is flawless: one minus the weighted mean of the defects."
        st.metric("Quality Q*", f"{found['quality']:.2f}", help=words)
        base = {f"{_KNOB}{name}": _shown(value) for name, value in found["drawn"].items()}
        sliders.draw(settings, [name for name in settings if name in base], base, f"{family}-{who['seed']}")


def _numbers(two_people: bool) -> dict[str, Any]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        person = sliders.number("Person", "person", PERSON)
        photo = sliders.number("Photograph", "photo", PHOTO)
        other = sliders.number("With the face of", "source", OTHER) if two_people else OTHER
        seed = sliders.number("Forgery", "forgery", 1)
        st.button("Another forgery", icon=":material/casino:", on_click=_another)
    return {"person": person, "photo": photo, "source": other, "seed": seed}


def _another() -> None:
    st.session_state["forgery"] = secrets.randbelow(sliders.NUMBERS)
    _forget_knobs()


def _forget_knobs() -> None:
    sliders.forget([name for name in st.query_params if name.startswith(_KNOB)])


def _setting(name: str, knob: Mapping[str, Any]) -> dict[str, Any]:
    low, high = knob.get("low", 0.0), knob.get("high", 1.0)
    choices = tuple(str(choice) for choice in knob.get("choices", ()))
    if not choices and low == high:
        choices = (f"{low:g}",)
    return {"what": f"As forgeries of this family are drawn: {name}", "low": low, "high": high, "unit": "",
            "choices": choices, "label": name}  # fmt: skip


def _shown(value: Any) -> Any:
    return str(value) if isinstance(value, bool | str) else value


def _typed(knobs: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Knobs as the family draws them: whole numbers, truth values and names."""
    found = {}
    for name, value in knobs.items():
        choices = known[name].get("choices")
        if choices:
            found[name] = next(choice for choice in choices if str(choice) == value)
        else:
            found[name] = round(float(value)) if known[name].get("whole") else float(value)
    return found


def _pictures(found: Mapping[str, Any], two_people: bool) -> None:
    shown = [("real", "Real"), *([("source", "The other face")] if two_people else []), ("forged", "Forged")]
    for column, (name, caption) in zip(st.columns(len(shown)), shown, strict=True):
        column.image(found[name], width="stretch", caption=caption, alt=f"{caption}: a rendered photograph")


def _source(asked: Mapping[str, Any]) -> Source:
    person, photo, source, seed = (asked[name] for name in ("person", "photo", "source", "seed"))
    line = f"{asked['family']} · person {person} · photograph {photo} · forgery {seed} · {WORLD}"
    load = (
        "from engines.faceworld.forgery import forge\nfrom engines.faceworld.people import Person\n"
        "from engines.faceworld.photo import Photo\n\n"
        f"target, photo, source = Person.sample({person}), Photo.sample({photo}), Person.sample({source})\n"
        f"made = forge({asked['family']!r}, target, photo, source, {seed}, {asked['knobs']!r}, {asked['size_px']})"
    )
    return Source(line, "", load)
