"""What commands say: one JSON value, or sentences for people on standard error."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from workbench.files import plain

Json = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]


def print_json(value: Any) -> None:
    """The one JSON value of a command."""
    typer.echo(json.dumps(plain(value), indent=2, ensure_ascii=False))


def say(text: str) -> None:
    """A sentence for people."""
    typer.echo(text, err=True)


@contextmanager
def progress_bar(words: str) -> Iterator[Callable[[float], None]]:
    """A bar on standard error while something is made; nothing where that is no terminal."""
    from rich.console import Console
    from rich.progress import Progress, TimeRemainingColumn

    if not sys.stderr.isatty():
        yield lambda share: None
        return
    with Progress(*Progress.get_default_columns()[:-1], TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task(words, total=1.0)
        yield lambda share: bar.update(task, completed=share)


def print_tables(tables: dict[str, list[dict[str, Any]]]) -> None:
    """Tables for people, on standard output."""
    from workbench.follow import print_table

    for name, rows in tables.items():
        print_table(name, rows)
