"""Containers of faces: from each to each without a changed byte, nothing half-written, and which line is wrong."""

import importlib.util
import io
import json
import os
import pickle
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from typer.testing import CliRunner

from engines.data import containers
from engines.data.containers import pairs_bin, recordio, safe_pickle, tfrecord
from engines.data.containers.base import FaceFiles, MissingPackage
from engines.errors import BadInput
from workbench.cli import app

HAS_LMDB = importlib.util.find_spec("lmdb") is not None
KINDS = ["rec", "cvlface", "tfrecord", *(["lmdb"] if HAS_LMDB else [])]


def encoded(number, kind="JPEG"):
    pixels = np.full((12, 12, 3), 20 * number % 250, np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


@pytest.fixture
def faces(tmp_path):
    for number, name in enumerate(("Bo/1", "Bo/2", "Anna Of/1", "Cy/x", "Cy/y", "Cy/z")):
        path = tmp_path / "faces" / f"{name}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(number))
    return tmp_path / "faces"


def by_person(found):
    """The files of each person, whatever the person is called."""
    return sorted(
        sorted(found.content(int(i)) for i in np.flatnonzero(found.people == who)) for who in set(found.people)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_there_and_back_without_a_changed_byte(kind, faces, tmp_path):
    target = tmp_path / f"out.{kind}"
    assert containers.convert(faces, target) == 6
    assert containers.kind_of(target) == kind
    before, after = containers.open_faces(faces), containers.open_faces(target)
    assert by_person(after) == by_person(before)
    assert after.picture(0).shape == (112, 112, 3)
    assert containers.convert(target, tmp_path / "again") == 6
    assert by_person(containers.open_faces(tmp_path / "again")) == by_person(before)
    if kind != "rec":
        assert set(after.people) == {"Bo", "Anna Of", "Cy"}


@settings(max_examples=30, deadline=None)
@given(
    content=st.lists(st.sampled_from([b"\x0a\x23\xd7\xce", b"abcd", b"\x00", b"\xce\x0a"]), max_size=12).map(b"".join)
)
def test_a_record_that_holds_the_magic_number_comes_back(content, tmp_path_factory):
    folder = tmp_path_factory.mktemp("magic")
    given_faces = FaceFiles(["a", "b"], ["a/1", "b/1"], lambda i: [b"x" + content, b"yyyy" + content][i])
    recordio.write(given_faces, folder / "set.rec", lambda share: None)
    found = recordio.read(folder / "set.rec")
    assert [found.content(i) for i in range(2)] == [b"x" + content, b"yyyy" + content]


def test_a_record_by_hand(tmp_path):
    """One record of label 7 with five bytes, as the format's description has it."""
    body = struct.pack("<IfQQ", 0, 7.0, 1, 0) + b"hello"
    record = struct.pack("<II", 0xCED7230A, len(body)) + body + b"\0\0\0"
    (tmp_path / "a.rec").write_bytes(record)
    (tmp_path / "a.idx").write_text("1\t0\n")
    found = recordio.read(tmp_path / "a.rec")
    assert found.people.tolist() == ["7"] and found.content(0) == b"hello"


def test_record_0_says_where_the_pictures_end(faces, tmp_path):
    containers.convert(faces, tmp_path / "set.rec")
    index = recordio.read_index(tmp_path / "set.idx")
    assert [key for key, _, _ in index] == [*range(10)]  # a header, six pictures, three people
    data = (tmp_path / "set.rec").read_bytes()
    flag, _, _, _, end, people = struct.unpack_from("<IfQQff", data, 8)
    assert (flag, end, people) == (2, 7.0, 10.0)


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda rec, idx: rec.write_bytes(rec.read_bytes()[:-40]), "is cut off.*line"),
        (lambda rec, idx: idx.write_text(idx.read_text().replace("\t", " ")), "line 1: a line is a key, a tab"),
        (lambda rec, idx: idx.write_text(idx.read_text() + "11\tx\n"), "line 11: the offset is 'x'"),
        (lambda rec, idx: idx.write_text(idx.read_text().replace("3\t", "3\t1")), "line 4 of the index"),
        (lambda rec, idx: idx.unlink(), "cannot be read"),
        (lambda rec, idx: idx.write_text(""), "is empty"),
    ],
)
def test_a_damaged_rec_says_where(break_it, said, faces, tmp_path):
    containers.convert(faces, tmp_path / "set.rec")
    break_it(tmp_path / "set.rec", tmp_path / "set.idx")
    with pytest.raises(BadInput, match=said):
        containers.open_faces(tmp_path / "set.rec")


def test_a_wrong_line_of_cvlface_and_tfrecord(faces, tmp_path):
    containers.convert(faces, tmp_path / "c.cvlface")
    table = tmp_path / "c.cvlface" / "train.tsv"
    table.write_text(table.read_text().replace("2\t", "99\t", 1))
    with pytest.raises(BadInput, match="line 2: there is no picture 99"):
        containers.open_faces(tmp_path / "c.cvlface")
    table.write_text("1,a/b.jpg,0\n")
    with pytest.raises(BadInput, match="line 1"):
        containers.open_faces(tmp_path / "c.cvlface")
    containers.convert(faces, tmp_path / "t.tfrecord")
    shard = tmp_path / "t.tfrecord" / "shard-00000.tfrecord"
    whole = shard.read_bytes()
    shard.write_bytes(whole[:-10])
    with pytest.raises(BadInput, match="cut off within the record of line 6"):
        containers.open_faces(tmp_path / "t.tfrecord").content(5)
    shard.write_bytes(whole[:40] + bytes([whole[40] ^ 1]) + whole[41:])
    with pytest.raises(BadInput, match="line 1 of the index is damaged"):
        containers.open_faces(tmp_path / "t.tfrecord").content(0)


def test_checksums_are_castagnolis():
    assert tfrecord.crc32c(b"123456789") == 0xE3069283
    assert tfrecord.image_of(tfrecord.example(b"picture", 300)) == b"picture"


def test_lmdb_without_its_package(faces, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "lmdb", None)
    with pytest.raises(MissingPackage, match="pip install lmdb"):
        containers.convert(faces, tmp_path / "out.lmdb")
    assert not (tmp_path / "out.lmdb").exists()


@pytest.mark.parametrize("kind", ["folder", "rec", "cvlface", "tfrecord"])
def test_an_interrupted_export_leaves_nothing(kind, faces, tmp_path):
    def interrupt(share):
        if share > 0.4:
            raise KeyboardInterrupt

    target = tmp_path / "out" / ("set.rec" if kind == "rec" else f"set.{kind}")
    target.parent.mkdir()
    with pytest.raises(KeyboardInterrupt):
        containers.convert(faces, target, kind, progress=interrupt)
    assert list(target.parent.iterdir()) == []


def test_nothing_is_overwritten(faces, tmp_path):
    (tmp_path / "there.rec").write_text("mine")
    with pytest.raises(BadInput, match="exists already"):
        containers.convert(faces, tmp_path / "there.rec")
    assert (tmp_path / "there.rec").read_text() == "mine"


def test_pairs_there_and_back(faces, tmp_path):
    listed = tmp_path / "list.txt"
    listed.write_text("Bo/1.jpg;Bo/2.jpg\nBo\\1.jpg;Cy\\x.jpg\r\nCy/x.jpg;Cy/y.jpg;0\n")
    assert containers.convert(faces, tmp_path / "set.bin", pairs=listed) == 6
    pairs = pairs_bin.read_bin(tmp_path / "set.bin")
    assert pairs.same.tolist() == [True, False, False] and pairs.files[0] == encoded(0)
    with (tmp_path / "set.bin").open("rb") as file:  # as insightface reads it
        files, same = pickle.load(file, encoding="bytes")
    assert files == pairs.files and same == [True, False, False]
    assert containers.convert(tmp_path / "set.bin", tmp_path / "unpacked") == 6
    assert containers.convert(tmp_path / "unpacked", tmp_path / "again.bin") == 6
    assert (tmp_path / "again.bin").read_bytes() == (tmp_path / "set.bin").read_bytes()
    pictures, _ = pairs.arrays()
    assert pictures.shape == (6, 112, 112, 3)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Bo/1.jpg,Bo/2.jpg", "line 2: a line is picture;picture"),
        ("Bo/1.jpg;Bo/2.jpg;maybe", "line 2"),
        ("Bo/1.jpg;Bo/9.jpg", "line 2: there is no picture 'Bo/9.jpg'"),
        ("Bo/1.jpg;../../etc/passwd", "line 2: .* leads out of"),
    ],
)
def test_a_wrong_pair_is_named_by_its_line(line, said, faces, tmp_path):
    (tmp_path / "list.txt").write_text(f"Bo/1.jpg;Bo/2.jpg\n{line}\n")
    with pytest.raises(BadInput, match=said):
        containers.convert(faces, tmp_path / "set.bin", pairs=tmp_path / "list.txt")
    assert not list(tmp_path.glob("*set.bin*"))


class Evil:
    def __reduce__(self):
        return os.system, ("echo should never run",)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_plain_values_of_any_protocol(protocol):
    array = np.frombuffer(b"\xff\xd8picture", np.uint8)
    value = ([b"\xff\xd8a\x00", array, np.array([1.5, 2])], [True, np.bool_(False)])
    found = safe_pickle.loads(pickle.dumps(value, protocol), "it")
    assert found[0][0] == b"\xff\xd8a\x00" and found[0][1].tobytes() == array.tobytes()
    assert found[0][2].tolist() == [1.5, 2] and [bool(v) for v in found[1]] == [True, False]


@pytest.mark.parametrize(
    "content",
    [
        pickle.dumps(([Evil()], [True])),
        pickle.dumps((np.array([Evil()], dtype=object), [True])),
        b"cbuiltins\neval\n(V1+1\ntR.",
        b"\x80\x04garbage",
        pickle.dumps(([b"a"], [True])),
        pickle.dumps({"not": "a set"}),
    ],
)
def test_a_pickle_that_is_no_set_runs_nothing(content, tmp_path, capfd):
    (tmp_path / "set.bin").write_bytes(content)
    with pytest.raises(BadInput):
        pairs_bin.read_bin(tmp_path / "set.bin")
    assert "should never run" not in capfd.readouterr().out


def test_pairs_are_no_people_and_nothing_is_nothing(tmp_path):
    pairs_bin.write_bin(pairs_bin.PairSet([encoded(0), encoded(1)], np.array([True])), tmp_path / "a.bin")
    with pytest.raises(BadInput, match="pairs, not people"):
        containers.open_faces(tmp_path / "a.bin")
    with pytest.raises(BadInput, match="There is nothing at"):
        containers.open_faces(tmp_path / "nothing")
    (tmp_path / "empty" / "Al").mkdir(parents=True)
    with pytest.raises(BadInput, match="Al holds no pictures"):
        containers.open_faces(tmp_path / "empty")


def test_one_command_converts(faces, tmp_path):
    said = CliRunner().invoke(app, ["data", "convert", str(faces), str(tmp_path / "set.rec"), "--json"])
    assert said.exit_code == 0 and json.loads(said.stdout)["pictures"] == 6
    assert len(containers.open_faces(tmp_path / "set.rec")) == 6
