"""Protocols as data: what each takes of an index, and that all of them can be asked."""

from pathlib import Path

import pytest
import trees

from engines.data.layouts import merged, read
from engines.data.layouts.df40 import METHODS, UNKNOWN
from engines.data.protocols import DF40_FF, PROTOCOLS
from engines.errors import BadInput


def test_their_size_is_the_fields() -> None:
    assert sum(map(len, METHODS.values())) == 40 and sum(map(len, DF40_FF.values())) == 31 and len(UNKNOWN) == 9
    assert len(PROTOCOLS["universal"].tests) == 19
    assert len(PROTOCOLS["genimage-pa"].tests) == 8 == sum(name.startswith("genimage-pb") for name in PROTOCOLS)
    assert [test.name for test in PROTOCOLS["df40-p2"].tests] == ["FSAll_cdf", "FRAll_cdf", "EFSAll_cdf"]
    assert sum(name.startswith("df40-p4-") for name in PROTOCOLS) == 31
    assert {test.name for test in PROTOCOLS["ff-to-others"].tests} >= {"CDFv1", "CDFv2", "DFD", "DFDC", "DFDCP", "DFo"}


@pytest.mark.parametrize("name", PROTOCOLS)
def test_each_is_complete(name: str) -> None:
    protocol = PROTOCOLS[name]
    assert protocol.name == name and protocol.title and protocol.source and protocol.tests
    assert protocol.train.split == "train" and all(test.split in ("test", "all") for test in protocol.tests)
    assert set(protocol.metrics) <= {"auc", "ap", "accuracy"} and set(protocol.levels) <= {"frame", "video", "picture"}
    assert len({test.name for test in protocol.tests}) == len(protocol.tests)


def test_ff_to_others(tmp_path: Path) -> None:
    protocol = PROTOCOLS["ff-to-others"]
    ff = read(trees.faceforensics(tmp_path / "FF"))
    train = protocol.train.videos(ff)
    assert {video.family for video in train} == {"real", "FF-DF", "FF-NT"} and len(train) == 6
    tests = {test.name: test for test in protocol.tests}
    assert {video.split for video in tests["FF++ c23"].videos(ff)} == {"test"}
    assert {video.family for video in tests["DFD"].videos(ff)} == {"real", "DFD_fake"}  # it has no parts: all of it
    assert len(tests["CDFv2"].videos(read(trees.celebdf(tmp_path / "Celeb-DF-v2")))) == 2
    with pytest.raises(BadInput, match="has the compression c23, not c40"):
        tests["FF++ c40"].videos(ff)
    deeper = merged([read(trees.deeperforensics(tmp_path / "dfo")), ff])
    assert [video.dataset for video in tests["DFo"].videos(deeper) if not video.label] == ["FaceForensics++"] * 2
    with pytest.raises(BadInput, match=r"holds no real videos of DFo in its test part; FaceForensics\+\+ are needed"):
        tests["DFo"].videos(read(tmp_path / "dfo"))


def test_a_row_of_the_cross_manipulation_matrix(tmp_path: Path) -> None:
    ff = read(trees.faceforensics(tmp_path))
    row = PROTOCOLS["ff-cross-nt"]
    assert {video.family for video in row.train.videos(ff)} == {"real", "FF-NT"}
    assert [test.name for test in row.tests] == ["FF-DF", "FF-F2F", "FF-FS", "FF-NT"]
    with pytest.raises(BadInput, match="holds no forged videos of FF-F2F in its test part; FF-F2F are needed"):
        row.tests[1].videos(ff)


def test_df40_takes_its_real_videos_from_ff_and_celebdf(tmp_path: Path) -> None:
    index = merged([read(trees.df40(tmp_path / "DF40")), read(trees.faceforensics(tmp_path / "FF"))])
    fakes = [video.dataset for video in PROTOCOLS["df40-p1"].tests[0].videos(index) if video.label]
    assert fakes == ["simswap_ff"]
    (unknown,) = [test for test in PROTOCOLS["df40-p3"].tests if test.name == "whichisreal"]
    assert [(video.dataset, video.label) for video in unknown.videos(index)] == [("whichisreal", 1), ("whichisreal", 0)]


def test_universal_and_genimage(tmp_path: Path) -> None:
    index = read(trees.universal(tmp_path / "universal"))
    tests = {test.name: test for test in PROTOCOLS["universal"].tests}
    real_of = {
        name: {video.dataset for video in tests[name].videos(index) if not video.label}
        for name in ("progan", "sitd", "dalle", "guided")
    }
    assert real_of == {"progan": {"progan"}, "sitd": {"sitd"}, "dalle": {"laion"}, "guided": {"imagenet"}}
    with pytest.raises(BadInput, match="no real and no forged videos of crn"):
        tests["crn"].videos(index)
    genimage, row = read(trees.genimage(tmp_path / "genimage")), PROTOCOLS["genimage-pa"]
    assert {video.dataset for video in row.train.videos(genimage)} == {"sdv4"}
    assert len(next(test for test in row.tests if test.name == "midjourney").videos(genimage)) == 4
