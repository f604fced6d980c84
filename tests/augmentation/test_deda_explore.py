"""De-DA by hand: a rendered person and a photograph apart, together, edited and under each method."""

import numpy as np
import pytest

from engines import ASSETS
from engines.augmentation.deda import explore
from engines.augmentation.deda.editors import Jitter
from engines.data.images import read_image
from engines.errors import BadInput


@pytest.fixture(scope="module")
def two():
    return explore.person(3, 5), explore.person(8, 10005, "park")


def test_layers_of_a_person(two):
    found = explore.apart(*two, 1.0, 0.0, 0.0, 0.0)
    assert found["source"] == "known mask" and 0.1 < found["area"] < 0.9
    solid, around = found["mask"] > 250, found["mask"] == 0
    assert (found["together"][solid] == found["picture"][solid]).all()  # where it stood, before the other's place
    assert (found["together"][around] == found["behind"][around]).all()


def test_a_smaller_object_shows_more_of_the_place(two):
    shown = [(explore.apart(*two, scale, 0.0, 0.0, 0.0)["together"] == two[1].parts.place).all(-1).mean()
             for scale in (1.0, 0.5)]  # fmt: skip
    assert shown[1] > shown[0] + 0.1


def test_every_method_makes_something_of_it(two):
    found = explore.methods(*two, 0, Jitter())
    assert next(iter(found)) == "original" and list(found)[-1] == "de-da" and len(found) == 9
    assert all(picture.shape == (112, 112, 3) and picture.dtype == np.uint8 for picture in found.values())
    assert all((found[name] != found["original"]).any() for name in list(found)[1:])


def test_isolated_edits_leave_what_is_around_alone(two):
    found = explore.edited(two[0], (0.2, 0.8), 0, Jitter())
    assert found["isolated_around"][0] == pytest.approx(found["isolated_around"][1], abs=3)
    assert found["whole_around"][1] > found["whole_around"][0] and found["isolated_object"][1] > 0


def test_a_photograph_is_cut_about_its_face():
    found = explore.photograph(read_image(ASSETS / "media" / "astronaut.jpg"))
    assert (
        found.picture.shape == (112, 112, 3)
        and found.parts.source in ("box", "rembg")
        and found.parts.place is not None
    )


def test_a_photograph_without_a_face_is_said():
    with pytest.raises(BadInput, match="No face was found"):
        explore.photograph(np.full((120, 120, 3), 90, np.uint8))
