"""`mien world …`: photographs of people who do not exist, sets of them for others, and what is in them."""

import functools
import inspect
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engines.errors import BadConfig, Stopped
from workbench.cli.output import Json, print_json, print_tables, progress_bar, say

if TYPE_CHECKING:
    from engines.faceworld.photographs import WorldSpec

world = typer.Typer(help="The world of faces whose truth is known.", no_args_is_help=True)

Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A slider of the World page: years=60, smile=0.5, …"),
]


@world.command()
def render(
    out: Annotated[Path, typer.Option(help="A new file: .png or .jpg, with --clip .mp4.")],
    person: Annotated[int, typer.Option(min=0, help="The person's number.")] = 0,
    photo: Annotated[int, typer.Option(min=0, help="The photograph's number.")] = 0,
    group: Annotated[str | None, typer.Option(help="Demographic group, as european-female.")] = None,
    size: Annotated[int, typer.Option(min=32, max=512, help="Side in pixels.")] = 224,
    settings: Settings = None,
    truth: Annotated[bool, typer.Option("--truth", help="Also OUT.truth.npz: masks, depth, normals, places.")] = False,
    clip: Annotated[bool, typer.Option("--clip", help="A clip at 25 frames a second.")] = False,
    seconds: Annotated[float, typer.Option(min=0.2, max=60, help="Length of the clip.")] = 2.0,
    as_json: Json = False,
) -> None:
    """Photograph or film one person who does not exist."""
    from workbench import studio

    who = studio.Portrait(person, photo, group, size, **studio.sorted_settings(_pairs(settings or [])))
    told = studio.film(who, out, seconds) if clip else studio.take(who, out, truth)
    if as_json:
        print_json(told)
    else:
        typer.echo(f"{out}: person {person}, {told['group']}, {told['years']:.0f} years old.")


def spec_of(
    split: Annotated[str, typer.Option(help="train, val or test; no person is in two.")] = "train",
    people: Annotated[int, typer.Option(min=1, help="How many people.")] = 100,
    photos: Annotated[int, typer.Option(min=1, help="Photographs of each.")] = 10,
    group: Annotated[list[str] | None, typer.Option(help="Only this demographic group; may be repeated.")] = None,
    balanced: Annotated[bool, typer.Option("--balanced", help="As many people of every group.")] = False,
    frontal: Annotated[bool, typer.Option("--frontal", help="Near-frontal and calmer.")] = False,
    occluders: Annotated[
        float | None, typer.Option(min=0, max=1, help="Share with something before the face; 0.15 without it.")
    ] = None,
    ages: Annotated[str | None, typer.Option(metavar="FROM:TO", help="Ages in years, drawn evenly.")] = None,
    age_gap: Annotated[float, typer.Option(min=0, help="Years over which one person's photographs lie.")] = 0.0,
    size: Annotated[int, typer.Option(min=32, max=512, help="Side in pixels.")] = 112,
    seed: Annotated[int, typer.Option(min=0, help="Another seed gives other people.")] = 0,
) -> "WorldSpec":
    """The options by which several commands are told a set."""
    from engines.faceworld.people import GROUPS
    from engines.faceworld.photographs import WorldSpec

    if group and balanced:
        raise BadConfig("--balanced takes every group; leave out --group, or repeat it for the groups you want.")
    groups = tuple(GROUPS) if balanced else tuple(group or ())
    return WorldSpec(split, people, photos, groups, frontal, occluders, _ages(ages), age_gap, size, seed)


def takes_spec(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose argument `spec` is made of the options of `spec_of`."""
    told = inspect.signature(spec_of, eval_str=False).parameters
    own = [parameter for name, parameter in inspect.signature(command).parameters.items() if name != "spec"]

    @functools.wraps(command)
    def with_options(**given: Any) -> None:
        command(spec=spec_of(**{name: given.pop(name) for name in told}), **given)

    parameters = [*own, *told.values()]
    with_options.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    with_options.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return with_options


@world.command()
@takes_spec
def export(
    spec: "WorldSpec",
    kind: Annotated[str, typer.Argument(metavar="KIND", help="images, parquet or deepfakebench.")],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder that does not exist yet.")],
    file_format: Annotated[str, typer.Option("--format", help="png or jpg.")] = "png",
    families: Annotated[
        str | None, typer.Option(metavar="A,B", help="Forgery families, for deepfakebench; all without it.")
    ] = None,
    fakes: Annotated[int, typer.Option(min=0, help="Forgeries of each family, for deepfakebench.")] = 100,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; as many as cores without it.")] = None,
    as_json: Json = False,
) -> None:
    """Write a set of photographs, or of real and forged ones, in the layout of others.

    images: a folder for each person, and metadata.csv. parquet: for Hugging Face datasets. deepfakebench: PNG frames
    with a JSON; the people are divided into train, val and test, and --people and --fakes count those of train.
    """
    from workbench import exporting

    order = exporting.Order(kind, spec, file_format, tuple(families.split(",")) if families else None, fakes)
    began = time.monotonic()
    with _stoppable(), progress_bar("Writing") as tell:
        told = order.write(folder, workers, tell)
    if as_json:
        print_json({**told, "seconds": round(time.monotonic() - began, 1)})
    else:
        typer.echo(f"{told['photographs']} photographs are in {folder} ({told['bytes'] / 1e6:.1f} MB).")


@world.command()
@takes_spec
def stats(spec: "WorldSpec", as_json: Json = False) -> None:
    """Count who is in a set: groups, ages, skin, hair, poses, occluders. Nothing is rendered."""
    from dataclasses import asdict

    from engines.faceworld.stats import demographics

    with progress_bar("Counting") as tell:
        tables = demographics(spec, tell)
    if as_json:
        print_json({"spec": asdict(spec), "people": spec.people, "photographs": len(spec), "tables": tables})
    else:
        print_tables({name: [{**row, "share": f"{row['share']:.1%}"} for row in rows] for name, rows in tables.items()})


@world.command()
@takes_spec
def identity(
    spec: "WorldSpec",
    folder: Annotated[
        Path | None, typer.Option(help="Photographs of one's own instead: a folder for each person in it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """How well people are told apart by an embedder trained on photographs: the equal error rate, by pose and age."""
    from workbench import identities

    with progress_bar("Comparing") as tell:
        told = identities.of_folder(folder, tell) if folder else identities.of_world(spec, tell)
    del told["crops"]
    if as_json:
        print_json(told)
        return
    print_tables({name: rows for name, rows in told.items() if name.startswith(("pairs", "by_")) and rows})
    typer.echo(f"{told['found']} faces in {told['pictures']} photographs of {told['people']} people.")


def _pairs(settings: list[str]) -> dict[str, str]:
    pairs = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise BadConfig(f"{setting!r} is no setting; write it as --set name=value.")
        pairs[name] = value
    return pairs


def _ages(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        low, high = (float(part) for part in text.split(":"))
    except ValueError:
        raise BadConfig(f"--ages {text}: write two ages, as in 20:60.") from None
    return low, high


class _stoppable:
    """Lets the system's request to end unwind like Ctrl-C, so that nothing half-written stays."""

    def __enter__(self) -> None:
        self._before = signal.signal(signal.SIGTERM, self._stop)

    def __exit__(self, *error: object) -> None:
        signal.signal(signal.SIGTERM, self._before)
        if error[0] is KeyboardInterrupt:
            say("\nStopped; nothing of it is kept.")
            raise typer.Exit(130)

    def _stop(self, number: int, frame: object) -> None:
        raise Stopped("Ended from outside; nothing of the export is kept.")
