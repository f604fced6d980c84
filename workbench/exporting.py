"""Sets of the world written for others: what the command line and the World page ask for."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engines.errors import BadConfig
from workbench.paths import home, safe_join

if TYPE_CHECKING:
    from engines.faceworld.photographs import WorldSpec

KINDS = {
    "images": "Folders of pictures, one a person, and metadata.csv",
    "parquet": "Parquet for Hugging Face datasets",
    "deepfakebench": "DeepfakeBench: real and forged frames with its JSON",
}
"""Kind -> its words."""


@dataclass(frozen=True)
class Order:
    """What is to be written: a kind of `KINDS`, a set, a file format; for DeepfakeBench families and how many forgeries
    of each."""

    kind: str
    spec: "WorldSpec"
    file_format: str = "png"
    families: tuple[str, ...] | None = None
    fakes: int = 100

    def write(
        self,
        folder: Path,
        workers: int | None = None,
        progress: Callable[[float], None] | None = None,
        stopping: Callable[[], bool] | None = None,
    ) -> dict[str, Any]:
        """Write it; what was written, in numbers.

        Raises:
            BadConfig: an unknown kind, format or family. BadInput: the folder exists or cannot be written.
            Stopped: `stopping` said so.
        """
        from engines.faceworld import export

        if self.kind not in KINDS:
            raise BadConfig(f"There is no export {self.kind!r}; there are {', '.join(KINDS)}.")
        how: dict[str, Any] = {"workers": workers, "progress": progress, "stopping": stopping}
        if self.kind == "deepfakebench":
            return self._deepfakebench(folder, how)
        write = export.export_image_folder if self.kind == "images" else export.export_parquet
        write(self.spec, folder, kind=self.file_format, **how)
        return self._told(folder, len(self.spec), self.spec.people)

    def _deepfakebench(self, folder: Path, how: dict[str, Any]) -> dict[str, Any]:
        from engines.faceworld import export
        from engines.faceworld.dataset import FAMILIES, ForgerySpec
        from engines.faceworld.photographs import WorldSpec

        spec = self.spec
        plain = WorldSpec(people=spec.people, photos=spec.photos, size_px=spec.size_px, seed=spec.seed)
        if spec != plain:
            raise BadConfig(
                "Forgeries are made of people as they come, in all splits; only people, photos, size and seed are "
                "chosen for them."
            )
        families = FAMILIES if self.families is None else self.families
        first = ForgerySpec("train", families, spec.people, len(spec), self.fakes, spec.seed, spec.size_px)
        specs = export.all_splits(first)
        export.export_deepfakebench(specs, folder, **how)
        return self._told(folder, sum(map(len, specs)), sum(each.identities for each in specs))

    def _told(self, folder: Path, photographs: int, people: int) -> dict[str, Any]:
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        return {
            "kind": self.kind,
            "folder": str(folder),
            "photographs": photographs,
            "people": people,
            "bytes": size,
        }


def exports_root() -> Path:
    """The folder that the page writes into."""
    return home() / "exports"


def named_folder(name: str) -> Path:
    """A folder of that name among the page's exports.

    Raises:
        BadInput: the name leads elsewhere.
    """
    root = exports_root()
    root.mkdir(exist_ok=True)
    return safe_join(root, name)
