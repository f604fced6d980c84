"""Sets of the Identities page: anchors pushed apart, methods compared in a run, and a set written out."""

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from engines.errors import MienError
from workbench import inference
from workbench.figures import identities as figures
from workbench.paths import public
from workbench.runs import Run
from workbench.widgets import identity_faces, sliders, states, waiting
from workbench.widgets.card import Source, card
from workbench.widgets.identity_faces import Drawer
from workbench.widgets.provenance import of_run

COUNTS, WIDTHS = (60, 200, 500, 1000, 2000), (8, 32, 128, 512)
_ORDER = "identity-export-order"
_IMPORT = "from workbench.figures import identities\n\n"
EARLY = "Sets are written from the command line and from Python: this workbench is open to the public."


def anchors() -> None:
    """Anchors before and after repulsion: where they can be seen, and where they are used."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        count = st.select_slider("Anchors", COUNTS, 200, key="count", bind="query-params", width=220)
        width = st.select_slider("Dimensions", WIDTHS, 128, key="width", bind="query-params", width=220)
        seed = sliders.number("Seed", "seed", 0)
    asked: dict[str, Any] = {"count": int(count), "width": int(width), "seed": seed}
    found = waiting.answer(
        f"identity-anchors:{asked}", lambda: inference.ask("spread", keep=True, **asked), "Pushing anchors apart"
    )
    if found is None:
        return
    load = f"from engines.synthesis.id3 import anchors\n\nspread = anchors.tammes({count}, {width}, {seed})"
    source = Source(f"{count} anchors in {width} dimensions · seed {seed} · computed here", "", load)
    seen = anchors_source(len(found["start"]), seed)
    code = f"{_IMPORT}identities.sphere(spread.start.numpy(), spread.points.numpy())"
    data = {"start": found["start"], "points": found["points"]}
    card("On a sphere that can be seen", figures.sphere(found["start"], found["points"]), data, seen, key="sphere",
         about="identities-anchors", code=code)  # fmt: skip
    left, right = st.columns(2, gap="medium")
    with left:
        title = f"In {width} dimensions, before and after"
        data = {"before": found["before"], "after": found["after"]}
        code = (
            f"{_IMPORT}identities.nearest(\n    anchors.nearest_cosines(spread.start).numpy(),\n"
            "    anchors.nearest_cosines(spread.points).numpy(),\n)"
        )
        card(title, figures.nearest(found["before"], found["after"]), data, source, key="nearest",
             about="identities-anchors", code=code)  # fmt: skip
    with right:
        code = f"{_IMPORT}identities.rounds(numpy.array(spread.largest))"
        source = Source(source.line, "", f"import numpy\n\n{load}")
        figure, data = figures.rounds(found["largest"]), {"largest": found["largest"]}
        card("Round by round", figure, data, source, key="rounds", about="identities-anchors", code=code)


def anchors_source(count: int, seed: int) -> Source:
    """Where the anchors on the visible sphere come from."""
    load = f"from engines.synthesis.id3 import anchors\n\nspread = anchors.tammes({count}, 3, {seed}, 200)"
    return Source(f"{count} anchors in 3 dimensions · seed {seed} · computed here", "", load)


def compared(run: Run) -> None:
    """What a run measured: guidance against none, rivals, variety, and whether people stay apart."""
    tables = run.digest().tables
    rows, kept = tables.get("identities", []), _judged(run)
    if not rows:
        st.info("Methods are compared when the run ends.", icon=":material/hourglass_empty:")
        return
    for row in tables.get("guided", []):
        st.caption(_verdict(row))
    _card(run, "Who was asked for", figures.cosines(rows), rows, "cosines", "identities-guidance",
          "identities.cosines(run.tables('identities'))")  # fmt: skip
    left, right = st.columns(2, gap="medium")
    with left:
        if trade := tables.get("trade"):
            _card(run, "What guidance costs", figures.trade(trade), trade, "trade", "identities-trade",
                  "identities.trade(run.tables('trade'))")  # fmt: skip
    with right:
        curves = {name: arrays["unique"] for name, arrays in kept.items()}
        code = "identities.unique({name: run.arrays(f'judged-{name}')['unique'] for name in " + f"{list(kept)!r}}})"
        _card(run, "Unique identities", figures.unique(curves), curves, "unique", "identities-unique", code)
    name = sliders.choose("Method", list(kept), "method")
    chosen, load = kept[name], f"kept = run.arrays('judged-{name}')\n"
    if image := next(iter(run.folder.glob(f"artifacts/images/drawn-{name}.png")), None):
        st.image(str(image), caption=f"{figures.NAMES.get(name, name)}: a row a person", width=420,
                 output_format="PNG", alt=f"Faces drawn by {name}, a row a person")  # fmt: skip
    left, right = st.columns(2, gap="medium")
    with left:
        _card(run, "Pairs", figures.separability(chosen["genuine"], chosen["impostor"]),
              {part: chosen[part] for part in ("genuine", "impostor")}, "pairs", "identities-pairs",
              f"{load}identities.separability(kept['genuine'], kept['impostor'])")  # fmt: skip
    with right:
        _card(run, "Yaw, asked for and read", figures.requested(chosen["wanted"], chosen["read"], 0),
              {part: chosen[part] for part in ("wanted", "read")}, "asked", "identities-requested",
              f"{load}identities.requested(kept['wanted'], kept['read'], 0)")  # fmt: skip


def export(model: Drawer) -> None:
    """Write a set of identities: folders, pictures and a manifest."""
    st.caption("A folder a person, a row a picture in the manifest. An export that was stopped goes on where it was.")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        source = identity_faces.identities_from()
        people = st.number_input("People", 1, 2000, 10, key="people", bind="query-params", width=110)
        each = st.number_input("Pictures of each", 1, 100, 8, key="each", bind="query-params", width=140)
        seed = sliders.number("Seed", "seed", 0)
        drawn = sliders.choose("Attributes", ("empirical", "stratified"), "attributes")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        scale = identity_faces.strength()
        closest = st.slider("Closest to the anchor from", 0.5, 1.0, 0.7, 0.05, key="closest", bind="query-params",
                            width=200)  # fmt: skip
        least = st.slider("Draw again below cosine", 0.0, 0.9, 0.0, 0.05, key="least", bind="query-params", width=200)
        retries = st.number_input("Retries", 0, 5, 2, key="retries", bind="query-params", width=100)
        name = st.text_input("Folder", f"identities-{source}-{seed}", key=f"identity-folder-{source}", width=220)
    order = {"identities": int(people), "images": int(each), "seed": seed, "closest": float(closest),
             "attributes": drawn, "least_cosine": float(least) or -1.0, "retries": int(retries)}  # fmt: skip
    if public():
        st.info(EARLY, icon=":material/lock:")
        return
    if st.button("Export", type="primary", icon=":material/download:"):
        waiting.forget("identity-export:now")
        st.session_state[_ORDER] = {"folder": str(model.folder), "into": name, "source": source, "scale": scale,
                                    "order": order}  # fmt: skip
    if _ORDER in st.session_state:
        _follow(st.session_state[_ORDER])


def _follow(asked: Mapping[str, Any]) -> None:
    try:
        told = waiting.answer(
            "identity-export:now", lambda: inference.ask("write_identities", by="export", **asked),
            f"Writing {asked['into']}",
        )  # fmt: skip
    except MienError as error:
        states.failed(error)
        return
    if told is not None:
        failing = ", ".join(f"{count} by {name}" for name, count in told["failing"].items())
        st.success(
            f"{told['pictures']} pictures of {told['identities']} people are in `{told['folder']}`, mean cosine"
            f" {told['cosine']:.2f}. {f'Failing after all retries: {failing}.' if failing else 'None failed.'}",
            icon=":material/folder:",
        )


def _judged(run: Run) -> dict[str, Any]:
    """Arrays of each method that was judged, in the order of the run."""
    named = [path.stem for path in (run.folder / "artifacts" / "arrays").glob("judged-*.npz")]
    order = [f"judged-{name}" for name in run.spec.config["methods"]]
    return {name.removeprefix("judged-"): run.arrays(name) for name in order if name in named}


def _verdict(row: Mapping[str, Any]) -> str:
    one, other = (figures.NAMES.get(row[part], row[part]) for part in ("first", "second"))
    low, high = row["low"], row["high"]
    worth = "nearer to the person" if low > 0 else "further from the person" if high < 0 else "no difference shown"
    return (
        f"Cosine to the person asked for, {one} less {other}: {row['difference']:+.3f} [{low:+.3f}, {high:+.3f}]"
        f" over {row['seeds']} seeds and {row['identities']} people: {worth}."
    )


def _card(run: Run, title: str, figure: go.Figure, data: Any, key: str, about: str, code: str) -> None:
    card(title, figure, data, of_run(run), key=key, about=about, code=f"{_IMPORT}{code}")
