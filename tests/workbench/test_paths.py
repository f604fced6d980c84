"""Names from outside become paths inside, or nothing."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.errors import BadInput
from workbench.paths import home, public, runs_root, safe_join

HOSTILE = [
    "", ".", "..", "/", "//", "../x", "a/../../x", "a/..", "./a", "a/./b", "/etc/passwd", "//server/share", "a//b",
    "C:/x", "C:x", "c:\\windows", "\\\\server\\share", "..\\x", "a\\..\\b", "a\0b", "a\nb", "\x7f", "file:stream",
    "...", ".. ", "a/.. /b", "a.", "a ", "con", "NUL.txt", "sub/com1", "LPT9.log", "a/", "~/../x/..", "x" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput):
        safe_join(tmp_path, name)


@pytest.mark.parametrize(
    "name", ["a", "a.b", "a/b/c.png", ".hidden", "-x", "ü.png", "a b", "console.log", "~x", "%2e%2e"]
)
def test_plain_names_are_joined(tmp_path: Path, name: str) -> None:
    assert safe_join(tmp_path, name) == tmp_path.resolve() / name


segments = st.one_of(
    st.sampled_from(["..", ".", "", "a", "b.png", "link", "loop", "C:", "\\", "..\\", "\0", "con", "... ", "~"]),
    st.text(max_size=6),
)


@given(parts=st.lists(segments, max_size=5), joint=st.sampled_from(["/", "\\", "//"]))
def test_whatever_is_joined_lies_inside(tmp_path_factory: pytest.TempPathFactory, parts: list[str], joint: str) -> None:
    root = tmp_path_factory.getbasetemp() / "fuzzed"
    if not root.exists():
        (root / "a").mkdir(parents=True)
        (root / "link").symlink_to(root.parent)
        (root / "loop").symlink_to(root / "loop")
    try:
        path = safe_join(root, joint.join(parts))
    except BadInput:
        return
    assert path != root.resolve()
    assert os.path.commonpath([path, root.resolve()]) == str(root.resolve())


@pytest.mark.parametrize("target", ["/etc", "..", "../outside"])
def test_links_that_lead_out_are_refused(tmp_path: Path, target: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "outside").mkdir()
    (root / "link").symlink_to(target)
    with pytest.raises(BadInput, match="leads out"):
        safe_join(root, "link")
    with pytest.raises(BadInput, match="leads out"):
        safe_join(root, "link/passwd")


def test_links_that_stay_are_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert safe_join(tmp_path, "link/x") == tmp_path.resolve() / "real" / "x"


def test_a_neighbour_with_the_same_beginning_is_outside(tmp_path: Path) -> None:
    (tmp_path / "runs-other").mkdir()
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "link").symlink_to(tmp_path / "runs-other")
    with pytest.raises(BadInput):
        safe_join(tmp_path / "runs", "link")


def test_home_is_made_where_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_HOME", str(tmp_path / "x" / "y"))
    assert home() == tmp_path / "x" / "y"
    assert runs_root().is_dir()


@pytest.mark.parametrize(("value", "expected"), [("", False), ("0", False), ("1", True)])
def test_public(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv("MIEN_PUBLIC", value)
    assert public() is expected
