"""`mien …`: everything the pages do, without a page.

With --json, standard output holds one JSON value and nothing else. What is said to people goes to standard error,
and an error ends with exit code 1 and its sentence there; a wrong option ends with 2.
"""

import os
import sys
import threading
import time
import webbrowser
from pathlib import Path
from typing import Annotated, Any, get_origin

import typer

from engines import recipes
from engines.errors import BadConfig, MienError
from workbench import jobs
from workbench.cli.data import data
from workbench.cli.output import Json, print_json, say
from workbench.cli.weights import weights
from workbench.cli.world import world
from workbench.runs import Run, all_runs, find_run

app = typer.Typer(
    help="Mien: a workbench in the browser for synthetic faces, forgery detection and continual learning.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(world, name="world")
app.add_typer(data, name="data")
app.add_typer(weights, name="weights")

Wait = Annotated[bool, typer.Option("--wait", help="Wait for the end, showing how it goes on.")]
Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int | None, typer.Option(min=1, max=65535, help="Port; without it the first free one from 8501.")]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Open no browser.")]
RunId = Annotated[str, typer.Argument(metavar="ID", help="A run's id, a part of it, or last.")]


def main() -> None:
    """The command `mien`."""
    try:
        app()
    except MienError as error:
        sys.exit(str(error))
    except BrokenPipeError:  # `mien log … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@app.callback(invoke_without_command=True)
def default(context: typer.Context, port: Port = None, no_browser: NoBrowser = False) -> None:
    """Without a command: serve on this machine and open the browser."""
    if context.invoked_subcommand is None:
        _serve("127.0.0.1", port, not no_browser)


@app.command()
def serve(
    host: Host = "127.0.0.1",
    port: Port = None,
    public: Annotated[bool, typer.Option("--public", help="No training, no paths, nothing kept.")] = False,
) -> None:
    """Serve the pages. Any address but this machine's own needs authentication: set MIEN_TOKEN."""
    if public:
        os.environ["MIEN_PUBLIC"] = "1"
    _serve(host, port, browser=False)


@app.command("recipes")
def list_recipes(as_json: Json = False) -> None:
    """List what can be trained or measured."""
    found = recipes.everything()
    if as_json:
        print_json([_recipe(recipe) for recipe in found])
        return
    for recipe in found:
        typer.echo(f"{recipe.name:14} {recipe.title}  ({', '.join(recipe.presets)})")


@app.command()
def train(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A recipe, as in `mien recipes`.")],
    preset: Annotated[str, typer.Option(help="tiny, demo, full or paper.")] = "demo",
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting.")] = None,
    wait: Wait = False,
    as_json: Json = False,
) -> None:
    """Put a run in line. It goes on by itself; --wait shows how and ends with its results."""
    run = jobs.submit(name, preset, _overrides(name, settings or []))
    _report(run, wait, as_json)


@app.command("runs")
def list_runs(as_json: Json = False) -> None:
    """List runs, newest first."""
    found = all_runs()
    if as_json:
        print_json([_row(run) for run in found])
        return
    for run in found:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(run.spec.created))
        status = run.status
        typer.echo(f"{run.id}  {when}  {run.spec.recipe:14} {run.spec.preset:6} {status.state:12} {status.reason}")


@app.command()
def log(
    run_id: RunId, follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until it ends.")] = False
) -> None:
    """Print a run's log."""
    run, offset = find_run(run_id), 0
    while True:
        active = run.status.active
        offset = _print_log(run, offset)
        if not (follow and active):
            return
        time.sleep(0.5)


@app.command()
def stop(run_id: RunId, wait: Wait = False, as_json: Json = False) -> None:
    """Ask a run to stop. It saves a checkpoint and can be resumed."""
    run = jobs.stop(run_id)
    if wait:
        _follow(run)
    _tell(run, as_json)


@app.command()
def resume(run_id: RunId, wait: Wait = False, as_json: Json = False) -> None:
    """Go on with an interrupted run from its last checkpoint."""
    _report(jobs.resume(run_id), wait, as_json)


@app.command()
def retry(run_id: RunId, wait: Wait = False, as_json: Json = False) -> None:
    """Make a new run with the same settings that begins with the old one's checkpoints."""
    _report(jobs.retry(run_id), wait, as_json)


@app.command()
def detect(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A photograph or a clip.")], as_json: Json = False
) -> None:
    """Judge the faces of a photograph or a clip."""
    from engines.detection.judge import judge_file

    answer = judge_file(path)
    if as_json:
        print_json(answer)
        return
    for number, face in enumerate(answer["faces"], 1):
        scores = ", ".join(f"{detector} {score:.2f}" for detector, score in face["scores"].items())
        typer.echo(f"face {number} at {face['box']}: {face['verdict']} ({scores})")
    if not answer["faces"]:
        typer.echo("No face was found.")


def _serve(host: str, port: int | None, browser: bool) -> None:
    from workbench import security, server

    token = os.environ.get("MIEN_TOKEN", "")
    security.check_exposure(host, token)
    bound = server.listen(host, port)
    chosen = bound.getsockname()[1]
    if port is None and chosen != server.PORT:
        say(f"Port {server.PORT} is in use, so this is port {chosen}.")
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
    address = f"http://{f'[{shown}]' if ':' in shown else shown}:{chosen}/" + (f"?token={token}" if token else "")

    def ready() -> None:
        say(f"Mien is at {address}\nCtrl-C ends the pages; runs go on.")
        if browser:
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    say("Starting …")
    server.serve(bound, host, ready)


def _overrides(name: str, settings: list[str]) -> dict[str, Any]:
    fields = recipes.get(name).config.model_fields
    overrides: dict[str, Any] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise BadConfig(f"{setting!r} is no setting; write it as --set key=value.")
        listed = key in fields and get_origin(fields[key].annotation) in (tuple, list)
        overrides[key] = value.split(",") if listed and value else [] if listed else value
    return overrides


def _report(run: Run, wait: bool, as_json: bool) -> None:
    if not wait:
        _tell(run, as_json)
        return
    say(f"{run.id}: {run.spec.recipe}, {run.spec.preset}. Ctrl-C leaves it running; `mien stop {run.id}` stops it.")
    state = _follow(run)
    if as_json:
        print_json({**_row(run), "result": run.result})
    elif state == "done":
        from workbench.follow import show_results

        show_results(run)
    if state != "done":
        if run.status.detail:
            say(run.status.detail)
        raise typer.Exit(1)


def _follow(run: Run) -> str:
    from workbench.follow import follow

    try:
        return follow(run).state
    except KeyboardInterrupt:
        say(f"\n{run.id} goes on without this window; `mien log {run.id} --follow` comes back to it.")
        raise typer.Exit(130) from None


def _tell(run: Run, as_json: bool) -> None:
    if as_json:
        print_json(_row(run))
    else:
        typer.echo(f"{run.id}  {run.state}")


def _recipe(recipe: recipes.Recipe) -> dict[str, Any]:
    paper = {"title": recipe.paper.title, "venue": recipe.paper.venue, "link": recipe.paper.link}
    presets = {name: dict(changes) for name, changes in recipe.presets.items()}
    return {"name": recipe.name, "title": recipe.title, "paper": paper, "presets": presets}


def _row(run: Run) -> dict[str, Any]:
    status, spec = run.status, run.spec
    row = {"id": run.id, "recipe": spec.recipe, "preset": spec.preset, "state": status.state, "reason": status.reason}
    return {**row, "created": spec.created, "attempt": status.attempt, "parent": spec.parent, "folder": str(run.folder)}


def _print_log(run: Run, offset: int) -> int:
    try:
        with run.log_path.open("rb") as file:
            file.seek(offset)
            data = file.read()
    except FileNotFoundError:
        return 0
    typer.echo(data.decode(errors="replace"), nl=False)
    return offset + len(data)
