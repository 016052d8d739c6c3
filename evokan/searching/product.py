"""Write what a search is for: the front, the chosen network with its figures, and the pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from threadpoolctl import threadpool_limits

from evokan.errors import InputError, TrainingFailed
from evokan.evaluation.executors import Executor
from evokan.evaluation.records import Record
from evokan.problem.baselines import fit_baselines
from evokan.runs.directory import RunDirectory
from evokan.runs.files import replace_bytes, replace_text, write_json
from evokan.runs.pictures import draw
from evokan.runs.run import Run
from evokan.runs.tables import PARETO_COLUMNS, record_line, to_line
from evokan.searching.choice import choose, finalist_records, front_of
from evokan.searching.finalists import Finalist, Finalizer
from evokan.searching.observer import Observer
from evokan.spaces.explanation import explanation_to_json

if TYPE_CHECKING:
    from evokan.settings.job import Job
    from evokan.spaces.architecture import Weights


def write_product(
    job: Job,
    directory: RunDirectory,
    executor: Executor,
    records: Sequence[Record],
    survivors: Sequence[Record],
    observer: Observer,
) -> None:
    """Train the front again, choose, fit, test once, and write everything after the last generation.

    ``best/metrics.json`` is written last before the pictures: a run that has it is finished.

    Raises
    ------
    TrainingFailed
        No network of the whole search could be trained.
    """
    config = job.config
    candidates = finalist_records(records, survivors, config.front_objectives)
    if not candidates:
        raise TrainingFailed("no network of this search could be trained: see the reasons in evaluations.csv")
    finalizer = Finalizer(job.space, job.problem, job.budget, executor, config.seed, config.refit)
    observer.on_stage(f"training {len(candidates)} finalists again with fresh seeds")
    again = finalizer.retrain(candidates)
    front = front_of([finalist.member for finalist in again], config.front_objectives)
    finalists = [next(finalist for finalist in again if finalist.member is member) for member in front]
    fitted = [
        (finalist, trained.weights)
        for finalist, trained in zip(finalists, finalizer.fit(finalists), strict=True)
        if trained.weights is not None
    ]
    if not fitted:
        raise TrainingFailed("no network of the front could be trained again with fresh seeds")
    chosen = choose([finalist.member for finalist, _ in fitted], config.choose)
    directory.front.mkdir(exist_ok=True)
    for old in directory.front.iterdir():
        old.unlink()
    for finalist, weights in fitted:
        name = str(finalist.member.record.id)
        _write_network(
            job, finalist, weights, directory.front / f"{name}.safetensors", directory.front / f"{name}.json"
        )
    lines = [
        record_line(f.member.record).rstrip("\n")
        + ","
        + to_line((f.member.val_loss_mean, f.member.val_loss_sd, int(f.member is chosen)))
        for f, _ in fitted
    ]
    replace_text(directory.pareto, to_line(PARETO_COLUMNS) + "".join(lines))
    observer.on_stage("testing the chosen network and the baselines")
    finalist, weights = next((f, w) for f, w in fitted if f.member is chosen)
    directory.best.mkdir(exist_ok=True)
    _write_network(job, finalist, weights, directory.best / "model.safetensors", directory.best / "architecture.json")
    # Threads of the libraries would wait for each other more than they work, and change the order of sums.
    with threadpool_limits(1):
        figures = _metrics(job, finalizer, finalist, weights)
    write_json(directory.best / "metrics.json", figures)
    run = Run(directory.path)
    if job.config.formula_seconds:
        observer.on_stage("reading the network as a formula")
        write_formula(run, job.config.formula_seconds)
    observer.on_stage("drawing")
    draw(run)


def write_formula(run: Run, seconds: float) -> None:
    """Write ``best/formula.txt``, or nothing where the family has no edges to read.

    Parameters
    ----------
    seconds
        Work allowed (`evokan.explain.reading.effort`); ``evokan formula RUN`` does more and finds more.
    """
    try:
        formulas = run.best.formulas(time_limit=seconds)
    except InputError:
        return
    best = formulas.best
    told = (
        f"complexity {best.complexity}, validation loss {best.val_loss:.4g} (network as it stands "
        f"{formulas.network_loss:.4g})"
        + ("" if formulas.complete else "; found in the time of a search, evokan formula goes on")
    )
    replace_text(run.directory.best / "formula.txt", f"{best.text}\n\n{told}\n")


def _write_network(job: Job, finalist: Finalist, weights: Weights, model_path: Path, spec_path: Path) -> None:
    from safetensors.torch import save

    model: Any = job.space.model(finalist.architecture, job.problem, weights)
    replace_bytes(model_path, save({name: tensor.contiguous() for name, tensor in model.state_dict().items()}))
    member = finalist.member
    write_json(
        spec_path,
        {
            "id": member.record.id,
            "chromosome": member.record.chromosome,
            "val_loss_mean": member.val_loss_mean,
            "val_loss_sd": member.val_loss_sd,
            "fit": {"rule": job.config.refit, "seed": finalist.seed, "iterations": finalist.iterations},
            "model": model.spec,
            "explanation": explanation_to_json(job.space.explain(model, job.problem)),
        },
    )


def _metrics(job: Job, finalizer: Finalizer, finalist: Finalist, weights: Weights) -> dict[str, Any]:
    problem = job.problem
    network = finalist.architecture
    fitted_on = problem.development if job.config.refit == "development" else problem.train
    return {
        "train": finalizer.metrics(network, weights, fitted_on),
        "validation": finalizer.validation_metrics(finalist),
        "test": finalizer.metrics(network, weights, problem.test),
        "n_params": network.n_params,
        "n_params_paper": network.n_params_paper,
        "n_edges": network.n_edges,
        "n_features": network.n_features,
        "depth": network.depth,
        "baselines": fit_baselines(problem, job.config.split_seed)
        | job.space.baselines(problem, job.config.split_seed),
        "references": finalizer.reference_losses(),
    }
