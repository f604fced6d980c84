"""The figures of a run's inside, in the order of the argument: room, movement, why so little, effect."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from workbench import inference
from workbench.figures import attention, features, spectra, track
from workbench.figures.weights import read_all
from workbench.runs import Run
from workbench.widgets import states, waiting
from workbench.widgets.card import card
from workbench.widgets.provenance import of_run

ATTENTION = {
    "before": "before training",
    "whole": "whole weight",
    "principal": "principal only",
    "residual": "residual in last layer",
}
"""Name of a map in the run -> its title."""


def has_spectra(run: Run) -> bool:
    """Whether the run has come far enough to be looked into."""
    return (run.folder / "artifacts" / "arrays" / "spectra.npz").exists()


def show(run: Run) -> None:
    """Draw the chosen view of a run."""
    if not has_spectra(run):
        words = f"Run {run.id} is {run.state}; spectra, attention and features are kept when its training ends."
        return states.empty("This run has nothing inside yet", words, "Watch the run", "train", run=run.id)
    inside = Inside(run)
    views: dict[str, Callable[[], None]] = {
        "Spectrum": inside.spectrum,
        "Movement": inside.movement,
        "Why k = 1 hardly moves": inside.inert,
        "Attention": inside.attention,
        "Features": inside.features,
    }
    views[_choose("View", list(views), "view", label_visibility="collapsed")]()
    return None


@dataclass(frozen=True)
class Inside:
    """One run, drawn view by view."""

    run: Run

    def spectrum(self) -> None:
        """Singular values, ranks, and the energy handed over."""
        kept, rank, floor = self.run.arrays("spectra"), int(_option(self.run, "rank")) or 1, _option(self.run, "floor")
        names = kept["names"].tolist()
        with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
            layers = ["all", *map(str, sorted({weight.layer for weight in read_all(names)}))]
            layer = st.selectbox("Layer", layers, key="layer", bind="query-params", width=120)
            when = _choose("Weights", ["before", "after"], "when")
        array, one = "values" if when == "before" else "after", None if layer == "all" else int(layer)
        figure = spectra.spectrum(names, kept[array], rank, floor, one)
        call = f'spectra.spectrum(kept["names"].tolist(), kept["{array}"], {rank}, {floor}, {one})'
        self._card("Singular values", figure, kept, "spectrum", "spectrum", "spectra", call)
        if found := self._computed():
            self._ranks(names, found, when)

    def _ranks(self, names: list[str], found: dict[str, Any], when: str) -> None:
        ranks = {"before": found["effective_rank"], "after": found["effective_rank_after"]}
        share = found["residual_share"]
        named = {"names": np.array(names)}
        left, right = st.columns(2)
        with left:
            figure = spectra.by_layer(names, ranks[when], "effective rank")
            self._card("Effective rank by layer", figure, named | ranks, "rank", "effective-rank")
        with right:
            data = named | {"residual": share, "kept": 1 - share}
            self._card("Energy handed over to training", spectra.energy(names, share), data, "energy", "energy")

    def movement(self) -> None:
        """How the residual directions turned and grew, and how far each method moved the weights."""
        said = self.run.digest()
        tracks = sorted(name for name in said.arrays if name == "track" or name.startswith("track-"))
        if tracks:
            labels = {_track_label(self.run, name): name for name in tracks}
            name = labels[st.selectbox("Training", list(labels), key="training", bind="query-params", width=280)]
            self._tracks(name)
        rows = said.tables.get("movement", [])
        if len({row["method"] for row in rows}) > 1:
            self._card("How far each method moves the weights", track.moved(rows), rows, "moved", "moved")

    def _tracks(self, name: str) -> None:
        kept = self.run.arrays(name)
        names, steps = kept["names"].tolist(), kept["step"].tolist()
        if not kept["angle_u_deg"].any() and not kept["scale"].any():
            st.caption("This method has no residual directions to follow; the figure below shows how far it moved.")
            return
        for side, column, does in zip("uv", st.columns(2), ("output side", "input side"), strict=True):
            with column:
                figure = track.angles(steps, names, kept[f"angle_{side}_deg"], side)
                call = (
                    f'track.angles(kept["step"].tolist(), kept["names"].tolist(), kept["angle_{side}_deg"], "{side}")'
                )
                title = f"Angle of {side}, {does}"
                self._card(title, figure, kept, f"angle-{side}", "movement", "track", call, array=name)
        self._card("Size of the residual", track.scales(steps, names, kept["scale"]), kept, "scale", "movement")

    def inert(self) -> None:
        """Why one direction hardly moves on a small tower, and what each remedy buys."""
        kept = self.run.arrays("inert")
        names = kept["names"].tolist()
        titles = [_variant(text) for text in kept["variants"].tolist()]
        scales = dict(zip(titles, kept["start_scale"], strict=True))
        figure = spectra.bars(names, scales, "singular value at step 0")
        self._card("Singular values that are trained", figure, kept, "scales-0", "inert")
        gradients = dict(zip(titles, np.hypot(kept["grad_u"], kept["grad_v"]), strict=True))
        gradients["whole weight"] = kept["dense"]
        figure = spectra.bars(names, gradients, "norm of the gradient at step 0")
        self._card("Gradient that reaches the directions", figure, kept, "gradients", "inert")
        figure = spectra.smallest(names, kept["smallest"])
        call = 'spectra.smallest(kept["names"].tolist(), kept["smallest"])'
        self._card("The low end of each spectrum", figure, kept, "smallest", "inert", "spectra", call, array="inert")

    def attention(self) -> None:
        """Where the class token looks with the whole weight and with its parts."""
        kept = self.run.arrays("attention")
        families = sorted(set(kept["family"].tolist()), key=lambda name: (name != "real", name))
        family = _choose("Pictures", families, "family")
        mine = kept["family"] == family
        maps = {title: kept[name][mine] for name, title in ATTENTION.items() if name in kept}
        figure = attention.grid(kept["images"][mine], maps)
        what = "real pictures" if family == "real" else f"forgeries of family {family}"
        self._card(f"Attention on {what}", figure, kept, "attention", "attention")

    def features(self) -> None:
        """Where samples lie in feature space, and how many directions they use."""
        if not (found := self._computed()):
            return
        kept = self.run.arrays("features")
        when = _choose("Features", ["after", "before"], "features")
        seen = sorted({row["family"] for row in self.run.digest().tables.get("auc", []) if row["seen"]})
        points, explained = found[f"points_{when}"], found[f"explained_{when}"]
        kinds = features.kinds(kept["label"], kept["family"], seen)
        figure = features.scatter(points, kinds, kept["family"].tolist(), explained[:2].tolist())
        data = {"points": points, "family": kept["family"], "label": kept["label"]}
        self._card(f"Features {when} training", figure, data, "pca", "features")
        figure = features.variance(explained.tolist())
        self._card("How many directions the features use", figure, {"explained": explained}, "variance", "variance")

    def _computed(self) -> dict[str, Any] | None:
        arrays, rank, floor = self.run.digest().arrays, int(_option(self.run, "rank")) or 1, _option(self.run, "floor")
        files = {"spectra": str(arrays["spectra"]), "features": str(arrays["features"])}
        return waiting.answer(
            f"inside:{self.run.id}",
            lambda: inference.ask("inside", keep=True, **files, rank=rank, floor=floor),
            "Computing ranks and components",
        )

    def _card(
        self,
        title: str,
        figure: go.Figure,
        data: Any,
        key: str,
        about: str,
        module: str = "",
        call: str = "",
        array: str = "spectra",
    ) -> None:
        code = f'from workbench.figures import {module}\n\nkept = run.arrays("{array}")\n{call}' if call else ""
        card(title, figure, data, of_run(self.run), key=key, about=about, code=code)


def _choose(label: str, options: list[str], key: str, **how: Any) -> str:
    return str(
        st.segmented_control(label, options, default=options[0], key=key, bind="query-params", required=True, **how)
    )


def _first(run: Run) -> list[str]:
    """The first method that was trained and its own options, as in ["effort", "rank=8"]."""
    return str((run.spec.config.get("methods") or ["effort"])[0]).split(":")


def _option(run: Run, name: str) -> float:
    own = dict(pair.split("=", 1) for pair in _first(run)[1:])
    return float(own.get(name, run.spec.config.get(name, 0)))


def _variant(text: str) -> str:
    method, *options = text.split(":")
    return ", ".join([method, *(option.replace("=", " = ").replace("_", " ") for option in options)])


def _track_label(run: Run, name: str) -> str:
    return _variant(":".join(_first(run))) if name == "track" else name.removeprefix("track-")
