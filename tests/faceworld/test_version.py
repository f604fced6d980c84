"""What is drawn has a number: when these pictures change, raise `version.NUMBER` and pin them again.

The pins are means over 16 x 16 blocks of a few samples, which other machines' rounding does not reach.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from engines.faceworld.dataset import FAMILIES, ForgerySpec, make_sample
from engines.faceworld.version import NUMBER

PINS = Path(__file__).with_name("pins.json")
SPEC = ForgerySpec("test", FAMILIES, identities=4, reals=4, fakes_per_family=1)


def drawn() -> list[list[int]]:
    """Block means of every sample of `SPEC`, red, green and blue, rounded to whole steps of 255."""
    samples = [make_sample(SPEC, index).image.reshape(7, 16, 7, 16, 3).mean((1, 3)) for index in range(len(SPEC))]
    return [np.rint(sample).astype(int).ravel().tolist() for sample in samples]


@pytest.mark.parametrize("index", range(len(SPEC)))
def test_the_world_draws_what_its_number_says(index: int) -> None:
    pins = json.loads(PINS.read_text())
    assert pins["number"] == NUMBER
    difference = np.abs(np.array(drawn()[index]) - pins["blocks"][index])
    assert difference.max() <= 2, "The pictures changed: raise version.NUMBER and pin them again."
