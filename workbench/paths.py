"""Where things lie on this machine, and the one way in which a name from outside becomes a path."""

import os
import re
from pathlib import Path

from platformdirs import user_data_path

from engines.errors import BadInput

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DEVICE = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


def home() -> Path:
    """The folder of everything that is kept: `$MIEN_HOME`, or the user's data folder. Made if absent."""
    chosen = os.environ.get("MIEN_HOME")
    folder = Path(chosen).expanduser().absolute() if chosen else user_data_path("mien")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def runs_root() -> Path:
    """The folder of run folders. Made if absent."""
    folder = home() / "runs"
    folder.mkdir(exist_ok=True)
    return folder


def public() -> bool:
    """Whether this workbench is shown to strangers: no training, no paths, no uploads that stay."""
    return os.environ.get("MIEN_PUBLIC", "") not in ("", "0")


def safe_join(root: Path, name: str) -> Path:
    """`root / name`, if that lies inside `root` on every system and after following links.

    Refused before the disk is touched: control characters, absolute and drive and UNC forms, backslashes, `..`,
    NTFS streams and the names of Windows devices; then the resolved path must still lie under the resolved root.

    Raises:
        BadInput: it does not.
    """
    parts = name.split("/")
    plain = not _CONTROL.search(name) and "\\" not in name and ":" not in name
    if not plain or not all(_harmless(part) for part in parts):
        raise BadInput(f"{name[:80]!r} is not the name of a file here; use a name from the list.")
    base = root.resolve()
    try:
        path = base.joinpath(*parts).resolve()
    except (OSError, RuntimeError, ValueError):  # a loop of links, or letters that the file system does not have
        path = base.parent
    if path == base or not path.is_relative_to(base):
        raise BadInput(f"{name[:80]!r} leads out of its folder; use a name from the list.")
    return path


def _harmless(part: str) -> bool:
    # Windows drops trailing dots and blanks, so "..." and ".. " are other ways to say "..".
    return 0 < len(part) <= 200 and part == part.rstrip(". ") and not _DEVICE.fullmatch(part)
