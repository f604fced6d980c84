"""Asking for a run: recipe, preset, settings, what it will cost, and the button."""

import json
import shlex
from collections.abc import Mapping
from statistics import median
from typing import Any

import streamlit as st

from engines import recipes
from engines.errors import BadConfig, MienError
from engines.training.config import Config
from engines.training.recipe import Recipe
from workbench import jobs
from workbench.paths import public
from workbench.runs import Run, all_runs
from workbench.widgets.config_form import config_form
from workbench.widgets.pickers import duration, working_seconds

PROMISES = {
    "tiny": "ends within 20 s; its numbers mean nothing",
    "demo": "shows the effect; made for 2 minutes on 2 cores",
    "full": "the honest small experiment, up to an hour on 2 cores",
    "paper": "the paper's own data, backbone and settings; needs both, and a GPU",
}


def form() -> None:
    """Draw the form and, on submit, turn to the new run."""
    if public():
        st.info("This workbench is open to the public: runs can be watched here, not started.", icon=":material/lock:")
        return
    recipe, preset = _choose()
    base = recipe.configure(preset)
    overrides = config_form(base, f"{recipe.name}-{preset}")
    try:
        config = base.replace(**overrides)
    except BadConfig as error:
        st.warning(str(error), icon=":material/info:")
        return
    st.caption(_cost(recipe, preset, config))
    st.code(_command(recipe, preset, overrides), language=None, wrap_lines=True)
    if st.button("Start training", type="primary", icon=":material/play_arrow:"):
        _start(recipe, preset, overrides)


def _choose() -> tuple[Recipe, str]:
    left, right = st.columns(2)
    with left:
        names = recipes.names()
        name = st.selectbox(
            "Recipe", names, key="recipe", bind="query-params", format_func=lambda n: recipes.get(n).name
        )
    recipe = recipes.get(name)
    with right:
        presets = list(recipe.presets)
        start = "demo" if "demo" in presets else presets[0]
        preset = st.segmented_control(
            "Preset", presets, default=start, key="preset", bind="query-params", required=True
        )
    st.markdown(f"**{recipe.title}.** {recipe.says} [{recipe.paper.title}]({recipe.paper.link}), {recipe.paper.venue}.")
    return recipe, str(preset)


def _start(recipe: Recipe, preset: str, overrides: dict[str, object]) -> None:
    try:
        run = jobs.submit(recipe.name, preset, overrides)
    except MienError as error:
        st.warning(str(error), icon=":material/info:")
        return
    st.query_params.from_dict({"run": run.id})
    st.rerun()


def _cost(recipe: Recipe, preset: str, config: Config) -> str:
    """What earlier runs of the same preset took here, scaled by steps and seeds; else what the preset promises."""
    took = [working_seconds(run) / _work(run.spec.config) for run in _finished(recipe.name, preset)]
    if took:
        seconds = median(took) * _work(config.model_dump())
        runs = "1 earlier run" if len(took) == 1 else f"{len(took)} earlier runs"
        return f"About {duration(seconds)}, going by {runs} of this preset here."
    return f"Preset {preset}: {PROMISES.get(preset, 'no estimate yet')}."


def _finished(recipe: str, preset: str) -> list[Run]:
    mine = [run for run in all_runs()[:200] if (run.spec.recipe, run.spec.preset) == (recipe, preset)]
    return [run for run in mine if run.state == "done"][:10]


def _work(config: Mapping[str, Any]) -> float:
    """Training steps over all seeds and methods; what a run costs besides is in proportion, roughly."""
    return float(config.get("steps", 1) * config.get("seeds", 1) * len(config.get("methods", (1,))))


def _command(recipe: Recipe, preset: str, overrides: Mapping[str, Any]) -> str:
    words = ["mien", "train", recipe.name, "--preset", preset]
    for key, value in overrides.items():
        words += ["--set", f"{key}={value if isinstance(value, str) else json.dumps(value)}"]
    return shlex.join(words)
