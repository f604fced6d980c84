"""Names of labels and videos: what they say, and that nothing else is read into them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.data.names import ids, label_name, label_of
from engines.errors import BadInput

REAL = ("FF-real", "DFD_real", "CelebDFv2_real", "DFDCP_Real", "DF_real", "sd2.1_Real", "0_real", "real", "nature")
FAKE = ("FF-DF", "FF-FH", "FF-SH", "DFD_fake", "DFDCP_FakeA", "DFDCP_FakeB", "e4s_Fake", "1_fake", "ai", "FAKE")


@pytest.mark.parametrize(("name", "label"), [*((name, 0) for name in REAL), *((name, 1) for name in FAKE)])
def test_labels_of_the_field(name: str, label: int) -> None:
    assert label_of(name) == label


@pytest.mark.parametrize("name", ["surreal", "sdxl", "faked", "not_real_at_all", "", "unrealistic", "fakes"])
def test_other_labels_are_never_guessed(name: str) -> None:
    with pytest.raises(BadInput, match="says neither real nor fake"):
        label_of(name)
    assert label_of(name, given={name: 0}) == 0 and label_of(name, given={name: 1}) == 1


def test_the_face_worlds_export_calls_forged_ones_by_their_family() -> None:
    assert label_of("swap", "mien") == 1 and label_of("real", "mien") == 0


@given(st.text(min_size=1, max_size=12), st.text(max_size=8), st.integers(0, 1))
def test_a_labels_name_gives_the_label_back(family: str, dataset: str, label: int) -> None:
    assert label_of(label_name(dataset, family, label), dataset) == label


@pytest.mark.parametrize(
    ("dataset", "name", "label", "target", "source", "people"),
    [
        ("FaceForensics++", "000_003", 1, "000", "003", ("ff/000", "ff/003")),
        ("FF-DF", "003_000", 1, "003", "000", ("ff/003", "ff/000")),
        ("FaceForensics++", "003", 0, "", "", ("ff/003",)),
        ("DeepFakeDetection", "01_27__talking_against_wall__6PHZRQ4H", 1, "01__talking_against_wall", "",
         ("dfd/01", "dfd/27")),
        ("DeepFakeDetection", "01__talking_against_wall", 0, "", "", ("dfd/01",)),
        ("Celeb-DF-v2", "id0_id16_0007", 1, "id0_0007", "", ("celebdf/id0", "celebdf/id16")),
        ("Celeb-DF-v2", "id0_0007", 0, "", "", ("celebdf/id0",)),
        ("Celeb-DF-v2", "00170", 0, "", "", ()),
        ("DeeperForensics-1.0", "000_W101", 1, "000", "", ("ff/000", "dfo/W101")),
        ("simswap_ff", "000_003", 1, "", "", ("ff/000", "ff/003")),
        ("simswap_cdf", "id0_id16_0007", 1, "", "", ("celebdf/id0", "celebdf/id16")),
        ("mine", "000_003", 1, "", "", ()),
    ],
)  # fmt: skip
def test_ids(dataset: str, name: str, label: int, target: str, source: str, people: tuple[str, ...]) -> None:
    assert ids(dataset, name, label) == (target, source, people)


@given(st.text(max_size=30), st.sampled_from(["FaceForensics++", "Celeb-DF-v2", "DeepFakeDetection", "x_ff"]))
def test_any_name_has_ids_or_none(name: str, dataset: str) -> None:
    found = ids(dataset, name, 1)
    assert all(person.count("/") >= 1 for person in found.people)
