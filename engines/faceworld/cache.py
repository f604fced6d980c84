"""Makes sets of pictures in worker processes and keeps them on disk, whole or not at all.

Workers are fresh interpreters (`python -m engines.faceworld.worker`), not forks: the parent may hold torch and
running threads, and may be any script. Each fills its own rows of shared files, so that the number of workers
changes nothing in the result. A set is a folder that comes to exist by being renamed.
"""

import contextlib
import hashlib
import json
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol

import numpy as np
import platformdirs

import engines
from engines.errors import BadInput, Stopped

IN_PROCESS = 48
"""Sets of up to so many pictures are made by the caller: starting workers would take longer."""
POLL_S = 0.25
Columns = dict[str, tuple[tuple[int, ...], type]]
"""Array name -> shape and kind of one sample's row."""


class Spec(Protocol):
    """What a set says of itself: a frozen dataclass of plain values, which workers are given as JSON."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def split(self) -> str:
        """The split whose name the folder carries."""

    @property
    def pictures(self) -> int:
        """How many pictures there are to render, by which it is decided whether workers are worth starting."""

    def __len__(self) -> int: ...

    def columns(self) -> Columns:
        """The arrays to be kept."""

    def row(self, index: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """Make a sample: its row of each array, and its knobs (JSON values)."""


class Arrays(NamedTuple):
    """A set's arrays by name, as read-only memory maps, and the knobs of each sample."""

    columns: dict[str, np.ndarray]
    knobs: list[dict[str, Any]]


def cache_folder(chosen: Path | None = None) -> Path:
    """The given folder, else MIEN_CACHE, else the user's cache folder."""
    named = chosen or os.environ.get("MIEN_CACHE")
    return Path(named) if named else Path(platformdirs.user_cache_dir("mien"))


def cached(
    spec: Spec,
    key: dict[str, Any],
    progress: Callable[[float], None] | None,
    workers: int | None,
    cache: Path | None,
    stopping: Callable[[], bool] | None,
) -> Arrays:
    """The set of `spec`, from disk or newly made; see `dataset.ForgerySet.build`."""
    name = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:16]
    final = cache_folder(cache) / "world" / f"{spec.split}-{name}"
    if not (final / "set.json").exists():
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".draft-", dir=final.parent) as draft:
                _fill(spec, Path(draft), workers or cores(), progress or _silent, stopping or _never)
                (Path(draft) / "set.json").write_text(json.dumps(key, indent=2))
                _publish(Path(draft), final)
        except OSError as error:
            raise BadInput(f"A set of pictures could not be kept in {final.parent}: {error}.") from error
    if progress:
        progress(1.0)
    return _read(final, spec)


def _fill(
    spec: Spec, draft: Path, workers: int, progress: Callable[[float], None], stopping: Callable[[], bool]
) -> None:
    for name, (shape, kind) in spec.columns().items():
        np.lib.format.open_memmap(draft / f"{name}.npy", "w+", kind, (len(spec), *shape)).flush()
    alone = workers <= 1 or spec.pictures <= IN_PROCESS
    made = fill_rows(spec, draft, 0, 1) if alone else _by_workers(spec, draft, workers, stopping)
    with contextlib.closing(made):
        for number, _ in enumerate(made):
            progress(number / len(spec))
            if stopping():
                raise Stopped("Making the set of pictures was stopped; nothing of it is kept.")
    _join_knobs(draft, len(spec))


def fill_rows(spec: Spec, draft: Path, first: int, step: int) -> Generator[int, None, None]:
    """Make samples first, first + step, ... into the files of a draft, yielding each one's number when it is made."""
    arrays = {name: np.load(draft / f"{name}.npy", "r+") for name in spec.columns()}
    with (draft / f"knobs-{first}.jsonl").open("w") as knobs:
        for index in range(first, len(spec), step):
            row, its_knobs = spec.row(index)
            for name, array in arrays.items():
                array[index] = row[name]
            knobs.write(json.dumps({"index": index, "knobs": its_knobs}) + "\n")
            yield index
    for array in arrays.values():
        array.flush()


def _by_workers(spec: Spec, draft: Path, workers: int, stopping: Callable[[], bool]) -> Generator[int, None, None]:
    root = str(Path(engines.__file__).parent.parent)
    paths = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    kind = f"{type(spec).__module__}:{type(spec).__qualname__}"
    command = [sys.executable, "-m", "engines.faceworld.worker", str(draft), kind, json.dumps(asdict(spec))]
    processes = []
    try:
        for number in range(workers):
            log = (draft / f"worker-{number}.log").open("wb")
            processes.append(
                subprocess.Popen(  # noqa: S603
                    [*command, str(workers), str(number)], stdout=subprocess.PIPE, stderr=log, env=environment
                )
            )
            log.close()
        yield from _listen(processes, stopping)
        for number, process in enumerate(processes):
            if process.wait():
                tail = (draft / f"worker-{number}.log").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"Worker {number} ended with {process.returncode}:\n{tail}")
    finally:
        for process in processes:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()


def _listen(processes: list[subprocess.Popen], stopping: Callable[[], bool]) -> Generator[int, None, None]:
    """A number for each byte that a worker writes, one a sample, until all have closed their pipes."""
    with selectors.DefaultSelector() as selector:
        for process in processes:
            assert process.stdout is not None
            selector.register(process.stdout, selectors.EVENT_READ)
        done = 0
        while selector.get_map():
            for ready, _ in selector.select(POLL_S):
                count = len(os.read(ready.fd, 4096))
                if not count:
                    selector.unregister(ready.fileobj)
                for _ in range(count):
                    done += 1
                    yield done
            if stopping():
                raise Stopped("Making the set of pictures was stopped; nothing of it is kept.")


def _join_knobs(draft: Path, count: int) -> None:
    knobs: list[dict[str, Any]] = [{}] * count
    for path in draft.glob("knobs-*.jsonl"):
        for line in path.read_text().splitlines():
            row = json.loads(line)
            knobs[row["index"]] = row["knobs"]
        path.unlink()
    (draft / "knobs.json").write_text(json.dumps(knobs))
    for log in draft.glob("worker-*.log"):
        log.unlink()


def _publish(draft: Path, final: Path) -> None:
    """Rename the finished draft; whoever made the same set meanwhile has made the same bytes."""
    ready = draft.with_name(draft.name + "-ready")
    shutil.copytree(draft, ready, copy_function=os.link)
    try:
        ready.rename(final)
    except OSError:
        shutil.rmtree(ready, ignore_errors=True)
        if not (final / "set.json").exists():
            raise


def _read(folder: Path, spec: Spec) -> Arrays:
    columns = {name: np.load(folder / f"{name}.npy", "r") for name in spec.columns()}
    return Arrays(columns, json.loads((folder / "knobs.json").read_text()))


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _silent(share: float) -> None:
    pass


def _never() -> bool:
    return False
