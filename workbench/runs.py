"""Run folders: everything about one run, in files that a text editor opens and a copy takes along.

spec.json      what was asked for; never changes
state.json     where it stands (workbench/state.py)
events.jsonl   what the engine said, one line each (workbench/journal.py)
log.txt        its log and whatever it printed
checkpoints/   where a resumed run goes on
artifacts/     pictures, arrays, and model/ once it is done
result.json    its numbers, once it is done
"""

import hashlib
import json
import logging
import secrets
import shlex
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from engines import ASSETS
from engines.errors import BadInput, RunStateError
from workbench import digest as digests
from workbench import state
from workbench.digest import Digest, Image
from workbench.files import to_json, write_atomic
from workbench.paths import runs_root
from workbench.state import ACTIVE, FINAL, Status

if TYPE_CHECKING:
    import numpy as np

__all__ = ["ACTIVE", "FINAL", "Digest", "Image", "Run", "Spec", "Status", "all_runs", "create", "find_run"]

SHIPPED = ASSETS / "runs"
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: no letter looks like a digit


@dataclass(frozen=True)
class Spec:
    """What was asked for. `created` is in unix s, `parent` the run it was made from, `hash` names the settings."""

    id: str
    recipe: str
    preset: str
    config: dict[str, Any]
    created: float
    parent: str | None
    mien: str
    hash: str


@dataclass(frozen=True)
class Run:
    """A run folder that has been opened. Reading locks nothing and costs little."""

    folder: Path
    spec: Spec

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open a run folder, wherever it was copied from.

        Raises:
            BadInput: it is none.
        """
        try:
            spec = Spec(**json.loads((folder / "spec.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise BadInput(f"{folder} is not a run folder: its spec.json cannot be read ({error}).") from None
        return cls(folder, spec)

    @property
    def id(self) -> str:
        """The name of the folder when it was made."""
        return self.spec.id

    @property
    def shipped(self) -> bool:
        """Whether it came with Mien and stays as it is."""
        return self.folder.parent == SHIPPED

    @property
    def status(self) -> Status:
        """Where the run stands now."""
        return Status.read(self.folder)

    @property
    def state(self) -> str:
        """queued, running, stopping, done, failed, cancelled or interrupted."""
        return self.status.state

    def events(self, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
        """Events from a byte offset on, and the offset to ask with next time.

        A last line that is not whole yet is left for then. A line in the middle that cannot be read, as a damaged
        disk leaves, is passed over.
        """
        try:
            with (self.folder / "events.jsonl").open("rb") as file:
                file.seek(offset)
                data = file.read()
        except FileNotFoundError:
            return [], 0
        whole = data[: data.rfind(b"\n") + 1]
        return [event for line in whole.splitlines() if (event := _event(line))], offset + len(whole)

    def digest(self) -> Digest:
        """All that was said so far; only what is new since anybody last asked is read.

        A digest is shared by all who ask and never changed: with new events there is a new one.
        """
        size, said = self._said_bytes(), digests.last(self.folder)
        if said.offset > size:  # the folder was filled anew
            said = Digest(self.folder)
        if said.offset < size:
            said = said.taking(*self.events(said.offset))
        digests.keep(said)
        return said

    def _said_bytes(self) -> int:
        try:
            return (self.folder / "events.jsonl").stat().st_size
        except FileNotFoundError:
            return 0

    def metrics(self) -> list[dict[str, Any]]:
        """One row `{"step": int, name: value, …}` a step, in order."""
        return [{"step": step, **values} for step, values in sorted(self.digest().metrics.items())]

    def tables(self, name: str) -> list[dict[str, Any]]:
        """A table's rows; KeyError if there is none."""
        return self.digest().tables[name]

    def arrays(self, name: str) -> "dict[str, np.ndarray]":
        """The arrays kept under a name, read-only; KeyError if there are none."""
        path = self.digest().arrays[name]
        return dict(_read_arrays(path, path.stat().st_mtime_ns))

    def images(self) -> dict[str, Image]:
        """The pictures by name."""
        return self.digest().images

    @property
    def result(self) -> dict[str, Any] | None:
        """The numbers of a run that is done."""
        try:
            return dict(json.loads((self.folder / "result.json").read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return None

    @property
    def model(self) -> Path | None:
        """What a run that is done has left to be used: a folder, or None."""
        folder = self.folder / "artifacts" / "model"
        return folder if self.result is not None and folder.is_dir() else None

    @property
    def log_path(self) -> Path:
        """The log: what the engine logged, and whatever it or its libraries printed."""
        return self.folder / "log.txt"

    def log_tail(self, lines: int = 40) -> str:
        """The last lines of the log."""
        try:
            with self.log_path.open("rb") as file:
                file.seek(max(0, self.log_path.stat().st_size - 65536))
                return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return ""

    @property
    def last_checkpoint(self) -> int | None:
        """The step of the newest checkpoint, or None."""
        found = sorted((self.folder / "checkpoints").rglob("step-*/"), key=lambda path: path.stat().st_mtime)
        return int(found[-1].name.removeprefix("step-")) if found else None

    def files(self) -> dict[str, Path]:
        """What may be downloaded, by an opaque id: `/files/{run}/{id}`."""
        top = [self.folder / name for name in ("spec.json", "events.jsonl", "log.txt", "result.json")]
        kept = [*top, *sorted((self.folder / "artifacts").rglob("*"))]
        plain = (path for path in kept if path.is_file() and not path.is_symlink() and not path.name.startswith("."))
        return {_opaque(path.relative_to(self.folder)): path for path in plain}

    @property
    def command(self) -> str:
        """The command line that makes this run again."""
        words = ["mien", "train", self.spec.recipe, "--preset", self.spec.preset]
        for key, value in self._overrides().items():
            text = value if isinstance(value, str) else json.dumps(value)
            words += ["--set", f"{key}={text}"]
        return shlex.join(words)

    def _overrides(self) -> dict[str, Any]:
        from engines import recipes

        base = recipes.get(self.spec.recipe).configure(self.spec.preset).model_dump(mode="json")
        return {key: value for key, value in self.spec.config.items() if value != base.get(key)}


def create(recipe: str, preset: str, config: Mapping[str, Any], parent: Run | None = None, resume: bool = False) -> Run:
    """Make a run folder in state *queued*, whole or not at all.

    Args:
        config: all settings, as JSON holds them.
        resume: begin with a copy of the parent's checkpoints.

    Raises:
        RunStateError: it cannot be written, as when the disk is full.
    """
    run_id = new_id()
    origin = parent.id if parent else None
    spec = Spec(run_id, recipe, preset, dict(config), time.time(), origin, _version(), _hash(recipe, config))
    folder = runs_root() / run_id
    draft = folder.with_name(f".new-{run_id}")
    try:
        for name in ("checkpoints", "artifacts"):
            (draft / name).mkdir(parents=True)
        write_atomic(draft / "spec.json", to_json(asdict(spec), indent=1))
        state.create(draft)
        if resume and parent:
            shutil.copytree(parent.folder / "checkpoints", draft / "checkpoints", dirs_exist_ok=True)
        draft.rename(folder)  # fails rather than replace a run
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise RunStateError(f"The run could not be written to {folder.parent}: {error.strerror}.") from error
    return Run(folder, spec)


def all_runs() -> list[Run]:
    """All runs, newest first. Folders that are none are left out."""
    found = []
    for folder in sorted(runs_root().glob("[!.]*/"), reverse=True):
        try:
            Status.written(folder)
            found.append(Run.open(folder))
        except BadInput as error:
            logging.getLogger(__name__).warning("%s", error)
    return sorted(found, key=lambda run: run.spec.created, reverse=True)


def shipped_runs() -> list[Run]:
    """Finished runs that come with Mien: read-only, without checkpoints."""
    return [Run.open(folder) for folder in sorted(SHIPPED.glob("*/"))]


def find_run(name: str) -> Run:
    """The run of an id, of a part of an id that only one has, or `last`. One that is shipped answers to its whole id.

    Raises:
        RunStateError: there is none, or there are several.
    """
    runs = all_runs()
    if name == "last":
        matching = runs[:1]
    else:
        matching = [run for run in [*runs, *shipped_runs()] if run.id == name]
        matching = matching or [run for run in runs if name and name in run.id]
    if len(matching) == 1:
        return matching[0]
    if matching:
        raise RunStateError(f"{name!r} fits {len(matching)} runs; give more of the id: {_few(matching)}.")
    known = f"the newest are {_few(runs)}" if runs else "there are none yet"
    raise RunStateError(f"There is no run {name!r}; {known}.")


def new_id() -> str:
    """A short id that sorts by time and is safe in a file name and in a URL: day, millisecond of it, chance."""
    now = time.time()
    day = time.strftime("%y%m%d", time.gmtime(now))
    return f"{day}-{_digits(int(now % 86400 * 1000), 6)}{_digits(secrets.randbelow(32**2), 2)}"


def _digits(number: int, count: int) -> str:
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(count)))


def _few(runs: list[Run]) -> str:
    return ", ".join(run.id for run in runs[:5])


def _event(line: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and "kind" in event else None


@lru_cache(maxsize=16)
def _read_arrays(path: Path, mtime_ns: int) -> "dict[str, np.ndarray]":
    import numpy as np

    with np.load(path, allow_pickle=False) as arrays:
        found = dict(arrays)
    for array in found.values():
        array.flags.writeable = False
    return found


def _opaque(path: Path) -> str:
    return hashlib.blake2s(path.as_posix().encode(), digest_size=8).hexdigest()


def _hash(recipe: str, config: Mapping[str, Any]) -> str:
    canonical = json.dumps([recipe, dict(config)], sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def _version() -> str:
    try:
        return version("mien")
    except PackageNotFoundError:
        return "unknown"
