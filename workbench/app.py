"""The Streamlit entry: the page's frame and the navigation, nothing else. Imports no torch."""

import streamlit as st

from workbench import inference
from workbench.theme import LOGO, STYLE_SHEET
from workbench.widgets.states import page

SECTIONS = {
    "": [("home", "Home", ":material/home:")],
    "Make": [("train", "Train", ":material/model_training:")],
    "Detect": [("detect", "Detect", ":material/familiar_face_and_zone:")],
    "Look inside": [("subspaces", "Subspaces", ":material/ssid_chart:")],
    "Check": [("runs", "Runs", ":material/list_alt:")],
}
"""Group -> its pages: file, title, icon."""


def main() -> None:
    """Draw the frame and run the page that the address names."""
    st.set_page_config(page_title="Mien", page_icon="🎭", layout="wide")
    st.html(STYLE_SHEET)
    st.logo(LOGO, size="large")
    groups = {
        group: [st.Page(page(name), title=title, icon=icon, default=name == "home") for name, title, icon in entries]
        for group, entries in SECTIONS.items()
    }
    st.navigation(groups, expanded=True).run()
    inference.warm()  # after the page: its process may then take its seconds


main()
