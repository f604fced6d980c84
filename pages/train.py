"""Train: choose a recipe and a preset, see what it will cost, start it, and watch it; the run is in the address."""

import streamlit as st

from workbench.widgets import frame, new_run, run_view
from workbench.widgets.pickers import chosen_run

frame.head(
    "Train",
    "Training runs in a process of its own. Close this tab and it goes on; open the same address and you are back.",
    lessons=True,
)
run = chosen_run()
if run is None:
    new_run.form()
else:
    st.button("New run", icon=":material/add:", on_click=st.query_params.clear)
    run_view.watch(run)
