"""The Augment page: a picture by hand under each method, and a run's comparison of them."""

from collections.abc import Callable, Mapping
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from engines.augmentation.deda.recipe import SETTINGS
from workbench import inference
from workbench.figures import augment
from workbench.runs import Run
from workbench.widgets import sliders, states, waiting
from workbench.widgets.card import Source, card
from workbench.widgets.pickers import run_picker
from workbench.widgets.provenance import WORLD, of_run

STRENGTHS = (0.1, 0.2, 0.3, 0.45, 0.6, 0.75)
PERSON, OTHER, PHOTO = 3, 8, 5
PLACES = ("park", "room", "evening", "studio", "kitchen", "street", "shelves", "window", "office")
EDITORS = {
    "sdedit": "Edits are by the bundled denoiser of rendered faces, without learned words.",
    "jitter": "There is no denoiser on this machine, so edits are a smooth warp with a change of colour. Train one with"
    " the recipe latent for diffusion.",
}
EPOCHS = {"best": "Best epoch", "last": "Last epoch"}
_MAX_MB = 20
Tables = Mapping[str, list[dict[str, Any]]]


def is_comparison(run: Run) -> bool:
    """Whether a run compares augmentations."""
    return run.spec.recipe == "deda"


def show() -> None:
    """Draw the chosen view."""
    view = sliders.choose("View", [*BY_HAND, *OF_RUN], "view", shown=False)
    if view in BY_HAND:
        return BY_HAND[view]()
    run = run_picker(is_comparison)
    if run is None:
        return states.empty(
            "No comparison yet",
            "This view shows classifiers trained under each method on the same pictures. The first three views need no"
            " run.",
            "Train the demo", "train", recipe="deda", preset="demo",
        )  # fmt: skip
    if not is_comparison(run) or not run.digest().tables.get("methods"):
        return _nothing_yet(run)
    return OF_RUN[view](run)


def _nothing_yet(run: Run) -> None:
    if is_comparison(run):
        words = f"Run {run.id} is {run.state}; numbers appear when its first training ends."
    else:
        words = f"Run {run.id} was trained by {run.spec.recipe}; only the recipe deda compares augmentations."
    states.empty("This run compares nothing yet", words, "Watch the run", "train", run=run.id)


def _subject() -> dict[str, Any] | None:
    """Whose picture: a rendered person by number, or a photograph; None while there is none."""
    whose = sliders.choose("Picture", ["Rendered person", "Your photograph"], "whose")
    if whose == "Your photograph":
        st.caption("It is taken apart in memory on the machine that runs Mien, and not kept.")
        file = st.file_uploader("Photograph", ["jpg", "jpeg", "png", "webp"], key="file", max_upload_size=_MAX_MB,
                                label_visibility="collapsed")  # fmt: skip
        if file is None:
            st.info("Choose a photograph with a face above.", icon=":material/add_photo_alternate:")
            return None
        return {"number": 0, "photo": PHOTO, "data": file.getvalue()}
    with st.container(horizontal=True, gap="medium"):
        number = sliders.number("Person", "person", PERSON)
        photo = sliders.number("Photo", "photo", PHOTO)
    return {"number": number, "photo": photo}


def _methods() -> None:
    asked = _subject()
    if asked is None:
        return
    with st.container(horizontal=True, gap="medium"):
        other, seed = sliders.number("Mixed with person", "other", OTHER), sliders.number("Draw", "seed", 0)
    found = _answer("augmented", "Mixing and editing", {**asked, "other": other, "seed": seed})
    if found:
        st.caption(EDITORS[found["editor"]])
        line = f"{_who(asked)} with person {other} · draw {seed} · {WORLD}"
        _card("What each method makes of it", augment.grid(found["pictures"]), found["pictures"], Source(line),
              "methods", "augment-methods")  # fmt: skip


def _layers() -> None:
    asked = _subject()
    if asked is None:
        return
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        other = sliders.number("Place of person", "other", OTHER)
        place = str(st.selectbox("Kind of place", PLACES, key="place", bind="query-params", width=170))
    with st.container(horizontal=True, gap="medium"):
        scale = _slider("Size", 0.3, 1.5, 1.0, "scale")
        right, down = _slider("Right", -0.5, 0.5, 0.0, "right"), _slider("Down", -0.5, 0.5, 0.0, "down")
        turn = _slider("Turn / degrees", -45.0, 45.0, 0.0, "turn")
    how = {"other": other, "place": place, "scale": scale, "right": right, "down": down, "turn_deg": turn}
    found = _answer("apart", "Taking it apart", {**asked, **how})
    if found:
        titles = {"picture": "picture", "mask": "mask", "object": "object (CDP)", "holed": "place with its hole",
                  "filled": "place, filled (CIP)", "behind": "another's place", "together": "together"}  # fmt: skip
        named = {title: _rgb(found[name]) for name, title in titles.items()}
        st.caption(f"Mask: {found['source']}, {found['area']:.0%} of the picture.")
        line = f"{_who(asked)} before a {place} · {WORLD}"
        _card("Layers", augment.grid(named, 4), named, Source(line), "layers", "augment-layers")


def _strength() -> None:
    asked = _subject()
    if asked is None:
        return
    seed = sliders.number("Noise", "seed", 0)
    found = _answer("edited", "Editing", {**asked, "strengths": STRENGTHS, "seed": seed})
    if found:
        st.caption(EDITORS[found["editor"]])
        arrays = {name: value for name, value in found.items() if name != "editor"}
        source = Source(f"{_who(asked)} · noise {seed} · {found['editor']} · {WORLD}")
        _card("Whole picture against isolated object", augment.strengths(arrays), arrays, source, "strengths",
              "augment-strength")  # fmt: skip
        _card("What changes", augment.changes(arrays), arrays, source, "changes", "augment-strength")


def _comparison(run: Run) -> None:
    setting, epoch = _setting(run), _epoch()
    rows = _rows(run, "methods", setting, epoch)
    measure = sliders.choose("Of", ["all pictures", "the worst group"], "of")
    name = "gain" if measure == "all pictures" else "worst_gain"
    code = f"rows = {_python('methods', setting, epoch)}\naugment.compared(rows, {name!r})"
    _card(f"Methods against vanilla, {setting}", augment.compared(rows, name), rows, of_run(run), "compared",
          "augment-compared", code)  # fmt: skip


def _tradeoff(run: Run) -> None:
    setting = _setting(run)
    rows = [row for row in run.tables("scatter") if row["setting"] == setting]
    code = f"augment.tradeoff([row for row in run.tables('scatter') if row['setting'] == {setting!r}])"
    _card(f"Fidelity and diversity, {setting}", augment.tradeoff(rows), rows, of_run(run), "tradeoff",
          "augment-tradeoff", code)  # fmt: skip


def _ladder(run: Run) -> None:
    setting, epoch = _setting(run), _epoch()
    rows = _rows(run, "methods", setting, epoch)
    if sum(row["method"] in augment.LADDER for row in rows) < 3:
        words = "This run trained no rungs: add synthetic, pairing and inter-class to its methods."
        st.info(words, icon=":material/stairs:")
        return
    measure = sliders.choose("Of", ["all pictures", "the worst group"], "of")
    name = "accuracy" if measure == "all pictures" else "worst"
    code = f"augment.ladder({_python('methods', setting, epoch)}, {name!r})"
    _card(f"De-DA part by part, {setting}", augment.ladder(rows, name), rows, of_run(run), "ladder", "augment-ladder",
          code)  # fmt: skip


def _groups(run: Run) -> None:
    setting, epoch = _setting(run), _epoch()
    rows = _rows(run, "groups", setting, epoch)
    if not rows:
        words = "The pictures of this run have no groups; those of the face world and Waterbirds have."
        st.info(words, icon=":material/groups:")
        return
    code = f"augment.groups({_python('groups', setting, epoch)})"
    _card(f"Accuracy by group, {setting}", augment.groups(rows), rows, of_run(run), "groups", "augment-groups", code)
    if f"cams-{setting}" in run.digest().arrays:
        kept = run.arrays(f"cams-{setting}")
        code = f"augment.cams(run.arrays('cams-{setting}'))"
        _card("What they look at", augment.cams(kept), kept, of_run(run), "cams", "augment-cams", code)


def _cost(run: Run) -> None:
    setting = _setting(run)
    rows = [row for row in run.tables("cost") if row["setting"] == setting]
    code = f"augment.cost([row for row in run.tables('cost') if row['setting'] == {setting!r}])"
    _card("Cost", augment.cost(rows), rows, of_run(run), "cost", "augment-cost", code)
    counted = [row for row in run.digest().tables.get("counter", []) if row["setting"] == setting]
    if counted:
        code = f"augment.counter(next(row for row in run.tables('counter') if row['setting'] == {setting!r}))"
        _card("Combinations", augment.counter(counted[0]), counted, of_run(run), "counter", "augment-counter", code)


BY_HAND: dict[str, Callable[[], None]] = {"Methods": _methods, "Layers": _layers, "Strength": _strength}
OF_RUN: dict[str, Callable[[Run], None]] = {
    "Comparison": _comparison, "Trade-off": _tradeoff, "Ladder": _ladder, "Groups": _groups, "Cost": _cost,
}  # fmt: skip


def _answer(question: str, words: str, asked: dict[str, Any]) -> Any:
    own = "data" in asked
    by = "models" if own else inference.renderer(int(asked["number"]))
    said = {name: value if name != "data" else hash(value) for name, value in asked.items()}
    return waiting.answer(
        f"augment-{question}:{said}", lambda: inference.ask(question, keep=not own, by=by, **asked), words
    )


def _setting(run: Run) -> str:
    found = {row["setting"] for row in run.tables("methods")}
    there = [name for name in reversed(SETTINGS) if name in found]  # where places mislead most differs: it comes first
    return there[0] if len(there) == 1 else sliders.choose("Trained on", there, "setting")


def _epoch() -> str:
    chosen = sliders.choose("Weights", list(EPOCHS.values()), "epoch", help="The best epoch is chosen on validation")
    return next(name for name, words in EPOCHS.items() if words == chosen)


def _rows(run: Run, table: str, setting: str, epoch: str) -> list[dict[str, Any]]:
    return [row for row in run.tables(table) if (row["setting"], row["epoch"]) == (setting, epoch)]


def _python(table: str, setting: str, epoch: str) -> str:
    return f"[row for row in run.tables({table!r}) if (row['setting'], row['epoch']) == ({setting!r}, {epoch!r})]"


def _slider(label: str, low: float, high: float, start: float, key: str) -> float:
    return float(
        st.slider(label, low, high, start, 0.05 if high < 10 else 1.0, key=key, bind="query-params", width=150)
    )


def _who(asked: Mapping[str, Any]) -> str:
    return "your photograph, not kept" if "data" in asked else f"person {asked['number']}, photo {asked['photo']}"


def _rgb(picture: Any) -> Any:
    return picture if picture.ndim == 3 else picture[..., None].repeat(3, 2)


def _card(title: str, figure: go.Figure, data: Any, source: Source, key: str, about: str, code: str = "") -> None:
    if code:
        code = f"from workbench.figures import augment\n\n{code}"
    card(title, figure, data, source, key=key, about=about, code=code)
