"""What a search asks its second process for: functions of plain values and of a run's folder, which write nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from evokan.errors import InputError
from evokan.problem.problem import Problem
from evokan.reports.tested import examine
from evokan.runs.formulas import FormulaFiles, files_of
from evokan.runs.pictures import Told, tell
from evokan.runs.run import Run
from evokan.runs.vault import as_json
from evokan.searching.outcome import Fitted
from evokan.spaces.explanation import Explanation, explanation_to_json
from evokan.spaces.space import SearchSpace


class NetworkFiles(NamedTuple):
    """What is written of a network: its values, and its architecture with the explanation."""

    model: bytes
    spec: bytes


class BestFiles(NamedTuple):
    """What is written of the chosen network: as of any other, and the tables of its family, by their names."""

    model: bytes
    spec: bytes
    tables: Mapping[str, str]


def files_of_networks(
    space: SearchSpace, problem: Problem, refit: str, front: Sequence[Fitted], chosen: int
) -> tuple[list[NetworkFiles], BestFiles]:
    """Return what is written of a front, and of its member number `chosen`."""
    files = [NetworkFiles(*_written(space, problem, refit, one, space.explain)[:2]) for one in front]
    model, spec, explanation = _written(space, problem, refit, front[chosen], space.examine)
    return files, BestFiles(model, spec, dict(space.tables(explanation)))


def told_of(path: Path) -> Told:
    """Return what pictures show of data and network of a run: see `evokan.runs.pictures.tell`."""
    return tell(Run(path))


def formula_of(path: Path, seconds: float) -> FormulaFiles | None:
    """Return what is written of the formulas of a run; None where the family has no edges to read.

    Parameters
    ----------
    seconds
        Work allowed (`evokan.explain.reading.effort`).
    """
    try:
        return files_of(Run(path).best.formulas(time_limit=seconds))
    except InputError:
        return None


def tested_of(path: Path) -> dict[str, Any] | None:
    """Return what the chosen network makes of the test rows; None where that is not to be had."""
    try:
        return examine(Run(path))
    except (InputError, OSError):  # told by the report
        return None


def _written(
    space: SearchSpace, problem: Problem, refit: str, one: Fitted, explain: Callable[[Any, Problem], Explanation]
) -> tuple[bytes, bytes, Explanation]:
    """Return values, architecture with the explanation, and the latter."""
    from safetensors.torch import save

    finalist, member = one.finalist, one.finalist.member
    model: Any = space.model(finalist.architecture, problem, one.weights)
    explanation = explain(model, problem)
    spec = {
        "id": member.record.id,
        "chromosome": member.record.chromosome,
        "val_loss_mean": member.val_loss_mean,
        "val_loss_sd": member.val_loss_sd,
        "fit": {"rule": refit, "seed": finalist.seed, "iterations": finalist.iterations},
        "model": model.spec,
        "explanation": explanation_to_json(explanation),
    }
    values: bytes = save({name: tensor.contiguous() for name, tensor in model.state_dict().items()})
    return values, as_json(spec), explanation
