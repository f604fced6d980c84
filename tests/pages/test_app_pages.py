"""Every page, in each of its states, without a browser."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engines.errors import MissingWeights, RunStateError
from tests.pages.conftest import BROKEN, Answers, Open, judged, words
from tests.pages.sample_runs import sample_run
from workbench import jobs
from workbench.app import SECTIONS
from workbench.runs import Run, all_runs, find_run, shipped_runs

ROOT = Path(__file__).resolve().parents[2]
PAGES = [name for entries in SECTIONS.values() for name, _, _ in entries]


def test_the_navigation_names_all_pages_there_are_and_no_others() -> None:
    assert {path.stem for path in (ROOT / "pages").glob("*.py")} == set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_on_an_empty_home(name: str, open_page: Open) -> None:
    app = open_page(name)
    assert len(app.title) == 1
    assert not app.error


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_with_runs_of_every_kind(name: str, open_page: Open) -> None:
    for state in ("failed", "interrupted", "cancelled", "queued", "done"):
        sample_run(state, steps=20)
    assert not open_page(name).error


@pytest.mark.parametrize("shipped", shipped_runs(), ids=lambda run: str(run.folder.name))
def test_training_shows_a_finished_run_of_every_recipe(shipped: Run, open_page: Open) -> None:
    app = open_page("train", run=shipped.id)
    assert not app.error and not app.exception
    assert f"{shipped.spec.recipe} · full" in words(app)


def test_no_page_imports_torch() -> None:
    code = (
        "import sys; from streamlit.testing.v1 import AppTest; from workbench import inference;"
        "inference.ask = lambda *a, **k: (_ for _ in ()).throw(ValueError('not here'));"
        f"[AppTest.from_file({str(ROOT / 'workbench' / 'app.py')!r}, default_timeout=30).run()"
        f".switch_page({str(ROOT / 'pages')!r} + '/' + n + '.py').run() for n in {PAGES!r}];"
        "sys.exit('torch' in sys.modules or 'sklearn' in sys.modules or 'gradio' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_home_has_three_doors_and_lists_what_runs(open_page: Open) -> None:
    said = words(open_page())
    assert all(f"## {door}" in said for door in ("Teach", "Research", "Review"))
    assert "`effort`" in said
    assert "not a paper's data set" in said


def test_home_shows_new_people_at_a_click(open_page: Open, answers: Answers) -> None:
    app = open_page(seed="4")
    next(button for button in app.button if button.label == "New people").click().run()
    assert app.query_params["seed"] == "5"
    assert [arguments["seed"] for name, arguments in answers.asked if name == "world"] == [4, 5]


def test_an_address_that_is_nonsense_is_not_an_error(open_page: Open) -> None:
    assert not open_page(seed="abc").error
    assert "There is no run 'nothing'" in words(open_page("train", run="nothing"))


def test_a_run_that_is_gone_is_said_until_another_is_chosen(open_page: Open, home: Path) -> None:
    shipped = next(run for run in shipped_runs() if run.spec.recipe == "quality")
    own = shutil.copytree(shipped.folder, home / "runs" / "261127-00000000")
    (own / "spec.json").write_text((own / "spec.json").read_text().replace(shipped.id, own.name))
    app = open_page("quality", run="nothing")
    assert "There is no run 'nothing'" in words(app)
    assert app.query_params["run"] == own.name, "another is shown in its place"
    assert "There is no run 'nothing'" in words(app.run()), "a page that draws itself again says it again"
    next(box for box in app.selectbox if box.label == "Run").set_value(shipped.id).run()
    assert app.query_params["run"] == shipped.id
    assert "There is no run 'nothing'" not in words(app)


def test_a_new_run_silences_the_one_that_is_gone(open_page: Open) -> None:
    app = open_page("train", run="nothing")
    assert "There is no run 'nothing'" in words(app.run())
    app.query_params["run"] = sample_run("done", steps=2).id
    assert "There is no run 'nothing'" not in words(app.run())


# --- Detect


def test_detect_shows_scores_a_verdict_and_what_they_do_not_mean(open_page: Open) -> None:
    said = words(open_page("detect"))
    for part in (
        "unsure",
        "The detectors do not know",
        "the detectors disagree",
        "This is no proof.",
        "No better than",
    ):
        assert part in said


def test_detect_abstains_with_reasons_and_draws_no_map(open_page: Open, answers: Answers) -> None:
    answers.by_name["judge"] = judged("abstain", scores={})
    said = words(open_page("detect"))
    assert "Not fit to be judged" in said
    assert "## Why" not in said
    assert "explain" not in [name for name, _ in answers.asked]


def test_detect_lets_one_choose_among_faces(open_page: Open, answers: Answers) -> None:
    answers.by_name["judge"] = judged(faces=3)
    app = open_page("detect", face="3")
    assert next(box for box in app.selectbox if box.label == "Face").value == 3


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (BROKEN, "damaged or cut off"),
        (MissingWeights("No detector ships here."), "Weights are missing"),
        (ValueError("oops"), "A defect of Mien, not of your input"),
    ],
)
def test_detect_says_what_went_wrong_and_offers_to_try_again(
    error: Exception, expected: str, open_page: Open, answers: Answers
) -> None:
    answers.by_name["judge"] = error
    app = open_page("detect")
    assert expected in words(app)
    asked = len(answers.asked)
    next(button for button in app.button if button.label == "Try again").click().run()
    assert len(answers.asked) == asked + 1


def test_a_long_question_shows_progress_and_can_be_cancelled(open_page: Open, answers: Answers) -> None:
    answers.by_name["judge"] = ...
    app = open_page("detect")
    assert "Cancel" in [button.label for button in app.button]


def test_uploads_come_with_the_consent_line(open_page: Open) -> None:
    app = open_page("detect", **{"from": "Photograph or clip"})
    assert "not kept" in words(app)
    assert len(app.get("file_uploader")) == 1


# --- Train


def test_the_form_is_drawn_from_the_config_and_only_changes_are_sent(open_page: Open) -> None:
    app = open_page("train", preset="tiny")
    steps = next(box for box in app.number_input if box.label == "steps")
    assert (steps.value, steps.min) == (8, 1)
    steps.set_value(9).run()
    assert "mien train effort --preset tiny --set steps=9" in words(app)
    next(button for button in app.button if button.label == "Start training").click().run()
    (run,) = all_runs()
    assert run.spec.config["steps"] == 9
    assert run.state == "queued"
    assert app.query_params["run"] == run.id


def test_settings_that_contradict_each_other_are_said_at_once(open_page: Open) -> None:
    app = open_page("train")
    next(box for box in app.multiselect if box.label == "methods").set_value([]).run()
    assert "name at least one" in words(app)
    assert "Start training" not in [button.label for button in app.button]


def test_what_a_run_costs_is_said_before_it_starts(open_page: Open) -> None:
    assert "made for 2 minutes" in words(open_page("train", preset="demo"))


def test_a_public_workbench_takes_no_runs(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_PUBLIC", "1")
    run = sample_run("interrupted", steps=10)
    app = open_page("train")
    assert "not started" in words(app)
    for name, query in (("train", {"run": run.id}), ("runs", {})):
        labels = {button.label for button in open_page(name, **query).button}
        assert not labels & {"Resume", "Run again", "Delete", "Stop", "Retry"}


@pytest.mark.parametrize(
    ("state", "button"), [("interrupted", "Resume"), ("failed", "Retry"), ("done", "Run again"), ("queued", "Stop")]
)
def test_a_run_offers_what_fits_its_state(state: str, button: str, open_page: Open) -> None:
    run = sample_run(state, steps=30)
    app = open_page("train", run=run.id)
    assert button in [each.label for each in app.button]
    next(each for each in app.button if each.label == button).click().run()
    expected = {"Resume": "queued", "Stop": "cancelled", "Retry": "queued", "Run again": "queued"}[button]
    assert find_run(str(app.query_params["run"])).state == expected


def test_a_failed_run_says_why(open_page: Open) -> None:
    said = words(open_page("train", run=sample_run("failed", steps=30).id))
    assert "It ran out of memory; use a smaller batch." in said
    assert "RuntimeError: out of memory" in said


def test_curves_tables_and_provenance_of_a_finished_run(open_page: Open) -> None:
    run = sample_run("done")
    said = words(open_page("train", run=run.id))
    for part in (
        "Real loss and fake loss",
        "AUC by forgery family",
        "Difference to effort",
        f"run {run.id}",
        run.command,
    ):
        assert part in said
    assert "face world, not a paper's data set" in said


def test_what_someone_else_did_in_the_meantime_is_said(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    run = sample_run("interrupted", steps=10)
    app = open_page("train", run=run.id)

    def too_late(run_id: str) -> None:
        raise RunStateError(f"Run {run_id} is queued: it is already waiting for its turn.")

    monkeypatch.setattr(jobs, "resume", too_late)
    next(each for each in app.button if each.label == "Resume").click().run()
    assert "already" in words(app)


# --- Subspaces


@pytest.mark.parametrize("view", ["Spectrum", "Movement", "Why k = 1 hardly moves", "Attention", "Features"])
def test_each_view_of_a_finished_run(view: str, open_page: Open, answers: Answers) -> None:
    answers.by_name["inside"] = ...
    sample_run("done")
    app = open_page("subspaces", view=view)
    assert not app.error
    assert app.get("plotly_chart") or view == "Features"


def test_without_a_run_of_ones_own_the_shipped_one_opens(open_page: Open, answers: Answers) -> None:
    answers.by_name["inside"] = ...
    app = open_page("subspaces")
    assert "comes with Mien" in app.selectbox[0].options[0]
    assert app.get("plotly_chart")


@pytest.mark.usefixtures("no_shipped_runs")
def test_without_any_finished_run_the_next_step_is_offered(open_page: Open) -> None:
    sample_run("interrupted", steps=10)
    said = words(open_page("subspaces"))
    assert "No finished run to look into" in said


def test_a_run_without_spectra_leads_to_its_training(open_page: Open) -> None:
    run = sample_run("interrupted", steps=10)
    assert "This run has nothing inside yet" in words(open_page("subspaces", run=run.id))


# --- Runs


def test_the_list_shows_state_result_and_reason(open_page: Open) -> None:
    for state in ("done", "failed", "interrupted"):
        sample_run(state, steps=20)
    said = words(open_page("runs"))
    for part in ("AUC of effort: 0.8", "It ran out of memory", "Stopped by you at step 60"):
        assert part in said


def test_a_run_can_be_deleted(open_page: Open) -> None:
    run = sample_run("done", steps=5)
    app = open_page("runs")
    app.button(key=f"delete-{run.id}").click().run()
    assert all_runs() == []
    assert "No runs yet" in words(app)


def test_the_list_can_be_narrowed_by_state(open_page: Open) -> None:
    sample_run("failed", steps=5)
    kept = sample_run("done", steps=5)
    app = open_page("runs")
    app.get("button_group")[0].set_value(["done"]).run() if app.get("button_group") else app.pills[0].set_value(
        ["done"]
    ).run()
    keys = {str(button.key) for button in app.button}
    assert any(kept.id in key for key in keys)
    assert not any(key.startswith("retry-") for key in keys)


def test_a_living_run_that_is_not_shown_does_not_keep_the_list_spinning(open_page: Open) -> None:
    sample_run("queued")
    sample_run("done", steps=5)
    app = open_page("runs", state="done")
    assert len(app.title) == 1
