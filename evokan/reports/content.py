"""Everything that the page of a run says, as plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from evokan.errors import InputError
from evokan.problem.task import Task
from evokan.reports.ancestry import ancestry
from evokan.reports.formulas import formulas
from evokan.reports.repeat import WHERE, repeating_command
from evokan.reports.sentences import sentences
from evokan.reports.tested import examine, interval, kept_tested
from evokan.runs.summary import SIZES, front_rows, summarise
from evokan.runs.tables import read_records

if TYPE_CHECKING:
    from evokan.runs.run import Run
    from evokan.spaces.explanation import Explanation

Found = TypeVar("Found")

GENERATIONS = 60
"""Rows of the history; of more generations every n-th is kept."""


class _Faults:
    """Collects what cannot be read, once each."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def attempt(self, what: Callable[[], Found]) -> Found | None:
        """Return what `what` returns; None where that is not to be had, and the reason is kept."""
        try:
            return what()
        except (InputError, OSError) as error:
            faults = error.faults if isinstance(error, InputError) else (str(error),)
            self.found += [fault for fault in faults if fault not in self.found]
            return None


def gather(run: Run, *, ending: bool = False) -> dict[str, Any]:
    """Return everything that the report of a run says.

    Nothing is trained. Where the run does not keep what its network says of the test rows (`tested.json`), they are
    given to it once more, if the data is at hand.

    Parameters
    ----------
    ending
        As for `evokan.runs.summary.summarise`.

    Returns
    -------
    dict
        Plain values. ``faults`` names what is missing or damaged; what depends on it is None or empty.

    Raises
    ------
    InputError
        ``config.json`` cannot be read.
    """
    config, faults = run.config, _Faults()
    stored = config["data"]
    faults.found += faults.attempt(lambda: _damages(run)) or []
    summary = faults.attempt(lambda: summarise(run, ending=ending))
    done = ending or run.finished
    metrics = faults.attempt(lambda: run.best.metrics) if done else None
    explanation = faults.attempt(lambda: run.best.explanation) if done else None
    front = summary["front"] if summary else (faults.attempt(lambda: front_rows(run)) if done else None)
    tested = faults.attempt(lambda: kept_tested(run) or examine(run)) if metrics is not None else None
    best = (summary or {}).get("best") or next((row for row in front or () if row.get("chosen")), None)
    records = faults.attempt(lambda: read_records(run.directory.evaluations))
    history = faults.attempt(lambda: run.history.to_dict("records"))
    found: dict[str, Any] = {
        "title": f"{config['settings']['space']} on {stored['name']}",
        "finished": done,
        "space": config["settings"]["space"],
        "data": {name: stored[name] for name in ("name", "task", "rows", "features", "train", "validation", "test")},
        "target": _target(stored),
        "notes": config.get("notes", []),
        "summary": summary,
        "best": best,
        "figures": _figures(metrics, tested, stored),
        "tested": tested,
        "classes": classes if isinstance(classes := stored.get("classes"), list) else [],
        "formula": faults.attempt(lambda: formulas(run)) if done else None,
        "features": [] if explanation is None else _features(explanation),
        "front": front or [],
        "size": next((name for name in config["reference_point"] if name in SIZES), "n_params"),
        "history": _thinned(history or []),
        "lineage": ancestry(records, best["id"]) if records and best else None,
        "baselines": _baselines(metrics, config),
        "pictures": faults.attempt(lambda: run.directory.vault.names(run.directory.plots)) or [],
        "command": repeating_command(config, run.path),
        "settings": {name: value for name, value in config["settings"].items() if name not in WHERE},
        "options": config["options"],
        "versions": config["versions"],
    }
    if done:
        _name_missing(run, found, faults, has_edges=bool(explanation and explanation.edges))
    return found | sentences(found) | {"faults": faults.found}


def _damages(run: Run) -> list[str]:
    """Return what is wrong with the files of a finished run; a link in place of its mark is no missing one."""
    mark, vault = run.directory.manifest, run.directory.vault
    if mark.name in vault.names(run.path):
        vault.read_bytes(mark)
    return run.damages()


def _features(explanation: Explanation) -> list[dict[str, Any]]:
    """Return the input columns and how much of the output runs through each, the largest share first."""
    pairs = zip(explanation.input_names, explanation.importances, strict=True)
    return sorted(({"name": name, "share": float(share)} for name, share in pairs), key=lambda one: -one["share"])


def _target(stored: Mapping[str, Any]) -> str:
    """Return the name of what is predicted; a series and an equation have none."""
    name = stored["schema"].get("target")
    return name if isinstance(name, str) else ""


def _figures(metrics: dict[str, Any] | None, tested: dict[str, Any] | None, stored: Mapping[str, Any]) -> list[Any]:
    """Return the test figures, the leading one first, beside those of the other parts."""
    if metrics is None:
        return []
    names = Task(stored["task"]).figures or tuple(metrics["test"])
    return [
        {
            "name": name,
            **{part: metrics[part].get(name) for part in ("train", "validation", "test")},
            "interval": interval(name, metrics["test"], tested, stored["test"]),
        }
        for name in names
    ]


def _baselines(metrics: dict[str, Any] | None, config: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the test figures of the chosen network and the usual models, best first."""
    names = Task(config["data"]["task"]).figures
    if metrics is None or not names or not metrics["baselines"]:
        return []

    def row(name: str, values: Mapping[str, Any], notes: list[str], *, ours: bool = False) -> dict[str, Any]:
        return {figure: values.get(figure) for figure in names} | {"name": name, "ours": ours, "notes": notes}

    rows = [row(f"{config['settings']['space']}, chosen network", metrics["test"], [], ours=True)]
    for name, values in metrics["baselines"].items():
        notes = [*([values["error"]] if values.get("error") else []), *values.get("warnings", ())]
        rows.append(row(name, values, notes))

    def rank(row: dict[str, Any]) -> tuple[bool, float, float]:
        first, last = row.get(names[0]), row.get(names[-1])
        return first is None, -(first or 0.0), float("inf") if last is None else last

    return sorted(rows, key=rank)


def _thinned(rows: list[dict[Any, Any]]) -> list[dict[str, Any]]:
    """Return at most about `GENERATIONS` rows, the last one among them, without the seconds that no two runs share."""
    every = max(1, -(-len(rows) // GENERATIONS))
    kept = [row for place, row in enumerate(rows) if place % every == 0 or place == len(rows) - 1]
    return [
        {str(name): value.item() if hasattr(value, "item") else value for name, value in row.items()}
        | {"seconds": None}
        for row in kept
    ]


def _name_missing(run: Run, found: Mapping[str, Any], faults: _Faults, *, has_edges: bool) -> None:
    """Name the files that a finished run of this kind has, and this one has not."""
    wanted = ["pareto.png", "feature_importance.png", *(["network.png"] if has_edges else [])]
    missing = [str(Path("plots") / name) for name in wanted if name not in found["pictures"]]
    if missing:
        faults.found.append(f"{', '.join(missing)} not there: evokan plot draws it again")
