"""What the inference process would say to the Quality page, and a run of the recipe with what it leaves."""

from typing import Any

import numpy as np

from engines import recipes
from engines.detection.quality import pacing
from workbench import runs, state
from workbench.files import to_json, write_atomic
from workbench.journal import FolderJournal
from workbench.processes import Identity
from workbench.runs import Run

EPOCHS, FORGERIES, PICTURED = 4, 90, 30
NAMES = ("fake", "real", "upgraded")


def answers() -> dict[str, Any]:
    """Question -> answer."""
    picture = np.full((32, 32, 3), 128, np.uint8)
    return {
        "freda": {
            "pictures": dict.fromkeys(NAMES, picture), "difference": np.eye(32) * 9, "mask": np.eye(32),
            "spectra": {name: np.eye(32) * number for number, name in enumerate(NAMES)},
            "power": {name: np.geomspace(1, 1e-6, 17) for name in NAMES}, "known": 0.71,
        }
    }  # fmt: skip


def quality_run(methods: tuple[str, ...] = ("quality", "plain"), target: str = "done") -> Run:
    """A run of the recipe `quality` in a state: one that is running has the arrays of its first method alone."""
    config = recipes.get("quality").configure("tiny", {"methods": methods})
    run = runs.create("quality", "tiny", config.model_dump(mode="json"))
    if target == "queued":
        return run
    state.move(run.folder, {"queued"}, "running", process=Identity.of(), device="cpu", attempt=1)
    journal = FolderJournal(run.folder)
    for number, method in enumerate(methods if target == "done" else methods[:1]):
        journal.array("pacing" if number == 0 else f"pacing-{method}", **_pacing(number))
    if target == "done":
        pools = ("all", "selfblend", "swap", "xray")
        measures = {"static q": 0.3, "dynamic d": -0.1}
        journal.table(
            "checked", [_checked(m, pool, *one) for m in methods for pool in pools for one in measures.items()]
        )
        pairs = [(a, b) for i, a in enumerate(methods) for b in methods[i + 1 :]]
        journal.table("paired", [_paired(*pair) for pair in pairs])
        write_atomic(run.folder / "result.json", to_json({"data": "face world"}))
        state.conclude(run.folder, "done")
    journal.close()
    return run


def _pacing(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    static = pacing.ranked(rng.random(FORGERIES))
    dynamic = np.stack([np.full(FORGERIES, 0.5), *(rng.random(FORGERIES) for _ in range(EPOCHS - 1))])
    share = np.array(pacing.schedule(EPOCHS, 1, "linear", 0.1, 0.6))
    fqs = dynamic + static
    easy = np.stack([pacing.easiest(score, part) for score, part in zip(fqs, share, strict=True)])
    return {
        "static": static, "dynamic": dynamic, "fqs": fqs, "easy": easy, "shown": rng.random(easy.shape) < 0.8,
        "share": share, "measured": 0.7 + static / 4, "known": rng.random(FORGERIES),
        "family": np.repeat(["swap", "selfblend", "xray"], FORGERIES // 3), "index": np.arange(FORGERIES),
        "pictured": np.arange(0, FORGERIES, FORGERIES // PICTURED),
        "pictures": rng.integers(0, 255, (PICTURED, 56, 56, 3)).astype(np.uint8),
    }  # fmt: skip


def _checked(method: str, pool: str, measured: str, rho: float) -> dict[str, Any]:
    row = {"method": method, "families": pool, "measured": measured, "forgeries": FORGERIES}
    return {**row, "spearman": rho, "low": rho - 0.1, "high": rho + 0.1}


def _paired(first: str, second: str) -> dict[str, Any]:
    interval = {"difference": 0.02, "low": 0.01, "high": 0.03}
    return {"first": first, "second": second, "families": "seen families", **interval, "seeds": 1}
