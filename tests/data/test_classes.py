"""CIFAR-100's pickles and the world's people: what is read, and what is refused."""

import pickle

import numpy as np
import pytest

from engines.data.labelled import cifar, people
from engines.errors import BadInput
from tests.distillation.trees import write_cifar


def test_cifar_is_read_as_it_is_distributed(tmp_path):
    rows = write_cifar(tmp_path, classes=3, train=4, test=2)
    for place in (tmp_path, tmp_path / "cifar-100-python"):
        splits = cifar.load(cifar.find(place))
        assert (len(splits.train), len(splits.test)) == (12, 6)
        assert splits.train.classes == ("class 0", "class 1", "class 2")
        picture = splits.train.entries[5].read()
        assert picture.shape == (32, 32, 3) and picture[3, 7, 1] == rows[5, 1024 + 3 * 32 + 7]
    assert cifar.find(tmp_path / "none") is None


class Hostile:
    def __reduce__(self):
        return print, ("run",)


def test_a_pickle_that_would_run_code_is_not_run(tmp_path, capsys):
    write_cifar(tmp_path, classes=2, train=2, test=2)
    folder = cifar.find(tmp_path)
    (folder / "train").write_bytes(pickle.dumps({b"data": Hostile()}))
    with pytest.raises(BadInput, match="which no CIFAR-100 file does; it was not run"):
        cifar.load(folder)
    assert "run" not in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"not a pickle", pickle.dumps([1]), pickle.dumps({b"data": 3})])
def test_a_damaged_pickle_is_said(tmp_path, content):
    write_cifar(tmp_path, classes=2, train=2, test=2)
    folder = cifar.find(tmp_path)
    (folder / "train").write_bytes(content)
    with pytest.raises(BadInput):
        cifar.load(folder)


def test_people_are_the_same_in_all_splits_and_photographs_are_not(tmp_path, monkeypatch):
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path))
    train, val, test = people.load(people.PeopleSpec(people=2, train=2, val=1, test=1, size_px=32))
    assert train.labels.tolist() == [0, 0, 1, 1] and val.labels.tolist() == test.labels.tolist() == [0, 1]
    pictures = [entry.read() for part in (train, val, test) for entry in part.entries]
    assert len({picture.tobytes() for picture in pictures}) == 8 and pictures[0].shape == (32, 32, 3)
    assert isinstance(pictures[0], np.ndarray)
