"""The settings of a set of photographs, as the address holds them: what is shown, counted and exported alike."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

LABEL = "The set: people, groups, ages, occluders"
SPLITS = ("train", "val", "test")
AGES = (10, 80)
USUAL_SHARE = 0.15


def chosen(catalogue: Mapping[str, Any], people: int, photos: int) -> dict[str, Any]:
    """Draw the controls; the settings as `WorldSpec` takes them.

    Args:
        people, photos: where the controls begin.
    """
    first, second, third = st.columns(3)
    with first:
        number = st.number_input("People", 1, 100_000, people, 10, key="people", bind="query-params")
        each = st.number_input("Photographs of each", 1, 1000, photos, key="photos", bind="query-params")
        split = st.selectbox("Split", SPLITS, key="split", bind="query-params", help="No person is in two splits.")
    with second:
        groups = st.multiselect(
            "Groups, in turn", catalogue["groups"], key="groups", bind="query-params", placeholder="as people come",
            help="With all eight, every group has as many people.",
        )  # fmt: skip
        ages = st.slider(
            "Ages / years", *AGES, AGES, key="ages", bind="query-params", help="At full width, as people come."
        )
        gap = st.slider("Age gap / years", 0, 40, 0, key="age_gap", bind="query-params",
                        help="Years over which the photographs of one person are spread.")  # fmt: skip
    with third:
        covered = st.slider("Occluded", 0.0, 1.0, USUAL_SHARE, 0.05, key="occluded", bind="query-params",
                            help="Share of photographs with something before the face.")  # fmt: skip
        frontal = st.toggle("Near-frontal", key="frontal", bind="query-params", help="Turned less, and calmer.")
        seed = st.number_input(
            "Seed", 0, 999, 0, key="seed", bind="query-params", help="Another one gives other people."
        )
    return {
        "split": split,
        "people": int(number),
        "photos": int(each),
        "groups": tuple(groups),
        "frontal": bool(frontal),
        "occluders": None if covered == USUAL_SHARE else float(covered),
        "ages": None if tuple(ages) == AGES else tuple(float(age) for age in ages),
        "age_gap": float(gap),
        "seed": int(seed),
    }


def command(verb: str, spec: Mapping[str, Any]) -> str:
    """The command line that does the same with this set."""
    words = [verb, f"--split {spec['split']} --people {spec['people']} --photos {spec['photos']}"]
    words += [f"--group {group}" for group in spec["groups"]]
    words += ["--frontal"] if spec["frontal"] else []
    words += [f"--occluders {spec['occluders']:g}"] if spec["occluders"] is not None else []
    words += [f"--ages {spec['ages'][0]:g}:{spec['ages'][1]:g}"] if spec["ages"] else []
    words += [f"--age-gap {spec['age_gap']:g}"] if spec["age_gap"] else []
    words += [f"--size {spec['size_px']}"] if "size_px" in spec else []
    return " ".join([*words, f"--seed {spec['seed']}"])


def name(spec: Mapping[str, Any]) -> str:
    """The settings as a name for questions."""
    return "-".join(str(value) for value in spec.values())
