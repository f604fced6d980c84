"""Waiting for an answer of the inference process: progress, a cancel button, and the page stays alive."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from workbench.inference import Ticket
from workbench.widgets import states

_QUICK_S = 0.2
"""An answer within this time shows no sign of waiting at all."""
_PATIENCE_S = 10.0
"""A question that its page has not asked after for so long, and that has not begun, is dropped."""


def answer(key: str, ask: Callable[[], Ticket], words: str) -> Any | None:
    """The answer if it is there; else draw the wait, or what went wrong, and return None.

    Args:
        key: names the question; a new key is a new question, and the last one under the same stem is withdrawn.
        ask: called once for a key.
        words: what is being done, as in "Looking for faces".
    """
    ticket = _ticket(key, ask)
    if isinstance(ticket, Ticket) and not ticket.wait(_QUICK_S):
        _watch(key, words)
        return None
    if ticket.error:
        states.failed(ticket.error, retry=lambda: forget(key), key=f"{key}-again")
        return None
    return ticket.answer


def growing(key: str, ask: Callable[[], Ticket], words: str) -> tuple[Any | None, bool]:
    """The answer, or as much of it as is known, and whether more will come: the page is drawn anew as it grows.

    Withdrawn, the question leaves what was known. Arguments as of `answer`.
    """
    ticket = _ticket(key, ask)
    if isinstance(ticket, Ticket) and not ticket.wait(_QUICK_S):
        _watch(key, words, ticket.partial)
        return ticket.partial, True
    if ticket.error and ticket.partial is None:
        states.failed(ticket.error, retry=lambda: forget(key), key=f"{key}-again")
        return None, False
    return (ticket.partial if ticket.error else ticket.answer), False


def forget(key: str) -> None:
    """Ask anew next time."""
    st.session_state.pop(f"ticket-{key}", None)


def _ticket(key: str, ask: Callable[[], Ticket]) -> Ticket:
    name = f"ticket-{key}"
    stem = name.split(":", maxsplit=1)[0]
    for other in [k for k in st.session_state if str(k).split(":")[0] == stem and k != name]:
        if not (old := st.session_state.pop(other)).shared:
            old.cancel()
    if name not in st.session_state:
        st.session_state[name] = ask()
        st.session_state[name].patience_s = _PATIENCE_S
    return st.session_state[name]


def _watch(key: str, words: str, shown: Any = None) -> None:
    @st.fragment(run_every=0.3)
    def watch() -> None:
        ticket: Ticket | None = st.session_state.get(f"ticket-{key}")
        if ticket is None or ticket.wait(0) or ticket.partial is not shown:
            st.rerun()
        note = "waiting for its turn" if ticket.state == "waiting" else ticket.note
        line = f"{words}{f': {note}' if note else ''} ({ticket.seconds:.0f} s)"
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(ticket.progress or 0.0, text=line)
            st.button("Cancel", key=f"{key}-cancel", on_click=ticket.cancel, width="content")

    watch()
