"""The Reconstruction page: faces a run drew, weights beside likeness, distance of the two guides, methods compared, and
faces drawn while one waits."""

from collections.abc import Callable
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from workbench.figures import auc, reconstruction
from workbench.runs import Run
from workbench.widgets import rebuild, sliders, states
from workbench.widgets.card import card
from workbench.widgets.provenance import of_run

Kept = dict[str, np.ndarray]
PARTS = ("the picture", "source", "target")
PICTURE_PX = 148
"""So five stand side by side, and two on a telephone."""


def has_faces(run: Run) -> bool:
    """Whether a guided training of the run has ended and left what it drew."""
    return run.spec.recipe == "diffusionfake" and (run.folder / "artifacts" / "arrays" / "rebuilt.npz").exists()


def show(run: Run) -> None:
    """Draw the chosen view of a run."""
    if not has_faces(run):
        return _nothing_yet(run)
    view = sliders.choose("View", list(VIEWS), "view", shown=False)
    return VIEWS[view](run)


def _nothing_yet(run: Run) -> None:
    if run.spec.recipe == "diffusionfake":
        words = f"Run {run.id} is {run.state}; faces are drawn when its first guided training ends."
    else:
        words = f"Run {run.id} was trained by {run.spec.recipe}; only the recipe diffusionfake draws the two faces."
    states.empty("This run drew no faces", words, "Watch the run", "train", run=run.id)


def _faces(run: Run) -> None:
    kept, name, _ = _method(run, "rebuilt")
    seeds = kept["drawn"].shape[2]
    number = 0
    if seeds > 1:
        number = int(sliders.choose("Noise", [str(seed) for seed in range(seeds)], "noise"))
    st.caption(
        "One forgery of each family, of people no training saw, and a real picture, whose source and target are"
        f" itself. Each is drawn from the same noise ({number}); PSNR against the right face stands below. Left"
        " alone, the denoiser draws the face at the end."
    )
    for place, family in enumerate(kept["family"]):
        _row(kept, place, str(family), number)
    st.image(kept["unguided"][number], width=PICTURE_PX, alt="A face drawn without any guide", caption="no guide")
    rows, of = _rows(run, "rebuilt", name)
    figure = reconstruction.carried(rows)
    code = f"reconstruction.carried({of})"
    _card(run, "What the guides carry", figure, rows, "carried", "reconstruction-carried", code)


def _row(kept: Kept, place: int, family: str, number: int) -> None:
    known = [f"{family}: {PARTS[0]}", *PARTS[1:]]
    drawn = [f"{part} drawn · {kept['psnr_db'][place, n, number]:.1f} dB" for n, part in enumerate(PARTS[1:])]
    pictures = [*kept["shown"][place], *kept["drawn"][place, :, number]]
    with st.container(horizontal=True, gap="small", key=f"rebuilt-{place}"):
        for caption, picture in zip([*known, *drawn], pictures, strict=True):
            words = caption if caption.startswith(f"{family}:") else f"{family}: {caption}"
            st.image(picture, width=PICTURE_PX, alt=words, caption=caption)


def _weights(run: Run) -> None:
    kept, name, call = _method(run, "leaning")
    rows, of = _rows(run, "leaning", name)
    code = f"reconstruction.weights({of})"
    _card(run, "Weight and likeness by family", reconstruction.weights(rows), rows, "weights",
          "reconstruction-weights", code)  # fmt: skip
    rows, of = _rows(run, "followed", name)
    figure = reconstruction.followed(kept["weight"], kept["alike"], kept["family"], rows)
    code = f"{call}\nreconstruction.followed(kept['weight'], kept['alike'], kept['family'], {of})"
    _card(run, "Weight against likeness", figure, kept, "followed", "reconstruction-weights", code)


def _distance(run: Run) -> None:
    kept, name, call = _method(run, "leaning")
    rows, of = _rows(run, "apart", name)
    figure = reconstruction.distance(kept["distance"], kept["family"], rows)
    code = f"{call}\nreconstruction.distance(kept['distance'], kept['family'], {of})"
    _card(run, "Distance between the two guides", figure, kept, "distance", "reconstruction-distance", code)


def _methods(run: Run) -> None:
    rows = run.digest().tables.get("paired", [])
    if not rows:
        st.info("Methods are compared when the second has been trained.", icon=":material/hourglass_empty:")
        return
    named = auc.compared(rows)
    start = "plain" if "plain" in named else named[0]
    against = st.segmented_control(
        "Compared with", named, default=start, key="against", bind="query-params", required=True
    )
    code = f"auc.paired(run.tables('paired'), '{against}')"
    _card(run, f"Difference to {against}", auc.paired(rows, str(against)), rows, "paired",
          "reconstruction-methods", code, "auc")  # fmt: skip


LIVE = "Draw"
VIEWS: dict[str, Callable[[Run], None]] = {
    "Faces": _faces, "Weights": _weights, "Distance": _distance, "Methods": _methods, LIVE: rebuild.show,
}  # fmt: skip


def _method(run: Run, kind: str) -> tuple[Kept, str, str]:
    """The arrays of the guided method chosen, its name, and the Python that reads them."""
    guided = list(dict.fromkeys(row["method"] for row in run.tables("rebuilt")))
    name = guided[0]
    if len(guided) > 1:
        name = sliders.choose("Method", guided, "method")
    stem = kind if name == guided[0] else f"{kind}-{name}"
    return run.arrays(stem), name, f"kept = run.arrays('{stem}')"


def _rows(run: Run, table: str, name: str) -> tuple[list[dict[str, Any]], str]:
    """The rows of a method in a table that may not be there, and the Python that reads them."""
    rows = [row for row in run.digest().tables.get(table, []) if row["method"] == name]
    return rows, f"[row for row in run.tables('{table}') if row['method'] == '{name}']"


def _card(
    run: Run, title: str, figure: go.Figure, data: Any, key: str, about: str, code: str, module: str = "reconstruction"
) -> None:
    code = f"from workbench.figures import {module}\n\n{code}"
    card(title, figure, data, of_run(run), key=key, about=about, code=code)
