"""The finished runs that come with Mien: readable, named by their ids alone, and untouchable."""

import pytest

from engines.errors import RunStateError
from workbench import jobs
from workbench.runs import all_runs, find_run, shipped_runs
from workbench.widgets.headlines import headline


@pytest.fixture(params=shipped_runs(), ids=lambda run: run.folder.name)
def shipped(request, tmp_path, monkeypatch):
    monkeypatch.setenv("MIEN_HOME", str(tmp_path))
    return request.param


TABLE = {
    "safe": "measures", "llaca": "measures", "tas": "accuracy", "deda": "methods", "id3": "identities",
    "frcsyn": "ranking",
}  # fmt: skip
"""Recipe -> the table with a row for each method; "auc" for detectors."""


def test_is_whole(shipped):
    assert shipped.state == "done" and shipped.shipped
    config, name = shipped.spec.config, TABLE.get(shipped.spec.recipe, "auc")
    methods = {name.split(":")[0] for name in config.get("methods") or ("real", *config["sources"])}
    assert methods <= {row.get("method", row.get("system")).split(":")[0] for row in shipped.tables(name)}
    assert shipped.result[name] == shipped.tables(name)
    assert shipped.metrics()
    for name in shipped.digest().arrays:
        assert shipped.arrays(name)


def test_its_numbers_have_seeds_and_intervals(shipped):
    rows = shipped.tables(TABLE.get(shipped.spec.recipe, "auc"))
    assert shipped.spec.config["seeds"] >= 3
    held = 0
    for row in [*rows, *shipped.digest().tables.get("compared", [])]:
        for name in [name for name in row if name.endswith("low")]:
            held += 1
            assert row[name] <= row[name.removesuffix("low") + "high"]
    assert held


def test_says_in_a_line_what_came_out(shipped):
    said, method = headline(shipped), shipped.spec.config.get("methods", ["none"])[0].replace("vanilla", "de-da")
    assert ("%" in said and "real" in said) if method == "none" else (f" of {method}" in said and "0." in said)


def test_each_has_what_its_page_draws():
    by_recipe = {run.spec.recipe: run for run in shipped_runs()}
    assert by_recipe["effort"].arrays("spectra")["values"].shape[1] == 384
    assert len(by_recipe["quality"].arrays("pacing")) > 3


def test_says_nothing_of_the_machine_it_was_made_on(shipped):
    for name in ("spec.json", "state.json", "events.jsonl", "result.json"):
        text = (shipped.folder / name).read_text()
        assert '"pid"' not in text and '"host"' not in text and "/home/" not in text and "/root/" not in text


def test_answers_to_its_id_and_is_none_of_mine(shipped):
    assert find_run(shipped.id).folder == shipped.folder
    assert all_runs() == []
    with pytest.raises(RunStateError, match="none yet"):
        find_run("last")


def test_stays(shipped):
    with pytest.raises(RunStateError, match="came with Mien"):
        jobs.delete(shipped.id)
    with pytest.raises(RunStateError, match="nothing to stop"):
        jobs.stop(shipped.id)
    assert (shipped.folder / "spec.json").exists()
