"""Compiled kernels: a change in any file with kernels begins a new cache, and numba's own setting is left alone."""

from pathlib import Path

import pytest
from numba.core import config

from engines.faceworld import compiled


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(compiled, "__file__", str(tmp_path / "compiled.py"))
    (tmp_path / "compiled.py").write_text("def njit(): ...")
    (tmp_path / "noise.py").write_text("@njit() # one")
    (tmp_path / "people.py").write_text("nothing compiled")
    return tmp_path


def _folder() -> str:
    return compiled._cache_folder.__wrapped__()


def test_a_changed_callee_begins_a_new_cache(elsewhere: Path) -> None:
    before = _folder()
    assert Path(before).parent == elsewhere / "__pycache__" and _folder() == before
    (elsewhere / "people.py").write_text("still nothing")
    assert _folder() == before
    (elsewhere / "noise.py").write_text("@njit() # two")
    assert _folder() != before


def test_a_folder_that_cannot_be_written_gives_way(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (elsewhere / "__pycache__").write_text("a file in the way")
    monkeypatch.setattr(compiled.platformdirs, "user_cache_dir", lambda name: str(elsewhere / name))
    assert Path(_folder()).parent == elsewhere / "mien"


def test_numba_is_left_as_it_was() -> None:
    before = config.CACHE_DIR
    add = compiled.njit()(lambda a, b: a + b)
    assert before == config.CACHE_DIR and add.py_func(1, 2) == 3
