"""Pair lists and submissions: what paths say, what goes out comes back, and which line is wrong."""

import zipfile

import numpy as np
import pytest

from engines.errors import BadInput
from engines.recognition.frcsyn import submission
from engines.recognition.frcsyn.lists import parse_list, read_genders, read_list


def test_labels_and_kinds_follow_from_the_paths():
    age = parse_list(
        "1_Anna_Of_X_3_A_20.jpg;7_Anna_Of_X_9_A_40.jpg\r\n2_Bo_1_A_25.jpg;1_Anna_Of_X_3_A_20.jpg\r\n", "agedb"
    )
    assert age.same.tolist() == [True, False] and age.kind.tolist() == ["age gap 20", "age gap 5"]
    cfp = parse_list("001/profile/01.jpg;001/frontal/03.jpg\n", "cfp-fp")
    assert cfp.same.tolist() == [True] and cfp.kind.tolist() == ["frontal to profile"]
    rof = parse_list(
        "neutral\\Al_B\\1.jpg;sunglasses\\Al_B_wearing_sunglasses\\2.jpg\r\n"
        "neutral\\Al_B\\1.jpg;masked\\Cy_wearing_mask\\1.jpg\r\n", "rof",
    )  # fmt: skip
    assert rof.same.tolist() == [True, False]
    assert rof.kind.tolist() == ["neutral to sunglasses", "neutral to mask"]
    assert rof.paths[1] == "sunglasses/Al_B_wearing_sunglasses/2.jpg"
    bupt = parse_list("Asian/m.1/a.jpg;Asian/m.2/a.jpg\n", "bupt")
    assert bupt.group.tolist() == ["Asian"] and not bupt.same[0]


def test_a_list_goes_out_as_it_came(tmp_path):
    text = "Asian/m.1/a.jpg;Asian/m.2/a.jpg\r\nAsian/m.1/a.jpg;Asian/m.1/b.jpg\r\n"
    (tmp_path / "list.txt").write_bytes(text.encode())
    assert read_list(tmp_path / "list.txt", "bupt").text() == text


def test_gender_makes_eight_groups_of_four(tmp_path):
    (tmp_path / "groups.csv").write_text("path,gender\nAsian/m.1/a.jpg,Female\nAsian/m.2/a.jpg,female\n")
    pairs = parse_list("Asian/m.1/a.jpg;Asian/m.2/a.jpg\n", "bupt")
    genders = read_genders(tmp_path / "groups.csv")
    assert pairs.with_gender(genders).group.tolist() == ["Asian-female"]
    with pytest.raises(BadInput, match="says no gender of Asian/m"):
        pairs.with_gender({"Asian/m.1/a.jpg": "male"})
    (tmp_path / "groups.csv").write_text("path,gender\nAsian/m.1/a.jpg\n")
    with pytest.raises(BadInput, match="line 2"):
        read_genders(tmp_path / "groups.csv")


@pytest.mark.parametrize(
    ("text", "database", "said"),
    [
        (
            "Asian/a/1.jpg;Asian/a/2.jpg\nAsian/a/1.jpg,Asian/a/2.jpg\n",
            "bupt",
            "line 2: a line is two paths joined by ';'",
        ),
        ("Asian/a/1.jpg;\n", "bupt", "line 1"),
        (
            "Asian/a/1.jpg;Asian/a/2.jpg\na/1.jpg;Asian/a/2.jpg\n",
            "bupt",
            "line 2: 'a/1.jpg' is not of the form Ethnicity",
        ),
        ("1_A_1_A_20.jpg;1_A_1_A_20.jpg\n1_A_1_A_20.jpg;1_A.jpg\n", "agedb", "line 2: '1_A.jpg'"),
        ("001/frontal/1.jpg;001/side/1.jpg\n", "cfp-fp", "line 1"),
        ("\n\n", "rof", "holds no pairs"),
        ("a;b\n", "lfw", "no database 'lfw'"),
    ],
)
def test_a_wrong_line_is_named(text, database, said):
    with pytest.raises(BadInput, match=said):
        parse_list(text, database)


def test_a_submission_comes_back_to_the_last_digit(tmp_path):
    scores, decisions = np.random.default_rng(0).random(9), np.arange(9) % 2 == 0
    given = {("1.1", "bupt", system): (scores, decisions) for system in ("baseline", "proposed")}
    path = submission.write(tmp_path / "out.zip", given)
    again = submission.read(path, {"bupt": 9})
    assert set(again) == set(given)
    for found in again.values():
        assert np.array_equal(found[0], scores) and np.array_equal(found[1], decisions)
    first = path.read_bytes()
    submission.write(path, given)
    assert path.read_bytes() == first and [p.name for p in tmp_path.iterdir()] == ["out.zip"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0.5,1\n0.5;1\n", "line 2: a line is score,decision"),
        ("0.5,1\nnan,0\n", "line 2: the score nan"),
        ("inf,1\n0.5,0\n", "line 1: the score inf"),
        ("1.2,1\n0.5,0\n", "line 1"),
        ("0.5,2\n0.5,0\n", "line 1"),
        ("0.5,1\n\n0.5,1\n", "line 2"),
        ("0.5,1\n", "1 lines and its list 2 pairs"),
    ],
)
def test_a_wrong_score_is_named_by_its_line(text, said):
    with pytest.raises(BadInput, match=said):
        submission.parse_scores(text, 2)


def test_what_is_no_submission(tmp_path):
    (tmp_path / "no.zip").write_text("no")
    with pytest.raises(BadInput, match="cannot be read"):
        submission.read(tmp_path / "no.zip")
    with zipfile.ZipFile(tmp_path / "odd.zip", "w") as archive:
        archive.writestr("1.1/agedb/baseline.txt", "0.5,1\n")
    with pytest.raises(BadInput, match="no file of a submission"):
        submission.read(tmp_path / "odd.zip")
    with pytest.raises(BadInput, match="Pair 1 has the score"):
        submission.write(tmp_path / "bad.zip", {("1.1", "bupt", "proposed"): (np.array([1.5]), np.array([True]))})
    assert not list(tmp_path.glob(".bad*")) and not (tmp_path / "bad.zip").exists()
