"""Runs of other toolkits beside ours: a log is read where it is dropped, and not kept."""

import streamlit as st

from engines.continual.logs.imported import Imported, parse
from engines.continual.matrix import Matrix
from engines.continual.measures import MEASURES, measures
from engines.errors import MienError
from workbench.figures import forgetting
from workbench.runs import Run
from workbench.widgets.card import Source, card
from workbench.widgets.forgetting_records import has_records, records
from workbench.widgets.provenance import label

FILES = 5
BYTES = 20 * 2**20


def show(run: Run | None) -> None:
    """Ask for logs, and draw A_t of all on one axis."""
    st.write(
        "Bring logs of LAMDA-PILOT (`.log`), Mammoth (`logs.pyd`) or Avalanche (`eval_results.csv`) onto the axes of"
        " this page. They are read here and not kept."
    )
    files = st.file_uploader(
        "Logs", accept_multiple_files=True, key="logs", type=["log", "txt", "pyd", "csv"],
        max_upload_size=BYTES // 2**20,
    )  # fmt: skip
    found = {file.name: one for file in (files or [])[:FILES] if (one := _read(file.name, file)) is not None}
    lines = {f"{one.toolkit}: {name}": one.log.overall for name, one in found.items()}
    ours = records(run) if run and has_records(run) else []
    for method, mine in forgetting.by_method(ours).items():
        lines[f"{method} (here, seed {int(mine[0]['seed'])})"] = forgetting.overall_line(mine[0])
    if not lines:
        return
    data = [
        {"run": name, "session": t + 1, "A_t": float(value)}
        for name, line in lines.items()
        for t, value in enumerate(line)
    ]
    what = f"logs as they were written; runs here: {label(run)}" if run and ours else "logs as they were written"
    source = Source(f"{what}. Streams differ: compare shapes, not heights", query={"run": run.id} if run else {})
    card("Overall accuracy", forgetting.overlay(lines), data, source, key="logs", about="forgetting-logs")
    for number, (name, one) in enumerate(found.items()):
        _matrix(name, one, number)


def _read(name: str, file: object) -> Imported | None:
    try:
        content = file.getvalue()  # type: ignore[attr-defined]
        if len(content) > BYTES:
            st.warning(
                f"{name} has more than {BYTES // 2**20} MB; cut out the lines of one run.", icon=":material/info:"
            )
            return None
        return parse(content.decode("utf-8", errors="replace"), name)
    except MienError as error:
        st.warning(str(error), icon=":material/info:")
        return None


def _matrix(name: str, one: Imported, number: int) -> None:
    accuracy, count = one.log.accuracy, len(one.log.accuracy)
    for note in one.log.notes:
        st.caption(f"{name}: {note}")
    found = measures(Matrix(accuracy, [1] * count))  # type: ignore[arg-type]
    known = {MEASURES[key].title: round(value, 4) for key, value in found.items() if value is not None}
    if not known:
        return
    source = Source(f"{name}, written by {one.toolkit}; sessions count alike")
    names = [f"session {j + 1}" for j in range(count)]
    figure = forgetting.matrix(accuracy, names)
    card(
        f"Matrix of {name}",
        figure,
        {"accuracy": accuracy},
        source,
        key=f"log-{number}",
        about="forgetting-matrix",
    )
    st.dataframe([known], hide_index=True)
