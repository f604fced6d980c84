"""What a run of the recipe `safe` has left so far: the records of its methods, and what was kept to answer anew."""

from pathlib import Path

import numpy as np
import streamlit as st

from engines.continual.safe.recipe import file_name
from workbench.runs import Run

Record = dict[str, np.ndarray]
STEM = "record-"


def has_records(run: Run) -> bool:
    """Whether there is one of a method at least."""
    return any(name.startswith(STEM) for name in run.digest().arrays)


def records(run: Run) -> list[Record]:
    """Every record there is, in the order in which methods began; those without an answer or a probe are left out."""
    arrays = run.digest().arrays
    found = [read(path) for name, path in arrays.items() if name.startswith(STEM)]
    return [one for one in found if len(one["probes"]) or np.isfinite(one["accuracy_answer"]).any()]


def read(path: Path) -> Record:
    """The arrays in a file; read again when it was replaced."""
    return _read(str(path), path.stat().st_mtime_ns)


def cached(run: Run, record: Record) -> list[Record]:
    """What was kept after each session to answer anew; empty where it was not."""
    arrays = run.digest().arrays
    prefix = f"cached-{stem(record)}-"
    there = sorted((name for name in arrays if name.startswith(prefix)), key=lambda name: int(name.rsplit("-", 1)[1]))
    return [read(arrays[name]) for name in there]


def stem(record: Record) -> str:
    """Method, seed and order of a record, as its file is named."""
    return file_name(str(record["method"]), int(record["seed"]), int(record["order"]))


@st.cache_data(max_entries=256, show_spinner=False)
def _read(path: str, changed_ns: int) -> Record:
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)
