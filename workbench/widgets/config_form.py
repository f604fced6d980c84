"""The form of a recipe, drawn from its Config: description as help, bounds, unit, rare settings folded away."""

import re
from collections.abc import Mapping
from typing import Any, get_args, get_origin

import streamlit as st
from pydantic.fields import FieldInfo

from engines.training.config import Config, advanced, unit

_COLUMNS = 3


def config_form(config: Config, key: str) -> dict[str, Any]:
    """Draw a control for each setting; return those that differ from `config`.

    Args:
        config: the preset's settings, which the controls begin with.
        key: stem of the controls' keys; a new stem begins anew.
    """
    fields = type(config).model_fields
    plain = [name for name, info in fields.items() if not advanced(info)]
    rare = [name for name, info in fields.items() if advanced(info)]
    values = _controls(config, plain, key)
    if rare:
        with st.expander(f"More settings ({len(rare)})"):
            values |= _controls(config, rare, key)
    return {name: value for name, value in values.items() if value != getattr(config, name)}


def choices(info: FieldInfo) -> list[str]:
    """The words a field may hold, if its pattern is of the form `^(one|two)$`."""
    pattern = next((getattr(rule, "pattern", None) for rule in info.metadata if getattr(rule, "pattern", None)), None)
    text = str(pattern or "")
    words = text[2:-2].split("|") if text.startswith("^(") and text.endswith(")$") else []
    return [re.sub(r"\[(.)\]", r"\1", word) for word in words]  # [+] is a plus


def bounds(info: FieldInfo) -> dict[str, Any]:
    """`min_value` and `max_value` of a number; an open bound of an integer is the next one inside."""
    found: dict[str, Any] = {}
    whole = info.annotation is int
    for rule in info.metadata:
        for name, side, step in (("ge", "min", 0), ("gt", "min", 1), ("le", "max", 0), ("lt", "max", -1)):
            value = getattr(rule, name, None)
            if value is not None:
                found[f"{side}_value"] = int(value) + step if whole else float(value)
    return found


def _controls(config: Config, names: list[str], key: str) -> dict[str, Any]:
    fields = type(config).model_fields
    values: dict[str, Any] = {}
    lists = [name for name in names if _is_list(fields[name])]
    single = [name for name in names if name not in lists]
    rows = [single[start : start + _COLUMNS] for start in range(0, len(single), _COLUMNS)]
    for row in [*rows, *([name] for name in lists)]:  # a list's words need the whole width
        for name, column in zip(row, st.columns(1 if row[0] in lists else _COLUMNS), strict=False):
            with column:
                values[name] = _control(name, fields[name], getattr(config, name), f"{key}-{name}")
    return values


def _control(name: str, info: FieldInfo, value: Any, key: str) -> Any:
    shared: Mapping[str, Any] = {"label": _label(name, info), "help": info.description, "key": key}
    if isinstance(value, bool):
        return st.toggle(value=value, **shared)
    if options := choices(info):
        return st.selectbox(options=options, index=options.index(value), **shared)
    if isinstance(value, int):
        return st.number_input(value=value, step=1, **bounds(info), **shared)
    if isinstance(value, float):
        return st.number_input(value=value, step=value / 10 or 0.1, format="%g", **bounds(info), **shared)
    if isinstance(value, tuple):
        return _several(info, value, shared)
    return st.text_input(value=str(value), **shared)


def _several(info: FieldInfo, value: tuple[Any, ...], shared: Mapping[str, Any]) -> tuple[str, ...]:
    """Words one by one, numbers in a line with commas between them."""
    if _is_list(info):
        return tuple(st.multiselect(options=list(value), default=list(value), accept_new_options=True, **shared))
    said = st.text_input(value=", ".join(map(str, value)), **shared)
    return tuple(part.strip() for part in said.split(",") if part.strip())


def _is_list(info: FieldInfo) -> bool:
    return get_origin(info.annotation) is tuple and str in get_args(info.annotation)


def _label(name: str, info: FieldInfo) -> str:
    words = name.replace("_", " ")
    said = unit(info)
    return f"{words} / {said}" if said and said not in words.split() else words
