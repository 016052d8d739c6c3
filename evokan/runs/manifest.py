"""The mark that a run is finished, and the fingerprints by which its files are known to be whole."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from evokan.errors import InputError
from evokan.runs.directory import RunDirectory
from evokan.runs.files import reading
from evokan.runs.shapes import ManifestFile

RECORDS = ("evaluations.csv", "history.csv")
TABLES = (*RECORDS, "pareto.csv")
CONFIG = "config.json"


def write_manifest(directory: RunDirectory) -> None:
    """Write ``manifest.json``, last of all files: a run that has it is finished.

    It holds the SHA-256 of the tables, less their seconds, of the files in ``best/`` and ``front/``, of ``tested.json``
    where there is one, and of what ``config.json`` says about the data: names of classes, levels and columns in their
    order.
    """
    names = [CONFIG, *TABLES, *([directory.tested.name] if directory.vault.has(directory.tested) else [])]
    for part in ("best", "front"):
        names += [f"{part}/{name}" for name in directory.vault.names(directory.path / part)]
    found = {name: fingerprint(directory, directory.path / name) for name in names}
    directory.vault.write_json(directory.manifest, {"sha256": found})


def renew(directory: RunDirectory, paths: Sequence[Path]) -> None:
    """Take note of files of a finished run that were written again, or for the first time."""
    if not directory.vault.has(directory.manifest):
        return
    content = directory.vault.read_json(directory.manifest, ManifestFile, directory.remedy)
    names = {path.relative_to(directory.path).as_posix(): path for path in paths}
    found = content["sha256"] | {name: fingerprint(directory, path) for name, path in names.items()}
    directory.vault.write_json(directory.manifest, content | {"sha256": found})


def fingerprint(directory: RunDirectory, path: Path) -> str:
    """Return the SHA-256 of a file; of a table without the column of seconds, which no two runs share.

    Of ``config.json`` the part about the data alone: settings in it may change, and `resume` names those that must not.
    """
    content = directory.vault.read_bytes(path)
    if path.name == CONFIG:
        content = json.dumps(json.loads(content)["data"], sort_keys=True).encode("utf-8")
    if path.name in TABLES:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8"))))
        place = rows[0].index("seconds")
        content = repr([[*row[:place], *row[place + 1 :]] for row in rows]).encode("utf-8")
    return hashlib.sha256(content).hexdigest()


def damages(directory: RunDirectory) -> list[str]:
    """Return one sentence for each file of a finished run that is not what its manifest says."""
    wanted = directory.vault.read_json(directory.manifest, ManifestFile, directory.remedy)["sha256"]
    found: list[str] = []
    for name in sorted(wanted):
        pure = PurePosixPath(name)
        if pure.is_absolute() or ".." in pure.parts:
            found.append(f"{directory.manifest} names {name!r}, which is no file of this run")
            continue
        path = directory.path / name
        try:
            with reading(path, "start a new run" if name in (CONFIG, *RECORDS) else directory.remedy):
                if fingerprint(directory, path) != wanted[name]:
                    raise ValueError("it is not the file that this run was finished with")
        except InputError as error:
            found += error.faults
    return found
