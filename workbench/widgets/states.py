"""What a page shows when it cannot show a result: empty, failed, or weights missing. Each says the next step."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from engines.errors import BadWeights, MienError, MissingWeights

PAGES = Path(__file__).resolve().parents[2] / "pages"


def page(name: str) -> str:
    """The file of a page, as `st.page_link` and `st.switch_page` take it."""
    return str(PAGES / f"{name}.py")


def empty(title: str, text: str, action: str = "", to: str = "", **query: str) -> None:
    """Nothing here yet: what would be here, and a link to the page that makes it."""
    with st.container(border=True, key=f"state-{title.lower().replace(' ', '-')}"):
        st.markdown(f"## {title}")
        st.write(text)
        if action:
            st.page_link(page(to), label=action, icon=":material/arrow_forward:", query_params=query or None)


def failed(error: BaseException, again: str = "", retry: Callable[[], None] | None = None, key: str = "retry") -> None:
    """Something went wrong: the engine's own sentence where it is for people, an honest one where it is not."""
    if isinstance(error, MissingWeights | BadWeights):
        st.warning(f"**Weights are missing or damaged.** {error}", icon=":material/inventory_2:")
        st.page_link(page("train"), label="Train a detector", icon=":material/arrow_forward:")
    elif isinstance(error, MienError):
        st.warning(str(error), icon=":material/info:")
    else:
        st.error(
            f"**A defect of Mien, not of your input.** {type(error).__name__}: {short(str(error))} The server's log has"
            " the whole trace.",
            icon=":material/bug_report:",
        )
    if retry:
        st.button(again or "Try again", key=key, on_click=retry)


def short(text: str, length: int = 220) -> str:
    """The beginning and the end of a long message: errors say what at the start and why at the end."""
    words = " ".join(text.split())
    if len(words) <= length:
        return words
    return f"{words[: length // 3].rstrip()} … {words[-(length * 2 // 3) :].lstrip()}"
