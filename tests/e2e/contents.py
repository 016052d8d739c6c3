"""What two runs of one search have in common: everything but what time and place decide."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path


def content(path: Path, *, workers: bool = False) -> dict[str, object]:
    """Return every file of a run by its name, without seconds and logs; the number of workers only if asked for."""
    found: dict[str, object] = {}
    for file in sorted(path.rglob("*")):
        name = str(file.relative_to(path))
        if file.is_dir() or name in ("run.log", ".lock"):
            continue
        if file.suffix == ".csv":
            rows = list(csv.DictReader(io.StringIO(file.read_text())))
            found[name] = [{key: value for key, value in row.items() if key != "seconds"} for row in rows]
        elif name == "config.json" and not workers:
            config = json.loads(file.read_text())
            del config["settings"]["workers"]
            found[name] = config
        else:
            found[name] = file.read_bytes()
    return found
