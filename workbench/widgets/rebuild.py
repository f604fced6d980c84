"""Faces drawn while one waits: of a forgery of the face world or of a photograph, by what a run's guides have learnt.

A visitor's photograph goes to the inference process as bytes and is not kept, as on the Detect page.
"""

import secrets
from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from engines.detection.diffusionfake.measures import LINES
from workbench import inference
from workbench.figures import reconstruction
from workbench.runs import Run
from workbench.widgets import detect, sliders, states, waiting
from workbench.widgets.card import Source, card
from workbench.widgets.provenance import of_run

FORGERY, SAMPLE, OWN = "Face-world forgery", "Sample photograph", "Your photograph"
GUIDES = "artifacts/model/guides.safetensors"
MOST_STEPS, MAX_MB = 100, 50
PICTURE_PX = 118
TITLES = ("Source, drawn", "Target, drawn", "No guide")


def show(run: Run) -> None:
    """Draw the controls, and what is drawn under them."""
    if not (run.folder / GUIDES).is_file():
        return states.empty(
            "This run kept no guides",
            f"Faces can be drawn anew from the guides that a finished run leaves; run {run.id} is {run.state}.",
            "Watch the run", "train", run=run.id,
        )  # fmt: skip
    kind = sliders.choose("From", [FORGERY, SAMPLE, OWN], "from")
    asked = _forgery() if kind == FORGERY else _photograph(kind)
    how = _how(run)
    if asked is None:
        st.info("Choose a photograph above; its two faces are drawn at once.", icon=":material/add_photo_alternate:")
        return None
    folder = str((run.folder / "artifacts" / "model").resolve())
    question: dict[str, Any] = {"folder": folder, **asked, **how}
    name = detect.fingerprint(asked["data"]) if "data" in asked else f"{asked['family']}-{asked['number']}"
    found = waiting.answer(
        f"reconstruct:{run.id}-{name}-{how}",
        lambda: inference.ask("reconstruct", keep=kind != OWN, **question),
        "Drawing",
    )
    return _drawn(run, found, _line(kind, asked, how), kind == FORGERY) if found is not None else None


def _forgery() -> dict[str, Any] | None:
    catalogue = waiting.answer(
        "rebuild-catalogue",
        lambda: inference.ask("catalogue", keep=True, by=inference.renderer(0)),
        "Starting the renderer",
    )
    if not catalogue:
        st.stop()
    families = [name for name, record in catalogue["families"].items() if record["ready"]]
    family = sliders.choose("Family", families, "family")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        number = sliders.number("Forgery", "forgery", 6)
        st.button("Another forgery", icon=":material/casino:", on_click=_another, args=("forgery",))
    return {"family": family, "number": number}


def _photograph(kind: str) -> dict[str, Any] | None:
    if kind == SAMPLE:
        st.caption("Eileen Collins, NASA portrait, public domain.")
        return {"data": detect.SAMPLE.read_bytes()}
    st.caption(detect.CONSENT)
    file = st.file_uploader(
        "Photograph", list(detect.PICTURES), key="file", max_upload_size=MAX_MB, label_visibility="collapsed"
    )
    return {"data": file.getvalue()} if file else None


def _how(run: Run) -> dict[str, int]:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        seed = sliders.number("Noise", "seed", 0)
        st.button("Other noise", icon=":material/casino:", on_click=_another, args=("seed",))
        start, words = int(run.spec.config["sample_steps"]), "Steps of each drawing; more are finer, and take longer"
        steps = st.slider("Steps", 2, MOST_STEPS, min(start, MOST_STEPS), 1, key="steps", bind="query-params",
                          help=words, width=220)  # fmt: skip
    return {"seed": seed, "steps": int(steps)}


def _another(key: str) -> None:
    st.session_state[key] = secrets.randbelow(sliders.NUMBERS)


def _drawn(run: Run, found: Mapping[str, Any], line: str, known: bool) -> None:
    _large(found, known)
    st.markdown("## Step by step")
    after = ", ".join(str(step) for step in found["steps"])
    st.caption(
        f"What the denoiser expects to come out, after {after} steps. All three begin with the same noise; the guides"
        " alone tell them apart."
    )
    for title, pictures in zip(TITLES, found["drawn"], strict=True):
        st.image(
            _strip(pictures),
            width=PICTURE_PX * len(pictures),
            caption=title,
            alt=f"{title}: the drawing after {after} steps, left to right",
        )
    of = of_run(run)
    load = (
        f"{of.load}\n\nfrom engines.detection.diffusionfake import assembly, live\n\n"
        "model = assembly.load(run.folder / 'artifacts' / 'model')\n# shown = live.forged(model, FAMILY, NUMBER)\n"
        "found = live.draw(model, shown, SEED, STEPS)"
    )
    source = Source(f"{line} · {of.line}", "", load, of.query)
    figure = reconstruction.nearing(found["steps"], found["psnr_db"], known)
    code = "from workbench.figures import reconstruction\n\n"
    code += f"reconstruction.nearing(found.steps, found.psnr_db, {known})"
    card(
        "How near each drawing comes",
        figure,
        dict(found),
        source,
        key="nearing",
        about="reconstruction-live",
        code=code,
    )


def _large(found: Mapping[str, Any], known: bool) -> None:
    """The picture with the frames behind it, and under it the three drawings after a chosen step."""
    steps = [int(step) for step in found["steps"]]
    step = st.select_slider("After step", steps, steps[-1], key="after", width=320) if len(steps) > 1 else steps[0]
    place = steps.index(int(step))
    lean = [f"weight {weight:.2f}" for weight in found["weight"]]
    words = [f"{name}, {found['psnr_db'][n, place]:.1f} dB" for n, name in enumerate(TITLES)]
    words = [f"{words[0]}, {lean[0]}", f"{words[1]}, {lean[1]}", words[2]]
    shown = [(found["picture"], f"The picture, P(forged) {found['score']:.2f}")]
    if known:
        shown += list(zip(found["behind"], ("Source, real frame", "Target, real frame"), strict=True))
    shown += [(found["drawn"][n, place], words[n]) for n in range(len(LINES))]
    with st.container(horizontal=True, gap="small", key="rebuild-grid"):
        for picture, caption in shown:
            st.image(picture, width=PICTURE_PX, caption=caption, alt=caption)


def _strip(pictures: np.ndarray) -> np.ndarray:
    """Pictures (K, P, P, 3) side by side with clear gaps: (P, W, 4)."""
    gap = max(1, pictures.shape[2] // 24)
    whole = np.concatenate([pictures, np.full((*pictures.shape[:3], 1), 255, np.uint8)], axis=3)
    spaced = np.pad(whole, ((0, 0), (0, 0), (0, gap), (0, 0)))
    return np.concatenate(list(spaced), axis=1)[:, :-gap]


def _line(kind: str, asked: Mapping[str, Any], how: Mapping[str, int]) -> str:
    what = f"{asked['family']}, forgery {asked['number']}" if kind == FORGERY else kind.lower()
    return f"{what} · noise {how['seed']} · {how['steps']} steps"
