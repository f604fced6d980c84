"""`mien data …`: what lies in a person's own data set, what is wrong with it, its faces, its index, and containers.

`check` ends with 0 where nothing or only notes were found, 3 with warnings, 4 with errors; `crop` with 3 where some
videos could not be read.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engines.errors import BadConfig, BadInput
from workbench.cli.output import Json, print_json, progress_bar, say

if TYPE_CHECKING:
    from engines.data.check import Report
    from engines.data.layouts import Index
    from engines.data.videos import Problem

data = typer.Typer(help="Your own data sets: check them, cut faces out of clips, write a DeepfakeBench JSON.",
                   no_args_is_help=True)  # fmt: skip

EXITS = {"ok": 0, "note": 0, "warning": 3, "error": 4}
LABELS = {"real": 0, "fake": 1}

Place = Annotated[Path, typer.Argument(metavar="PATH", help="A data set's folder, or a DeepfakeBench JSON.")]
LayoutName = Annotated[str | None, typer.Option("--layout", help="Its layout; inferred without it.")]
Beside = Annotated[
    list[Path] | None,
    typer.Option("--with", metavar="PATH", help="Another data set beside it, for its real videos, say."),
]
Labels = Annotated[
    list[str] | None,
    typer.Option("--label", metavar="NAME=real|fake", help="What a label that nobody knows means; may be repeated."),
]
Root = Annotated[Path | None, typer.Option(help="The folder at which the paths of a JSON begin.")]


@data.command()
def check(
    place: Place,
    beside: Beside = None,
    layout: LayoutName = None,
    labels: Labels = None,
    root: Root = None,
    frames: Annotated[int, typer.Option(min=1, help="How many frames of each video you want to use.")] = 8,
    every: Annotated[bool, typer.Option("--all", help="Decode every frame, not 400 of them.")] = False,
    contents: Annotated[bool, typer.Option(help="Compare the contents of all files.")] = True,
    as_json: Json = False,
) -> None:
    """Say what a data set is, what it holds, and what is wrong with it. Ends with 3 for warnings, 4 for errors."""
    from engines.data.check import SAMPLE
    from engines.data.check import check as look

    index = _read(place, beside, layout, labels, root)
    with _stoppable() as stopping, progress_bar("Looking at frames") as progress:
        report = look(index, frames, None if every else SAMPLE, contents, progress, stopping)
    if as_json:
        print_json(report.as_dict())
    else:
        _show(report)
    raise typer.Exit(EXITS[report.severity])


@data.command()
def build(
    place: Place,
    out: Annotated[Path, typer.Argument(metavar="OUT.json", help="A new file.")],
    beside: Beside = None,
    layout: LayoutName = None,
    labels: Labels = None,
    root: Root = None,
    frames: Annotated[int | None, typer.Option(min=1, help="Frames of each video; all without it.")] = None,
    first_k: Annotated[
        bool, typer.Option("--first-k", help="The first frames, as DeepfakeBench's loader takes; else evenly.")
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a file that is there.")] = False,
    anyway: Annotated[bool, typer.Option("--anyway", help="Write it in spite of errors in the data set.")] = False,
    as_json: Json = False,
) -> None:
    """Write the index of a data set as a DeepfakeBench JSON."""
    from engines.data.build import write_json

    index = _read(place, beside, layout, labels, root)
    wrong = [problem for problem in index.problems if problem.severity == "error"]
    if wrong and not anyway:
        raise BadInput(f"{wrong[0].text} With --anyway the JSON is written as it is.")
    videos = [video.sampled(frames, first_k) for video in index.videos] if frames else index.videos
    path = write_json(videos, out, replace)
    told = {"json": str(path), "layout": index.layout, "videos": len(index.videos)}
    if as_json:
        print_json({**told, "problems": [vars(problem) for problem in index.problems]})
        return
    for problem in index.problems:
        _say(problem)
    typer.echo(f"{path}: {told['videos']} videos of {index.place} ({index.layout}).")


@data.command()
def crop(
    place: Place,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder, or one that this command began.")],
    frames: Annotated[int, typer.Option(min=1, help="Frames of each clip, at most.")] = 32,
    stride: Annotated[
        int | None,
        typer.Option(
            min=1, help="Every so many frames, so that a forged clip and the real one have the same; else evenly."
        ),
    ] = None,
    size: Annotated[int, typer.Option(min=16, max=2048, help="Side of a crop in pixels.")] = 256,
    margin: Annotated[float, typer.Option(min=1, max=3, help="Side of a crop, in sides of the face.")] = 1.3,
    layout: LayoutName = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; as many as cores without it.")] = None,
    as_json: Json = False,
) -> None:
    """Cut the faces out of clips into a tree of the same layout. Stopped, the same command goes on."""
    from engines.data.cropping import CropSpec
    from engines.data.cropping import crop as cut

    spec = CropSpec(frames, stride, size, margin)
    with _stoppable() as stopping, progress_bar("Cutting out faces") as progress:
        made = cut(place, out, spec, layout, workers, lambda done, count, _: progress(done / count), stopping)
    states = {state: made.count(state) for state in ("cut", "kept", "faceless", "failed")}
    failed = [{"video": outcome.video, "why": outcome.why} for outcome in made.failed]
    if as_json:
        print_json({"folder": str(made.out), **states, "failures": failed})
    else:
        _tell(made.out, states, failed)
    if failed:
        raise typer.Exit(3)


@data.command()
def convert(
    source: Annotated[Path, typer.Argument(metavar="FROM", help="A folder PERSON/PICTURE, .rec, .bin or container.")],
    target: Annotated[Path, typer.Argument(metavar="TO", help="A new name; its ending says what it becomes.")],
    to: Annotated[str, typer.Option(help="folder, rec, cvlface, lmdb, tfrecord or bin; else the ending.")] = "",
    pairs: Annotated[
        Path | None, typer.Option(help="For a .bin of people: lines picture;picture or with ;0|1.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Turn one container of faces into another, whole or not at all; pictures stay the files they are."""
    from engines.data.containers import convert as turn

    with progress_bar("Copying faces") as progress:
        count = turn(source, target, to, pairs, progress)
    if as_json:
        print_json({"from": str(source), "to": str(target), "pictures": count})
    else:
        typer.echo(f"{target}: {count} pictures of {source}.")


@data.command()
def protocols(as_json: Json = False) -> None:
    """List the field's protocols: what is trained on, what is tested on, by which number."""
    from engines.data.protocols import PROTOCOLS

    if as_json:
        from dataclasses import asdict

        print_json([asdict(protocol) for protocol in PROTOCOLS.values()])
        return
    for protocol in PROTOCOLS.values():
        how = f"{', '.join(protocol.metrics)} by {' and '.join(protocol.levels)}"
        typer.echo(f"{protocol.name:26} {protocol.title}  ({len(protocol.tests)} tests, {how})")


def _read(
    place: Path, beside: list[Path] | None, layout: str | None, labels: list[str] | None, root: Path | None
) -> "Index":
    from engines.data.layouts import merged, read

    meant = dict(_label(each) for each in labels or [])
    first = read(place, layout, meant, root)
    return merged([first, *(read(other, labels=meant) for other in beside)]) if beside else first


def _label(said: str) -> tuple[str, int]:
    name, _, meaning = said.rpartition("=")
    if not name or meaning not in LABELS:
        raise BadConfig(f"--label {said}: write a label's name and what it means, as in sdxl=fake.")
    return name, LABELS[meaning]


@contextmanager
def _stoppable() -> Iterator[Callable[[], bool]]:
    """Asks a command to stop at the first Ctrl-C or request to end; a second ends it at once, which is safe."""
    asked: list[int] = []

    def ask(number: int, frame: object) -> None:
        if asked:
            os._exit(130)
        asked.append(number)
        say("\nStopping after what is in hand; Ctrl-C again ends it at once.")

    before: dict[int, Any] = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _show(report: "Report") -> None:
    typer.echo(f"{report.place}: {report.layout}, since {report.why}.\n")
    typer.echo(f"{'part':6} {'label':7} {'family':20} {'data set':20} {'level':6} {'videos':>8} {'frames':>9}")
    for row in report.counts:
        level, clips = row.compression or "-", f"  ({row.clips} clips)" if row.clips else ""
        name = f"{row.split:6} {row.label:7} {row.family:20} {row.dataset:20} {level:6}"
        typer.echo(f"{name} {row.videos:8} {row.frames:9}{clips}")
    typer.echo(f"\n{report.decoded} frames were decoded.")
    for problem in report.problems:
        _say(problem)


def _say(problem: "Problem") -> None:
    typer.echo(f"{problem.severity}: {problem.text}")
    for place in problem.where if problem.severity != "note" else ():
        typer.echo(f"    {place}")
    if problem.severity != "note" and problem.count > len(problem.where) > 0:
        typer.echo(f"    and {problem.count - len(problem.where)} more")


def _tell(out: Path, states: dict[str, int], failed: list[dict[str, str]]) -> None:
    typer.echo(
        f"{out}: {states['cut']} videos cut, {states['kept']} were finished before, {states['faceless']} show no face, "
        f"{states['failed']} could not be read."
    )
    for row in failed:
        say(f"{row['video']}: {row['why']}")
