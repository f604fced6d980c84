"""Where weights come from: a local path, the user's weight folder, the Hugging Face cache or hub, the bundle.

Nothing here fails because there is no network: a file that cannot be had is a `MissingWeights` that says which
file, where to put it, and what runs meanwhile. `HF_HUB_OFFLINE=1` is respected: then only the cache is looked at.
"""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from engines.backbones.cards import BUNDLED, Card, cards, load_bundled, save_bundled
from engines.backbones.safefile import TensorInfo, inspect, read
from engines.errors import BadWeights, MissingWeights

__all__ = [
    "BUNDLED", "Card", "TensorInfo", "Wanted", "cards", "home", "inspect", "load_bundled", "read", "resolve",
    "save_bundled",
]  # fmt: skip

HUB_PATIENCE_S = 5.0
_REPO = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")


@dataclass(frozen=True)
class Wanted:
    """A weight file that somebody needs.

    Attributes:
        name: what people call the model.
        file: the file's name.
        repo: "owner/name" on the hub, if it may be there.
        folder: the folder it was said to be in, if it was.
        sha256: of the file, where it is known.
        meanwhile: what runs without it.
    """

    name: str
    file: str
    repo: str | None = None
    folder: Path | None = None
    sha256: str | None = None
    meanwhile: str = "dinov2-s6, which is bundled"


def home() -> Path:
    """The folder a person puts weights into: `$MIEN_WEIGHTS`, or `weights` in the user's data folder."""
    named = os.environ.get("MIEN_WEIGHTS")
    return Path(named) if named else platformdirs.user_data_path("mien") / "weights"


def resolve(wanted: Wanted) -> Path:
    """The file, from the first place that has it.

    Raises:
        MissingWeights: no place has it.
        BadWeights: its SHA-256 is known, and this file's is another.
    """
    found, reason = _find(wanted)
    if found is None:
        raise MissingWeights(_missing(wanted, reason))
    if wanted.sha256:
        _check_hash(found, wanted.sha256)
    return found


def _find(wanted: Wanted) -> tuple[Path | None, str]:
    if wanted.folder is not None and wanted.folder.is_dir():
        local = wanted.folder / wanted.file
        return (local, "") if local.is_file() else (None, f"the folder {wanted.folder} does not hold it")
    repo = wanted.repo if wanted.repo and _REPO.fullmatch(wanted.repo) else None
    own = home() / (repo or "") / wanted.file
    if own.is_file():
        return own, ""
    found, reason = _from_hub(repo, wanted.file) if repo else (None, "no such folder")
    bundled = BUNDLED / wanted.file
    if found is None and not repo and bundled.is_file():
        return bundled, ""
    return found, reason


def _from_hub(repo: str, file: str) -> tuple[Path | None, str]:
    import httpx
    from huggingface_hub import constants, hf_hub_download, try_to_load_from_cache

    cached = try_to_load_from_cache(repo, file)
    if isinstance(cached, str):
        return Path(cached), ""
    if constants.is_offline_mode():
        return None, "the Hugging Face cache does not hold it, and HF_HUB_OFFLINE is set"
    try:
        httpx.head(constants.ENDPOINT, timeout=HUB_PATIENCE_S)  # without a network the client below retries for 25 s
        return Path(hf_hub_download(repo, file, etag_timeout=HUB_PATIENCE_S)), ""
    except (OSError, ValueError, httpx.HTTPError) as error:
        return None, f"the Hugging Face hub did not give it ({type(error).__name__})"


def _missing(wanted: Wanted, reason: str) -> str:
    place = home() / (wanted.repo if wanted.repo and _REPO.fullmatch(wanted.repo) else "") / wanted.file
    source = f" of https://huggingface.co/{wanted.repo}" if wanted.repo and _REPO.fullmatch(wanted.repo) else ""
    digest = f" (SHA-256 {wanted.sha256})" if wanted.sha256 else ""
    return (
        f"The weights of {wanted.name} are not on this machine: {reason}. Put {wanted.file}{source}{digest} at "
        f"{place}, or connect to the hub once. Meanwhile use {wanted.meanwhile}."
    )


def _check_hash(path: Path, expected: str) -> None:
    with path.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    if digest != expected:
        raise BadWeights(f"{path} has SHA-256 {digest}, but {expected} is expected; fetch the file again.")
