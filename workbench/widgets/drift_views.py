"""Two views of one clip on the Drift page: its organs, and a vision tower's features."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import streamlit as st

from engines.analysis.drift import FAST_HZ
from workbench import inference
from workbench.figures import drift as figures
from workbench.widgets import sliders, waiting
from workbench.widgets.card import Source, card

TOWERS = ("dinov2-s6", "vit-tiny-random")
_IMPORT = "from workbench.figures import drift"
_HELP = (
    "True: as the face world knows them. Read: 68 points by a reader trained on the face world. Found: the five points"
    " of the face finder."
)


def organs(face: Mapping[str, Any], source: Source, name: str) -> None:
    """The clip beside its curves; below, the strip and the spectrum.

    Args:
        face: `{drift, mp4}`, see `drift_questions`. name: of the clip.
    """
    marks = sliders.choose("Landmarks", list(face["drift"]), "landmarks", help=_HELP)
    told = face["drift"][marks]
    player, right = st.columns([2, 3], gap="large")
    with player:
        st.video(face["mp4"], loop=True, autoplay=True, muted=True, alt="The clip that is measured", width="stretch")
        st.caption(f"{len(told['times'])} frames · {source.line}")
        _numbers(told)
    rows = [{"time_s": t, **dict(zip(told["organs"], row, strict=True))} for t, row in _rows(told)]
    load = f"{source.load}\ntold = found['faces'][0]['drift'][{marks!r}]"
    shown = Source(f"{marks} · {source.line}", source.command, load)
    three = "told['times'], told['size'], told['organs']"
    with right:
        figure = figures.curves(told["times"], told["size"], told["organs"])
        code = f"{_IMPORT}\n\ndrift.curves({three})"
        card("How far each organ is from its place", figure, rows, shown, key="organs", about="drift-organs", code=code)
    figure, code = figures.strip(told["times"], told["size"], told["organs"]), f"{_IMPORT}\n\ndrift.strip({three})"
    card("Organs over time", figure, rows, shown, key="strip", about="drift-strip", code=code)
    frequencies, power = told["frequencies"], told["power"]
    figure = figures.spectrum(frequencies, power, told["organs"], FAST_HZ)
    code = f"{_IMPORT}\n\ndrift.spectrum(told['frequencies'], told['power'], told['organs'], {FAST_HZ:g})"
    data = {"frequency_hz": frequencies, "power": power}
    card("How fast they move", figure, data, shown, key="spectrum", about="drift-spectrum", code=code)


def features(face: Mapping[str, Any], source: Source, name: str) -> None:
    """How a tower's features change from frame to frame. Arguments as of `organs`."""
    crops = face["crops"]
    if len(crops) < 2:
        st.info("No face was found in two frames of this clip, so there is nothing to align.", icon=":material/info:")
        return
    tower = sliders.choose("Tower", TOWERS, "tower")
    found = waiting.answer(
        f"drift-features:{name}-{tower}",
        lambda: inference.ask("drift_features", by="drift", crops=crops, tower=tower),
        "Computing features",
    )
    if found is None:
        return
    times = _middles(face)
    shown = Source(f"tower {tower} · {source.line}", "", _of_features(source, tower))
    left, right = st.columns([3, 2], gap="large")
    with left:
        figure = figures.features(times, found["pooled"], found["patches"])
        data = {"time_s": times, "pooled": found["pooled"], "patches": found["patches"]}
        code = f"{_IMPORT}\n\ndrift.features(times, told.pooled, told.patches)"
        card("Change from frame to frame", figure, data, shown, key="change", about="drift-features", code=code)
    with right:
        figure, code = figures.patch_map(found["patches"]), f"{_IMPORT}\n\ndrift.patch_map(told.patches)"
        data = {"patches": found["patches"].mean(0)}
        card("Where it changes", figure, data, shown, key="patches", about="drift-patches", code=code)
    st.image(crops[len(crops) // 2], width=160, caption="An aligned face, as the tower sees it", alt="An aligned face")


def _numbers(told: Mapping[str, Any]) -> None:
    whole, fast = st.columns(2)
    words = "Root mean square displacement of brows, eyes and nose, in percent of the distance between the eyes"
    whole.metric("Drift", f"{100 * told['number']:.2f} %", help=words)
    fast.metric(f"Above {FAST_HZ:g} Hz", f"{100 * told['number_fast']:.2f} %", help=f"{words}; what is faster alone")


def _rows(told: Mapping[str, Any]) -> Iterable[tuple[float, list[float]]]:
    return zip(told["times"].tolist(), told["size"].tolist(), strict=True)


def _middles(face: Mapping[str, Any]) -> np.ndarray:
    """Times between neighbouring frames in which the face was found."""
    times = np.asarray(next(told["times"] for name, told in face["drift"].items() if name.startswith("68")))
    return (times[1:] + times[:-1]) / 2


def _of_features(source: Source, tower: str) -> str:
    return (
        f"{source.load}\nfrom engines.analysis.feature_drift import feature_drift\nfrom engines.backbones import towers"
        f"\n\nface = found['faces'][0]\ntold = feature_drift(towers.build({tower!r}), face['crops'])\n"
        "seconds = face['drift']['68 read']['times']\ntimes = (seconds[1:] + seconds[:-1]) / 2"
    )
