"""A run under one of the field's protocols: trained on the part that it names, tested on one of its tests.

`protocol = ff-to-others/CDFv2` with `data` naming the folders, several with commas between. A detector is calibrated on
the validation part of the training set. Differs from the protocols: a run has one test, so that its tables hold the
real pictures that belong to its forgeries; the other tests are runs of the same seed.
"""

from dataclasses import replace

from engines.data.forgery_index import usable
from engines.data.layouts import merged, read
from engines.data.protocols import PROTOCOLS, Part
from engines.data.videos import Video
from engines.errors import BadConfig


def videos(source: str, name: str) -> dict[str, list[Video]]:
    """Videos of train, val and test.

    Args:
        source: folders or JSONs, with commas between. name: PROTOCOL/TEST.

    Raises:
        BadConfig: there is no such protocol, or no such test in it.
        BadInput: a part is empty or cannot be read; see `layouts.read` and `Part.videos`.
    """
    train, test = parts(name)
    index = merged([read(place.strip()) for place in source.split(",")])
    wanted = {"train": train, "val": replace(train, split="val"), "test": test}
    return {split: usable(index.place, part.videos(index)) for split, part in wanted.items()}


def parts(name: str) -> tuple[Part, Part]:
    """What `PROTOCOL/TEST` is trained and tested on.

    Raises:
        BadConfig: there is no such protocol, or no such test in it.
    """
    protocol, _, wanted = name.partition("/")
    if protocol not in PROTOCOLS:
        raise BadConfig(f"There is no protocol {protocol!r}; there are {', '.join(PROTOCOLS)}.")
    tests = {test.name: test for test in PROTOCOLS[protocol].tests}
    if wanted not in tests:
        raise BadConfig(f"{protocol} has no test {wanted!r}; write {protocol}/TEST with one of {', '.join(tests)}.")
    return PROTOCOLS[protocol].train, tests[wanted]
