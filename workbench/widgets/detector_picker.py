"""Choosing a detector: those that come with Mien and those that runs have left, by a name that an address can hold."""

from collections.abc import Iterator
from pathlib import Path

import streamlit as st

from workbench.runs import Run, all_runs, shipped_runs

_BUNDLED = Path(__file__).resolve().parents[2] / "assets" / "detectors"
_CARD = "detector.json"


def choices() -> dict[str, str]:
    """Name in the address -> what the inference process opens: a bundled name, or a folder."""
    bundled = {folder.parent.name: folder.parent.name for folder in sorted(_BUNDLED.glob(f"*/{_CARD}"))}
    return bundled | {name: str(folder) for run in [*all_runs(), *shipped_runs()] for name, folder in _left_by(run)}


def picker(label: str, key: str, start: int = 0) -> tuple[str, str]:
    """Draw the picker; name and what is opened. A name in the address that fits nothing is said.

    Args:
        key: of the parameter in the address. start: which choice it begins with.
    """
    found = choices()
    names = list(found)
    asked, missing = st.query_params.get(key), f"{key}-missing-{st.context.url}"
    if asked and asked not in found:
        st.session_state[missing] = asked  # said until another is chosen: a page that waits is drawn many times
        del st.query_params[key]
    name = st.selectbox(
        label, names, index=min(start, len(names) - 1), key=key, bind="query-params",
        on_change=lambda: st.session_state.pop(missing, None),
    )  # fmt: skip
    if gone := st.session_state.get(missing):
        st.warning(f"There is no detector {gone!r} on this machine: its run is gone, or was elsewhere. Choose another.")
    return str(name), found[str(name)]


def _left_by(run: Run) -> Iterator[tuple[str, Path]]:
    """Detectors that a run has left, one for each method: "effort of run 261127-2k9v"."""
    if (model := run.model) is None:
        return
    first = str((run.spec.config.get("methods") or [run.spec.recipe])[0])
    if (model / _CARD).is_file():
        yield f"{first.split(':', maxsplit=1)[0]} of run {run.id}", model
    for card in sorted(model.glob(f"rivals/*/{_CARD}")):
        yield f"{card.parent.name} of run {run.id}", card.parent
