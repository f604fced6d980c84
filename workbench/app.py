"""The Streamlit entry: the page's frame and the navigation, nothing else. Imports no torch."""

import logging

import streamlit as st

from engines.errors import MienError
from workbench import inference
from workbench.theme import LOGO, STYLE_SHEET
from workbench.widgets import states

# group -> its pages: file, title, icon
SECTIONS = {
    "": [("home", "Home", ":material/home:"), ("lessons", "Lessons", ":material/school:")],
    "Make": [
        ("world", "World", ":material/group:"),
        ("identities", "Identities", ":material/diversity_3:"),
        ("augment", "Augment", ":material/layers:"),
        ("train", "Train", ":material/model_training:"),
    ],
    "Detect": [
        ("detect", "Detect", ":material/familiar_face_and_zone:"),
        ("quality", "Quality", ":material/high_quality:"),
        ("reconstruction", "Reconstruction", ":material/flip:"),
        ("arena", "Arena", ":material/leaderboard:"),
        ("drift", "Drift", ":material/blur_on:"),
    ],
    "Look inside": [
        ("attention", "Attention", ":material/visibility:"),
        ("subspaces", "Subspaces", ":material/ssid_chart:"),
        ("embeddings", "Embeddings", ":material/scatter_plot:"),
        ("compare", "Compare", ":material/compare:"),
    ],
    "Learn over time": [
        ("forgetting", "Forgetting", ":material/history_toggle_off:"),
        ("instruct", "Instruct", ":material/quiz:"),
        ("distil", "Distil", ":material/science:"),
    ],
    "Check": [
        ("recognition", "Recognition", ":material/fingerprint:"),
        ("runs", "Runs", ":material/list_alt:"),
    ],
}


def main() -> None:
    """Draw the frame and run the page that the address names."""
    st.set_page_config(page_title="Mien", page_icon="🎭", layout="wide")
    st.html(STYLE_SHEET)
    st.logo(LOGO, size="large")
    groups = {
        group: [
            st.Page(states.page(name), title=title, icon=icon, default=name == "home") for name, title, icon in entries
        ]
        for group, entries in SECTIONS.items()
    }
    chosen = st.navigation(groups, expanded=True)
    try:
        chosen.run()
    except Exception as error:  # a page is never a stack trace
        if not isinstance(error, MienError):
            logging.getLogger("mien.pages").exception("%s failed", chosen.title)
        states.failed(error)
    inference.warm()  # after the page: its process may then take its seconds


main()
