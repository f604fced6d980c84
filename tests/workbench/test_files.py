"""Files are whole or absent, and JSON is JSON."""

import json
from pathlib import Path

import numpy as np
import pytest

from workbench.files import plain, to_json, write_atomic


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.json"
    write_atomic(path, "old")

    def fail(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        write_atomic(path, "new")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.json"]


def test_values_become_plain() -> None:
    value = {
        1: np.float32(0.5),
        "array": np.array([[1, 2]]),
        "bad": [float("nan"), np.inf, np.float64("nan")],
        "flag": np.bool_(True),
        "path": Path("a/b"),
        "tuple": (1, "x", None),
    }
    expected = {"1": 0.5, "array": [[1, 2]], "bad": [None] * 3, "flag": True, "path": "a/b", "tuple": [1, "x", None]}
    assert plain(value) == expected
    assert json.loads(to_json(value)) == expected
