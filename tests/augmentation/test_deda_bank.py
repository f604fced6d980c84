"""The bank: what it keeps and gives back, interrupted half-way, and what cannot make one."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from engines.augmentation.deda import bank
from engines.augmentation.deda.editors import Jitter
from engines.data import labelled
from engines.data.labelled import Entry, Labelled
from engines.errors import BadInput, Stopped
from tests.labelled_trees import folder_tree

ORDER = bank.Order(variants=2, strength=0.3, size_px=32, rank_limit=0, overlap=0.7, seed=0, batch=4)


def silent(share, note):
    pass


class Counting(Jitter):
    """Counts the layers it edits."""

    def __init__(self):
        self.edited = 0

    def layers(self, layers, labels, strength, seeds):
        self.edited += len(layers)
        return super().layers(layers, labels, strength, seeds)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return labelled.read(folder_tree(tmp_path_factory.mktemp("tree"))).train


def test_round_trip_through_png_and_parquet(pictures, tmp_path):
    made = bank.build(tmp_path, pictures, ORDER, Jitter(), None, silent)
    assert made.counted() == {"objects": 12, "variants": 24, "places": 12, "pairs": 36 * 12}
    row = made.objects[1][0]
    assert row["path"].startswith("cdp/green/") and row["mask"] == "known mask" and 0.05 < row["area"] < 0.4
    layer, place = made.layer(row), made.place(row)
    assert layer.shape[2] == 4 and place.shape == (32, 32, 3) and layer[..., 3].max() == 255
    assert layer[layer[..., 3] > 250][:, 1].mean() > 150  # the green disc
    table = pq.read_table(tmp_path / "meta.parquet").to_pylist()
    assert [r["path"] for r in table] == [r["path"] for r in made.rows]
    assert json.loads((tmp_path / "config.json").read_text())["editor"] == "jitter"
    again = bank.build(tmp_path, pictures, ORDER, Counting(), None, silent)
    assert again.rows == made.rows


def test_same_seed_same_content(pictures, tmp_path):
    hashes = set()
    for name in "ab":
        bank.build(tmp_path / name, pictures, ORDER, Jitter(), None, silent)
        hashes.add(json.loads((tmp_path / name / "config.json").read_text())["sha256"])
    assert len(hashes) == 1


def test_stopped_half_way_it_goes_on(pictures, tmp_path):
    def stop(share, note):
        if "editing" in note and share > 0.4:
            raise Stopped("asked")

    first, second = Counting(), Counting()
    with pytest.raises(Stopped):
        bank.build(tmp_path / "a", pictures, ORDER, first, None, stop)
    assert 0 < first.edited < 24 and not (tmp_path / "a" / "config.json").exists()
    whole = bank.build(tmp_path / "a", pictures, ORDER, second, None, silent)
    assert first.edited + second.edited == 24
    assert whole.rows == bank.build(tmp_path / "b", pictures, ORDER, Jitter(), None, silent).rows


CHILD = """
import sys, time
from pathlib import Path
from engines.augmentation.deda import bank
from tests.augmentation.test_deda_bank import ORDER, Jitter, silent
from engines.data import labelled
class Slow(Jitter):
    def layers(self, *a):
        print("editing", flush=True); time.sleep(0.2)
        return super().layers(*a)
bank.build(Path(sys.argv[1]), labelled.read(sys.argv[2]).train, ORDER, Slow(), None, silent)
"""


def test_killed_half_way_it_goes_on(tmp_path):
    tree = folder_tree(tmp_path / "tree")
    command = [sys.executable, "-c", CHILD, str(tmp_path / "bank"), str(tree)]
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(Path.cwd())}
    )
    for _ in range(2):
        child.stdout.readline()
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    kept = list((tmp_path / "bank").rglob("cdp_syn/*/*.png"))
    assert 0 < len(kept) < 24
    before = {path: path.stat().st_mtime_ns for path in kept}
    time.sleep(0.01)
    made = bank.build(tmp_path / "bank", labelled.read(tree).train, ORDER, Jitter(), None, silent)
    assert made.counted()["variants"] == 24
    assert all(path.stat().st_mtime_ns == when for path, when in before.items())


@pytest.mark.parametrize(("value", "said"), [(0.0, "covers 0%"), (1.0, "covers 100%")])
def test_masks_of_nothing_or_everything_in_all_pictures_are_said(value, said, tmp_path):
    grey, mask = np.full((32, 32, 3), 99, np.uint8), np.full((32, 32), value, np.float32)
    entries = tuple(Entry(f"{k}/{n}", k, lambda: grey, lambda: mask) for k in range(2) for n in range(2))
    with pytest.raises(BadInput, match=said):
        bank.build(tmp_path, Labelled(("0", "1"), entries), ORDER, Jitter(), None, silent)


def test_variants_that_the_judge_takes_for_others_are_dropped(pictures, tmp_path):
    """A judge that always says class 0 leaves variants of class 0 alone."""
    order = bank.Order(**{**vars(ORDER), "rank_limit": 1})

    def judge(shown):
        return np.tile([1.0, 0.0, 0.0], (len(shown), 1))

    made = bank.build(tmp_path, pictures, order, Jitter(), judge, silent)
    assert set(made.variants) == {0} and len(made.variants[0]) == 8


def test_a_damaged_file_is_said(pictures, tmp_path):
    made = bank.build(tmp_path, pictures, ORDER, Jitter(), None, silent)
    (tmp_path / made.rows[0]["path"]).write_bytes(b"nothing")
    with pytest.raises(BadInput, match="delete it, and it is made again"):
        made.layer(made.rows[0])


def test_an_object_leaves_its_square_as_it_came():
    layer = np.random.default_rng(0).integers(0, 256, (20, 12, 4), np.uint8)
    layer[..., 3] = 255
    assert (bank.unsquared(bank.squared(layer, 20), layer.shape[:2]) == layer).all()
