"""Logs of other toolkits, in the very lines they write, onto one matrix."""

import numpy as np
import pytest

from engines.continual.logs.imported import parse, read
from engines.continual.matrix import Matrix
from engines.continual.measures import measures
from engines.errors import BadInput

PILOT = """2024-05-01 10:00:00,000 [trainer.py] => CNN: {'total': 98.1, '00-09': 98.1, 'old': 0, 'new': 98.1}
2024-05-01 10:00:00,000 [trainer.py] => CNN top1 curve: [98.1]
10:05 [trainer.py] => CNN: {'total': np.float64(88.2), '00-09': 91.1, '10-19': 85.3, 'old': 91.1, 'new': 85.3}
2024-05-01 10:05:00,000 [trainer.py] => NME: {'total': 10.0, '00-09': 10.0, '10-19': 10.0, 'old': 10.0, 'new': 10.0}
2024-05-01 10:05:00,000 [trainer.py] => CNN top1 curve: [98.1, np.float64(88.2)]
"""
MAMMOTH = (
    "{'dataset': 'seq-cifar100', 'model': 'l2p', 'device': device(type='cuda'), 'accmean_task1': 98.1, "
    "'accmean_task2': np.float64(88.2), 'accuracy_1_task1': 98.1, 'accuracy_1_task2': 91.1, 'accuracy_2_task2': 85.3, "
    "'forward_transfer': None}\n"
)
AVALANCHE = """eval_exp,training_exp,eval_accuracy,eval_loss,forgetting
0,None,0.0500,3.0,0
0,0,0.9810,0.1000,0
1,0,0.0000,9.0000,0
0,1,0.9110,0.3000,0.0700
1,1,0.8530,0.4000,0
"""


@pytest.mark.parametrize(("text", "toolkit"), [(PILOT, "LAMDA-PILOT"), (MAMMOTH, "Mammoth"), (AVALANCHE, "Avalanche")])
def test_the_same_run_in_three_logs_is_one_matrix(text, toolkit, tmp_path):
    file = tmp_path / "log"
    file.write_text(text)
    found = read(file)
    assert found.toolkit == toolkit
    assert np.tril(found.log.accuracy).ravel().tolist() == pytest.approx([0.981, 0, 0.911, 0.853], nan_ok=True)
    assert found.log.overall.tolist() == pytest.approx([0.981, 0.882])
    numbers = measures(Matrix(found.log.accuracy, [1, 1]))
    assert numbers["forgetting_from_best"] == pytest.approx(0.07) and numbers["final"] == pytest.approx(0.882)


def test_the_last_of_several_runs_is_read():
    found = parse(MAMMOTH.replace("91.1", "50.0") + MAMMOTH)
    assert found.log.accuracy[1, 0] == pytest.approx(0.911) and "2 runs" in " ".join(found.log.notes)
    assert parse(PILOT + PILOT).log.accuracy[1, 0] == pytest.approx(0.911)


def test_pilot_without_groups_knows_its_curve_alone():
    found = parse("CNN top1 curve: [98.1, 88.2]")
    assert np.isnan(found.log.accuracy).all() and "only A_t" in found.log.notes[0]


def test_pilot_with_a_large_first_session_has_no_matrix():
    text = "CNN: {'total': 90.0, '00-09': 90.0, '10-19': 90.0, 'old': 0, 'new': 90.0}\nCNN top1 curve: [90.0]"
    assert np.isnan(parse(text).log.accuracy).all() and "several groups" in parse(text).log.notes[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hello", "no log that is known"),
        ("", "no log that is known"),
        ("CNN top1 curve: [98.1, oops]", "not a dictionary or list"),
        ("{'accmean_task1': 98.0, 'accmean_task3': 90.0}", "missing between"),
        ("{'accmean_task1': 98.0, 'accuracy_1_task2': 90.0}", "cut off"),
        ("eval_exp,training_exp,eval_accuracy\n", "no lines"),
        ("eval_exp,training_exp,eval_accuracy\n0,0,abc\n", "Line 2"),
        ("eval_exp,training_exp,eval_accuracy\n5,0,0.5\n", "session 6"),
        ("eval_exp,training_exp,eval_accuracy\n0,0,88.2\n", "no share"),
    ],
)
def test_what_is_no_log_says_why(text, words):
    with pytest.raises(BadInput, match=words):
        parse(text)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(BadInput, match="cannot be read"):
        read(tmp_path / "absent.log")
