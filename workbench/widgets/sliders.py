"""Controls that the address remembers, so that a link brings them back; those of an engine's settings are drawn from
what it says of them, and only what was changed is kept.

A setting is `{what, low, high, unit, choices}`. Values that the address holds and that do not fit are passed over.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

Setting = Mapping[str, Any]
NUMBERS = 1_000_000
"""People, photographs, clips and forgeries that the page shows: numbers below."""
_STEPS = 100


def choose(label: str, options: Sequence[str], key: str, shown: bool = True, **how: Any) -> str:
    """One of a few words, the first to begin with."""
    visible: Any = "visible" if shown else "collapsed"
    chosen = st.segmented_control(
        label, options, default=options[0], key=key, bind="query-params", required=True, label_visibility=visible, **how
    )
    return str(chosen)


def number(label: str, key: str, start: int, **how: Any) -> int:
    """The number of a person, a photograph, a clip or a forgery."""
    return int(st.number_input(label, 0, NUMBERS - 1, start, 1, key=key, bind="query-params", width=150, **how))


def changed(settings: Mapping[str, Setting]) -> dict[str, Any]:
    """The changes that the address holds."""
    found = {}
    for name, setting in settings.items():
        if name in st.query_params and (value := _read(st.query_params[name], setting)) is not None:
            found[name] = value
    return found


def draw(settings: Mapping[str, Setting], names: Iterable[str], base: Mapping[str, Any], stem: str) -> None:
    """A slider or a list for each name; one that stands at its base leaves the address.

    Args:
        base: value of each setting where nothing is changed. stem: of the controls' keys; a new one begins anew.
    """
    now = {**base, **changed(settings)}
    for name in names:
        setting, key = settings[name], f"{stem}-{_round()}-{name}"
        how: dict[str, Any] = {"key": key, "help": setting["what"], "on_change": _keep, "args": (name, key, base[name])}
        if setting["choices"]:
            options = list(setting["choices"])
            st.selectbox(
                _label(setting.get("label", name), ""), options, options.index(now[name]), format_func=_words, **how
            )
        else:
            low, high = float(setting["low"]), float(setting["high"])
            value = min(max(float(now[name]), low), high)
            st.slider(_label(setting.get("label", name), setting["unit"]), low, high, value, _step(low, high), **how)


def forget(settings: Iterable[str]) -> None:
    """Take changes out of the address, and let the controls begin anew."""
    for name in settings:
        st.query_params.pop(name, None)
    st.session_state["sliders-round"] = _round() + 1


def _round() -> int:
    return int(st.session_state.get("sliders-round", 0))


def _keep(name: str, key: str, base: Any) -> None:
    value = st.session_state[key]
    same = value == base if isinstance(value, str) else math.isclose(value, float(base), abs_tol=1e-6)
    if same:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value if isinstance(value, str) else f"{value:g}"


def _read(text: str, setting: Setting) -> Any:
    if setting["choices"]:
        return text if text in setting["choices"] else None
    try:
        value = float(text)
    except ValueError:
        return None
    return value if setting["low"] <= value <= setting["high"] else None


def _label(name: str, unit: str) -> str:
    words = _words(name)
    return f"{words} / {unit}" if unit and unit != words else words


def _words(name: str) -> str:
    return name.replace("_", " ") or "none"


def _step(low: float, high: float) -> float:
    """A round number, about a hundredth of the range."""
    rough = (high - low) / _STEPS
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= rough * 0.99)
