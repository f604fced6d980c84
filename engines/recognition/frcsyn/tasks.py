"""The sub-tasks of the challenge: what a system may be trained on, what it is tested on, what it is ranked by.

I. DeAndres-Tame et al., Second Edition FRCSyn Challenge at CVPR 2024, https://arxiv.org/abs/2404.10378. Task 1 asks for
little difference between demographic groups and is ranked by the trade-off TO = AVG - SD of their accuracies; task 2
asks for accuracy under age, pose and occlusion and is ranked by AVG over four databases.
"""

from dataclasses import dataclass

LIMIT = 500_000
"""Synthetic pictures that sub-tasks x.1 and x.3 allow."""
DATABASES = ("bupt", "agedb", "cfp-fp", "rof")
SYSTEMS = ("baseline", "proposed")
"""Trained on the allowed real data alone, and on the data of the sub-task."""


@dataclass(frozen=True)
class SubTask:
    """One of six.

    Attributes:
        real: whether the real training set may be used. limited: whether the synthetic pictures are limited.
        databases: what it is tested on. key: the number it is ranked by, "to" or "avg".
    """

    name: str
    real: bool
    limited: bool
    databases: tuple[str, ...]
    key: str

    @property
    def says(self) -> str:
        """The sub-task in a few words."""
        data = "real and limited synthetic data" if self.real else "synthetic data"
        how = "" if self.real else ", limited" if self.limited else ", unlimited"
        return f"{'bias mitigation' if self.key == 'to' else 'overall performance'}: {data}{how}"


def _subtask(name: str) -> SubTask:
    first, last = name.split(".")
    databases, key = (("bupt",), "to") if first == "1" else (DATABASES, "avg")
    return SubTask(name, last == "3", last != "2", databases, key)


SUBTASKS = {name: _subtask(name) for name in ("1.1", "1.2", "1.3", "2.1", "2.2", "2.3")}
