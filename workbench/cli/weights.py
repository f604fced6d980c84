"""`mien weights …`: what ships, and how a checkpoint of one's own becomes safetensors."""

from pathlib import Path
from typing import Annotated

import typer

from workbench.cli.output import Json, print_json, say

weights = typer.Typer(help="Weights that ship, and your own.")

Source = Annotated[Path, typer.Argument(metavar="CHECKPOINT", help="A .pth, .pt, .ckpt or .bin of PyTorch's.")]
Target = Annotated[Path | None, typer.Argument(metavar="FILE", help="The safetensors file; beside it without one.")]


@weights.callback(invoke_without_command=True)
def shipped(context: typer.Context, as_json: Json = False) -> None:
    """List the weights that ship, with where they come from."""
    if context.invoked_subcommand is not None:
        return
    from engines.backbones import readers
    from engines.backbones.weights import cards
    from engines.detection import detector

    found = [vars(card) for card in [*cards(), *detector.cards(), *readers.bundled_cards()]]
    if as_json:
        print_json(found)
        return
    for card in found:
        typer.echo(f"{card['name']:24} {card['size_bytes'] / 1e6:6.1f} MB  {card['licence']:12} {card['title']}")


@weights.command()
def convert(source: Source, target: Target = None, as_json: Json = False) -> None:
    """Turn a legacy checkpoint into safetensors, reading it in a process of its own that runs none of its code."""
    from engines.backbones.convert import convert as converted

    file = target or source.with_suffix(".safetensors")
    found = converted(source, file)
    if as_json:
        print_json({"file": str(file), "tensors": {name: [one.dtype, *one.shape] for name, one in found.items()}})
        return
    say(f"{file}: {len(found)} tensors, such as {next(iter(found))}.")
