"""Hugging Face Parquet: `data/SPLIT-00000-of-00003.parquet`, with the features written into the schema, and a card.

`datasets.load_dataset(FOLDER)` gives the split with `image` decoded, and `load_dataset("parquet", data_files=…)` the
same; any other reader of Parquet gets the files' bytes in `image.bytes`. Rows are those of `WorldDataset`.
"""

import contextlib
import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engines.faceworld.export.draft import check_room, draft
from engines.faceworld.export.rows import Progress, Row, Stopping, photographs, provenance
from engines.faceworld.photographs import WorldSpec

if TYPE_CHECKING:
    import pyarrow as pa

SHARD = 10_000
"""Photographs in one file: about 250 MB of PNG at 112 px."""
GROUP = 250
"""Rows that are written, and later read, at once."""
_SCALARS = {
    **{"identity": "int64", "photo": "int64", "group": "string", "years": "float64", "male": "bool"},
    **{"yaw": "float64", "pitch": "float64", "roll": "float64", "occluder": "string", "place": "string"},
}
_POINTS = ("landmarks", "five")


def export_parquet(
    spec: WorldSpec,
    folder: str | Path,
    *,
    kind: str = "png",
    workers: int | None = None,
    progress: Progress | None = None,
    stopping: Stopping | None = None,
) -> Path:
    """Write a set as Parquet; see `rows.photographs` for the arguments. The folder, once it exists.

    Raises:
        BadConfig: an unknown format.
        BadInput: the folder exists, cannot be written, or the disk is full; nothing is kept.
        Stopped: `stopping` said so; nothing is kept.
    """
    shards = -(-len(spec) // SHARD)
    with draft(Path(folder)) as place, contextlib.closing(photographs(spec, kind, workers, progress, stopping)) as made:
        (place / "data").mkdir()
        (place / "README.md").write_text(_card(spec), encoding="utf-8")
        (place / "world.json").write_text(json.dumps(provenance(spec), indent=2))
        done = written = 0
        for number in range(shards):
            path = place / "data" / f"{spec.split}-{number:05d}-of-{shards:05d}.parquet"
            for group in _write(path, itertools.islice(made, SHARD), kind):
                for row in group:
                    done, written = done + 1, written + len(row.file)
                    check_room(place, written, done, len(spec))
    return Path(folder)


def _write(path: Path, rows: Iterator[Row], kind: str) -> Iterator[Sequence[Row]]:
    """Write a file, yielding each group of rows once it is written."""
    import pyarrow.parquet as pq

    schema = _schema()
    # Pictures are compressed already; the rest is small.
    with path.open("wb") as file, pq.ParquetWriter(file, schema, compression="none") as writer:
        while group := list(itertools.islice(rows, GROUP)):
            writer.write_batch(_batch(group, schema, kind))
            yield group


def _batch(rows: Sequence[Row], schema: "pa.Schema", kind: str) -> "pa.RecordBatch":
    import pyarrow as pa

    columns: dict[str, list[Any]] = {name: [row.known[name] for row in rows] for name in _SCALARS}
    columns |= {name: [row.known[name].tolist() for row in rows] for name in _POINTS}
    names = [f"{row.known['identity']:07d}-{row.known['photo']:04d}.{kind}" for row in rows]
    columns["image"] = [{"bytes": row.file, "path": name} for row, name in zip(rows, names, strict=True)]
    return pa.RecordBatch.from_pydict(columns, schema=schema)


def _schema() -> "pa.Schema":
    """Columns, and under `huggingface` what `datasets` makes of them; lists of points explain themselves."""
    import pyarrow as pa

    fields = [pa.field("image", pa.struct({"bytes": pa.binary(), "path": pa.string()}))]
    fields += [pa.field(name, pa.type_for_alias(kind)) for name, kind in _SCALARS.items()]
    fields += [pa.field(name, pa.list_(pa.list_(pa.float32()))) for name in _POINTS]
    features: dict[str, Any] = {"image": {"_type": "Image"}}
    features |= {name: {"dtype": kind, "_type": "Value"} for name, kind in _SCALARS.items()}
    return pa.schema(fields, metadata={"huggingface": json.dumps({"info": {"features": features}})})


def _card(spec: WorldSpec) -> str:
    return f"""---
pretty_name: Rendered faces
task_categories: [image-classification]
tags: [synthetic, faces]
configs:
- config_name: default
  data_files:
  - split: {spec.split}
    path: data/{spec.split}-*.parquet
---
# Rendered faces

{len(spec)} photographs of {spec.people} people who do not exist, {spec.size_px} px wide, rendered by Mien. `world.json`
holds the specification that makes the same pictures again.

| column | meaning |
|---|---|
| image | the photograph |
| identity, photo | who, and which of this person's photographs |
| group, years, male | ancestry that prevails and sex; age in the photograph; sex |
| yaw, pitch, roll | degrees; yaw above 0 turns to the person's left |
| landmarks, five | 68 and 5 points (x, y), px, pixel (0, 0) covering [0, 1) x [0, 1) |
| occluder, place | what is before the face ("none" for nothing); what is behind |

Numbers measured on rendered faces stand for rendered faces only.
"""
