"""The gallery of errors: the pictures a detector is most wrongly sure of, by family and by kind of error."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from workbench.runs import Run

KINDS = ("all errors", "missed forgeries", "false alarms")
SHOWN_PX = 104


def show(run: Run, threshold: Mapping[str, float]) -> None:
    """Draw the filters and the pictures.

    Args:
        threshold: of each detector, the probability from which it says "forged".
    """
    kept = {str(arrays["detector"]): arrays for arrays in map(run.arrays, _names(run))}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        name = st.selectbox("Detector", list(kept), key="who", bind="query-params", width=200)
        mine = kept[name]
        kind = st.segmented_control("Error", KINDS, default=KINDS[0], key="error", bind="query-params", required=True)
        families = ["all families", *sorted(set(mine["family"].tolist()) - {"real"})]
        family = st.selectbox("Family", families, key="family", bind="query-params", width=200)
    places = chosen(mine, str(kind), family)
    if not len(places):
        st.info("No such error was kept. Choose another family or kind.", icon=":material/check_circle:")
        return
    with st.container(horizontal=True, gap="small", key="errors-grid"):
        for place in places:
            _one(mine, int(place))
    st.caption(
        f"The worst of each family, not all errors. {name} says forged from P(forged) = {threshold[name]:.2f} on, the "
        "threshold found on its validation pictures. False alarms are real pictures and have no family."
    )


def chosen(arrays: Mapping[str, np.ndarray], kind: str, family: str) -> np.ndarray:
    """Places of the errors of a kind and a family, the most confident first."""
    forged = arrays["label"] == 1
    keep = {"missed forgeries": forged, "false alarms": ~forged}.get(kind, np.ones(len(forged), bool))
    if family != "all families":
        keep = keep & ((arrays["family"] == family) | (~forged & (kind == "false alarms")))
    places = np.flatnonzero(keep)
    sure = np.where(forged, 1 - arrays["score"], arrays["score"])
    return places[np.argsort(-sure[places], kind="stable")]


def _one(arrays: Mapping[str, np.ndarray], place: int) -> None:
    forged, score = bool(arrays["label"][place]), float(arrays["score"][place])
    family = str(arrays["family"][place])
    what = f"missed {family}" if forged else "false alarm"
    with st.container(width=SHOWN_PX, gap="xxsmall", key=f"error-{place}"):
        truth = f"forged by {family}" if forged else "real"
        st.image(arrays["pictures"][place], width="stretch", alt=f"A picture that is {truth}, judged {score:.2f}")
        st.caption(f"{what}  \nP = {score:.3f}")


def _names(run: Run) -> list[str]:
    return sorted(name for name in run.digest().arrays if name.startswith("errors-"))
