"""What the names of labels and videos say in the field's data sets, and nothing beyond that.

Labels as in DeepfakeBench's `label_dict`: a name that ends in `real`, `fake`, `FakeA`, or one of the short names of
FF++. A name that says neither is an error, never a guess.
Videos: FF++ `<target>_<source>`; DeepFakeDetection `<target actor>_<source actor>__<scene>__<id>`; Celeb-DF
`<target>_<source>_<number of the target's video>`; DeeperForensics `<FF++ video>_<actor>`. Targets are the videos that
were altered, sources whose face went in.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from engines.errors import BadInput

FF_FAMILIES = {
    "Deepfakes": "FF-DF",
    "Face2Face": "FF-F2F",
    "FaceSwap": "FF-FS",
    "NeuralTextures": "FF-NT",
    "FaceShifter": "FF-FH",
    "DeepFakeDetection": "DFD_fake",
}
"""Folders of FF++'s manipulated_sequences -> DeepfakeBench's labels."""
REAL_LABELS = {
    "FaceForensics++": "FF-real",
    "FaceShifter": "FF-real",
    "DeepFakeDetection": "DFD_real",
    "Celeb-DF-v1": "CelebDFv1_real",
    "Celeb-DF-v2": "CelebDFv2_real",
    "DeeperForensics-1.0": "DF_real",
}
"""DeepfakeBench's label of the real videos of a data set, where it is not `<data set>_Real`."""
ONLY_REAL_IS_REAL = ("mien",)
"""Data sets that call real ones "real" and forged ones by their family: the face world's own export."""
_KNOWN = {**dict.fromkeys(("FF-DF", "FF-F2F", "FF-FS", "FF-NT", "FF-FH", "FF-SH", "ai"), 1), "nature": 0}
_ENDING = re.compile(r"(?:^|[_\-. ])(?:([Rr]eal|REAL)|(?:[Ff]ake|FAKE)[A-Z]?)$")
_FF = re.compile(r"^(\d{3})(?:_(\d{3}))?$")
_DFD = re.compile(r"^(\d\d)(?:_(\d\d))?__(.+?)(?:__([A-Z0-9]{8}))?$")
_CELEB = re.compile(r"^(id\d+)(?:_(id\d+))?_(\d+)$")
_DEEPER = re.compile(r"^(\d{3})_([MW]\d{3})$")


class Ids(NamedTuple):
    """Target and source video and people, as in `Video`."""

    target: str = ""
    source: str = ""
    people: tuple[str, ...] = ()


def label_of(name: str, dataset: str = "", given: Mapping[str, int] | None = None) -> int:
    """0 for real and 1 for forged, of a label's name; `given` goes before everything else.

    Raises:
        BadInput: the name says neither.
    """
    if given and name in given:
        return given[name]
    if dataset in ONLY_REAL_IS_REAL:
        return int(name != "real")
    if name in _KNOWN:
        return _KNOWN[name]
    ending = _ENDING.search(name)
    if not ending:
        raise BadInput(
            f"The label {name!r} says neither real nor fake, and nothing is guessed. Say which with "
            f"labels = {{{name!r}: 0}} for real or 1 for forged (--label {name}=fake), or rename it to {name}_fake."
        )
    return 0 if ending[1] else 1


def label_name(dataset: str, family: str, label: int) -> str:
    """The name under which DeepfakeBench lists a family; `label_of` gives the label back."""
    if not label:
        return "real" if dataset in ONLY_REAL_IS_REAL else REAL_LABELS.get(dataset, f"{dataset or 'data'}_Real")
    try:
        return family if label_of(family, dataset) == 1 else f"{family}_Fake"
    except BadInput:
        return f"{family}_Fake"


def ids(dataset: str, name: str, label: int) -> Ids:
    """What a video's name says of where it comes from, in a data set whose naming is known."""
    for known, read in _READERS:
        if dataset.lower().startswith(known) or dataset.lower().endswith(known):
            return read(name, label)
    return Ids()


def _ff(name: str, label: int) -> Ids:
    if found := _FF.match(name):
        target, source = found[1], found[2] or ""
        people = tuple(f"ff/{each}" for each in (target, source) if each)
        return Ids(target, source, people) if label and source else Ids(people=people)
    return _dfd(name, label)


def _dfd(name: str, label: int) -> Ids:
    found = _DFD.match(name)
    if not found:
        return Ids()
    people = tuple(f"dfd/{each}" for each in (found[1], found[2]) if each)
    return Ids(f"{found[1]}__{found[3]}" if label and found[2] else "", "", people)


def _celeb(name: str, label: int) -> Ids:
    found = _CELEB.match(name)
    if not found:
        return Ids()
    people = tuple(f"celebdf/{each}" for each in (found[1], found[2]) if each)
    return Ids(f"{found[1]}_{found[3]}" if label and found[2] else "", "", people)


def _deeper(name: str, label: int) -> Ids:
    if found := _DEEPER.match(name):
        return Ids(found[1], "", (f"ff/{found[1]}", f"dfo/{found[2]}"))
    actor = re.match(r"[MW]\d{3}", name)
    return Ids(people=(f"dfo/{actor[0]}",) if actor else ())


def _made_of_ff(name: str, label: int) -> Ids:
    return Ids(people=_ff(name, label).people)


def _made_of_celeb(name: str, label: int) -> Ids:
    return Ids(people=_celeb(name, label).people)


def _world(name: str, label: int) -> Ids:
    # Its "frames" are photographs: those of one number do not show one moment, so there is no target to pair with.
    return Ids(people=tuple(f"world/{int(each)}" for each in name.split("_") if each.isdigit()))


# The methods of DF40 do not all say which of two ids is the target's, so only the people are taken from their names.
_READERS = (
    ("deepfakedetection", _dfd),
    ("dfd_", _dfd),
    ("faceforensics", _ff),
    ("faceshifter", _ff),
    ("ff-", _ff),
    ("celeb", _celeb),
    ("deeperforensics", _deeper),
    ("_ff", _made_of_ff),
    ("_cdf", _made_of_celeb),
    ("mien", _world),
)
