"""Photographs as a data set: the same at each index, in any order, in any process; bad settings in a sentence."""

import operator
import subprocess
import sys
from functools import partial
from typing import Any

import numpy as np
import pytest

from engines.errors import BadConfig, Stopped
from engines.faceworld import crew
from engines.faceworld.people import GROUPS
from engines.faceworld.photographs import WorldDataset, WorldSpec
from engines.faceworld.splits import split_of
from engines.faceworld.stats import demographics, ita

SMALL: dict[str, Any] = {"people": 3, "photos": 2, "size_px": 48}


def test_a_photograph_is_the_same_in_any_order_and_in_another_process() -> None:
    spec = WorldSpec(**SMALL)
    forwards = [WorldDataset(spec)[index]["image"] for index in range(len(spec))]
    data = WorldDataset(spec)
    backwards = [data[index]["image"] for index in reversed(range(len(spec)))][::-1]
    assert all((one == other).all() for one, other in zip(forwards, backwards, strict=True))
    code = (
        "import sys; from engines.faceworld.photographs import *; "
        f"sys.stdout.buffer.write(WorldDataset(WorldSpec(**{SMALL!r}))[4]['image'].tobytes())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == forwards[4].tobytes()


def test_what_a_photograph_tells_agrees_with_its_truth() -> None:
    data = WorldDataset(WorldSpec(**SMALL, groups=("asian-female", "african-male")))
    for index in range(len(data)):
        row, truth = data[index], data.truth(index)
        assert row["image"].shape == (48, 48, 3)
        assert row["image"].dtype == np.uint8
        assert row["image"].flags.writeable
        assert np.allclose(row["landmarks"], truth.landmarks, atol=1e-4)
        assert np.allclose([row["yaw"], row["pitch"], row["roll"]], np.degrees(truth.pose))
        assert row["group"] == ("asian-female", "african-male", "asian-female")[index // 2]
        assert row["male"] is (row["group"] == "african-male")
        assert row["photo"] == index % 2
        assert split_of(row["identity"]) == "train"
    assert len({data[index]["identity"] for index in range(len(data))}) == 3


def test_indices_are_those_of_a_sequence() -> None:
    data = WorldDataset(WorldSpec(**SMALL))
    assert (data[-1]["image"] == data[5]["image"]).all()
    assert data.shot(np.int64(2)) == data.shot(2)
    for index in (6, -7):
        with pytest.raises(IndexError, match="there are 6"):
            data[index]
    with pytest.raises(TypeError):
        data.shot("0")  # type: ignore[arg-type]
    assert len(list(data)) == 6, "it ends, as a sequence does"


def test_another_seed_or_split_shows_nobody_twice() -> None:
    shown = [
        {shot.identity for shot in WorldDataset(WorldSpec(split, 20, 1, seed=seed)).shots()}
        for split in ("train", "val", "test")
        for seed in (0, 1)
    ]
    assert len(set().union(*shown)) == sum(map(len, shown))


def test_a_loader_of_torch_takes_it_without_the_module_importing_torch() -> None:
    code = "import sys, engines.faceworld.photographs, engines.faceworld.export; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    from torch.utils.data import DataLoader

    batches = list(DataLoader(WorldDataset(WorldSpec(**SMALL)), batch_size=4))
    assert [tuple(batch["image"].shape) for batch in batches] == [(4, 48, 48, 3), (2, 48, 48, 3)]
    assert batches[0]["identity"].tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_share_of_occluders_is_kept(share: float) -> None:
    data = WorldDataset(WorldSpec(people=20, photos=5, occluders=share))
    kinds = [data.photo(shot).occluder.kind for shot in data.shots()]
    assert (np.array(kinds) != "none").mean() == share
    assert share == 0 or len(set(kinds)) == 5


def test_ages_are_drawn_where_asked_and_photographs_lie_the_gap_apart() -> None:
    data = WorldDataset(WorldSpec(people=40, photos=6, ages=(12, 75), age_gap=20))
    years = np.array([shot.years for shot in data.shots()]).reshape(40, 6)
    assert years.min() >= 10
    assert years.max() <= 80
    assert np.ptp(years, axis=1).max() <= 20
    assert 12 < np.ptp(years, axis=1).mean() < 20, "5/7 of 20 is expected of six even draws"
    same = [shot.years for shot in WorldDataset(WorldSpec(people=5, photos=2, ages=(30, 30))).shots()]
    assert same == [30.0] * 10
    assert WorldDataset(WorldSpec()).shot(0).years is None


def test_a_balanced_set_has_every_group_equally_often() -> None:
    tables = demographics(WorldSpec.balanced(people=16, photos=2))
    assert [(row["label"], row["count"]) for row in tables["groups"]] == [(group, 2) for group in GROUPS]
    for name, rows in tables.items():
        total = 32 if name in ("yaw", "pitch", "occluders", "places") else 16
        assert sum(row["count"] for row in rows) == total, name
        assert sum(row["share"] for row in rows) == pytest.approx(1), name


def test_skin_tones_have_the_angle_of_their_colour() -> None:
    # L* = 60, b* = 10: arctan(10 / 10) is 45 degrees. Its linear sRGB by the CIE formulas, a* = 10.
    y, x, z = (
        ((60 + 16) / 116) ** 3,
        ((60 + 16) / 116 + 10 / 500) ** 3 * 0.95047,
        ((60 + 16) / 116 - 10 / 200) ** 3 * 1.08883,
    )
    to_rgb = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])
    assert ita(to_rgb @ [x, y, z]) == pytest.approx(45, abs=0.5)
    assert ita((0.5, 0.3, 0.2)) > ita((0.05, 0.03, 0.02))


def test_counting_can_be_stopped_and_tells_how_far_it_is() -> None:
    told: list[float] = []
    demographics(WorldSpec(people=4, photos=1), told.append)
    assert told == [0.25, 0.5, 0.75, 1.0]
    with pytest.raises(Stopped):
        demographics(WorldSpec(people=4, photos=1), stopping=lambda: True)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"split": "all"}, "There is no split 'all'; there are train, val, test."),
        ({"groups": ("martian",)}, "There is no group 'martian'; there are"),
        ({"people": 0}, "identities, not 0"),
        ({"photos": 0}, "photos = 0: it must be 1 or more."),
        ({"size_px": 5000}, "size_px = 5000"),
        ({"occluders": 1.5}, "occluders = 1.5: a share is 0 to 1."),
        ({"ages": (60, 20)}, "the younger first"),
        ({"ages": (3, 20)}, "two ages from 10 to 80"),
        ({"ages": (30,)}, "two ages"),
        ({"age_gap": -1}, "age_gap = -1"),
        ({"age_gap": float("nan")}, "age_gap = nan"),
        ({"ages": (float("nan"), 30)}, "two ages"),
        ({"seed": -1}, "seed = -1"),
    ],
)
def test_bad_settings_are_said(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(BadConfig, match=said.replace("(", r"\(")):
        WorldSpec(**settings)


def test_rows_come_in_order_from_several_processes() -> None:
    made = list(crew.rows(partial(operator.add, 5), 200, 7, workers=3))
    assert made == [index + 5 for index in range(200)]


def test_what_a_process_raises_arrives_and_stopping_is_heard() -> None:
    with pytest.raises(ZeroDivisionError):
        list(crew.rows(partial(operator.floordiv, 5), 200, 7, workers=2))
    taken: list[int] = []
    with pytest.raises(Stopped):
        taken.extend(crew.rows(partial(operator.add, 5), 10**6, 7, 2, stopping=lambda: True))
    assert taken == []
