"""The GPU trainer: many networks at once, each as `search_spaces.gakan.training.train` would train it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from evokan.arrays import FloatArray, IntArray
from evokan.problem.problem import Problem
from evokan.problem.splits import Fold
from evokan.spaces.training import Budget, Trained, TrainingJob
from evokan.training.batched_lbfgs import BatchedLBFGS
from evokan.training.lbfgs import EVALUATIONS_A_STEP, HISTORY, ITERATIONS_A_STEP, LIMITS_ALONE
from search_spaces.gakan import training
from search_spaces.gakan.batched.layout import Data, Member
from search_spaces.gakan.batched.loss import CohortLoss
from search_spaces.gakan.encoding import KANArchitecture
from search_spaces.gakan.flat import flatten, state_dict
from search_spaces.gakan.options import GAKANOptions

CPU_MEMORY = 1 << 30
"""Bytes that a batch may take where the device is the processor."""

GPU_SHARE = 0.8
"""Share of a GPU's free memory that a batch may take."""


def supports(options: GAKANOptions) -> bool:
    """Return whether networks are trained in batches under `options`: all but those with ``grid_steps``."""
    return not options.grid_steps


def train_batched(
    jobs: Sequence[TrainingJob[KANArchitecture]], problem: Problem, options: GAKANOptions, budget: Budget
) -> list[Trained]:
    """Train a cohort at once on ``budget.device``.

    Initial values, grids, penalties, stopping and results are those of `search_spaces.gakan.training.train`; the
    losses differ by rounding, which a long training amplifies. The wall-clock time of a batch is shared out among
    its networks by the work they took. Hidden grids that follow the activations (``grid_steps``), and a network
    that does not fit the device's memory, are left to the compiled kernel.

    Returns
    -------
    list of Trained
        In the order of `jobs`. Numerical trouble fails the network that it meets, and no other.
    """
    if not supports(options):
        return [_train_compiled(job, problem, options, budget) for job in jobs]
    device = torch.device(budget.device)
    patient = options.model_copy(update={"patience": options.patience_on(problem)})
    results: dict[int, Trained] = {}
    with torch.inference_mode():
        data = Data.load(problem, getattr(torch, options.precision), device)
        members = _members(jobs, problem, options)
        waiting = _split(members, options, _free_memory(device))
        while waiting:
            batch = waiting.pop()
            trained = _attempt([jobs[i] for i in batch], [members[i] for i in batch], data, patient, budget)
            if trained is not None:
                results.update(zip(batch, trained, strict=True))
            elif len(batch) > 1:
                middle = len(batch) // 2
                waiting += [batch[:middle], batch[middle:]]
            else:
                results[batch[0]] = _train_compiled(jobs[batch[0]], problem, options, budget)
    return [results[i] for i in range(len(jobs))]


def bytes_needed(edge_rows: int, networks: int, longest: int, options: GAKANOptions) -> int:
    """Return about how much memory the training of a batch takes.

    Parameters
    ----------
    edge_rows
        Edges times rows, training and validation, summed over the networks.
    networks, longest
        Number of networks, and parameters of the largest.
    """
    width = np.dtype(options.precision).itemsize
    # At an edge and a row: two piece numbers and 14 values at the peak. The rest is the minimiser.
    return edge_rows * (2 * 8 + 14 * width) + networks * longest * (4 * HISTORY + 30) * width


def _attempt(
    jobs: Sequence[TrainingJob[KANArchitecture]],
    members: Sequence[Member],
    data: Data,
    options: GAKANOptions,
    budget: Budget,
) -> list[Trained] | None:
    """Train one batch; None where the device's memory did not suffice."""
    try:
        return _Batch(jobs, members, data, options).train(budget.steps)
    except torch.cuda.OutOfMemoryError:
        pass
    # The exception held on to the batch's tensors until here.
    if data.inputs.is_cuda:
        torch.cuda.empty_cache()
    return None


class _Batch:
    """Networks that are trained together; the finished ones are dropped as soon as they are half of them."""

    def __init__(
        self, jobs: Sequence[TrainingJob[KANArchitecture]], members: Sequence[Member], data: Data, options: GAKANOptions
    ) -> None:
        self._jobs, self._members, self._data, self._options = jobs, members, data, options

    def train(self, steps: int) -> list[Trained]:
        """Train all networks for at most `steps` steps."""
        began = time.perf_counter()
        results: dict[int, Trained] = {}
        kept = np.arange(len(self._jobs))
        loss = CohortLoss(self._members, self._data, self._options.penalties)
        start = self._initial_values()
        minimiser = BatchedLBFGS(start, HISTORY, ITERATIONS_A_STEP, EVALUATIONS_A_STEP, LIMITS_ALONE, extras=2)
        progress = _Progress.begin(self._jobs, start, self._options, steps)
        while len(kept):
            minimiser.advance(*loss(minimiser.trial))
            active = progress.look(minimiser).cpu().numpy()  # the round's one wait for the device
            if 2 * np.count_nonzero(active) > len(active):
                continue
            results.update(self._finish(kept, np.flatnonzero(~active), progress))
            kept, rows = kept[active], torch.as_tensor(np.flatnonzero(active), device=self._data.inputs.device)
            if len(kept):
                members = [self._members[i] for i in kept]
                longest = max(member.architecture.n_params for member in members)
                minimiser.keep(rows, longest)
                progress.keep(rows, longest)
                loss = CohortLoss(members, self._data, self._options.penalties)
        return self._share_time([results[i] for i in range(len(self._jobs))], time.perf_counter() - began)

    def _initial_values(self) -> Tensor:
        longest = max(member.architecture.n_params for member in self._members)
        theta = np.zeros((len(self._jobs), longest))
        for row, job, member in zip(theta, self._jobs, self._members, strict=True):
            row[: member.architecture.n_params] = training.start_values(job, member.flat, self._options)
        return torch.as_tensor(theta, dtype=self._data.inputs.dtype, device=self._data.inputs.device)

    def _finish(self, kept: IntArray, rows: IntArray, progress: _Progress) -> dict[int, Trained]:
        """Return what came of the networks in `rows`, by their numbers."""
        figures, values, looks = progress.figures(rows)
        results = {}
        for number, (val_loss, train_loss, iterations, spent), row, seen in zip(
            kept[rows], figures, values, looks, strict=True
        ):
            job, member = self._jobs[number], self._members[number]
            theta = row[: member.architecture.n_params]
            if not (np.isfinite(val_loss) and np.isfinite(train_loss) and np.isfinite(theta).all()):
                results[int(number)] = Trained.failed("the loss is not finite")
                continue
            watched = training.looks_at_every_iteration(job, self._options)
            columns = member.flat.columns
            grid = member.input_grid[0][columns], member.input_grid[1][columns]
            weights = (
                state_dict(member.architecture, member.flat, theta, grid, member.hidden_grid)
                if job.keep_weights
                else None
            )
            results[int(number)] = Trained(
                float(val_loss),
                float(train_loss),
                int(iterations),
                int(spent),
                weights=weights,
                looks=seen if watched else (),
                attributions=self._worth(member, theta),
            )
        return results

    def _worth(self, member: Member, theta: NDArray[np.floating]) -> FloatArray:
        rows = torch.as_tensor(member.fold.train, device=self._data.inputs.device)
        columns = torch.as_tensor(member.flat.columns, device=rows.device)
        x = self._data.inputs[columns][:, rows].cpu().numpy()
        inputs = [part[member.flat.columns] for part in member.input_grid]
        return training.worth(theta, x, member.flat, member.architecture.intervals, inputs, member.hidden_grid)

    def _share_time(self, results: Sequence[Trained], seconds: float) -> list[Trained]:
        work = np.array(
            [
                member.architecture.n_edges * max(result.evaluations, 1)
                for member, result in zip(self._members, results, strict=True)
            ]
        )
        return [
            dataclasses.replace(result, seconds=float(share))
            for result, share in zip(results, seconds * work / work.sum(), strict=True)
        ]


@dataclass(eq=False)
class _Progress:
    """What the loop of `search_spaces.gakan.driver.train` counts and keeps, a row for each network of a batch."""

    every_iteration: bool
    steps: int
    patience: Tensor
    last_iteration: Tensor
    looks_back: Tensor
    keeps_last: Tensor
    active: Tensor
    iteration: Tensor
    step: Tensor
    since: Tensor
    spent: Tensor
    best_iteration: Tensor
    best_loss: Tensor  # on the validation rows, or on the training rows where there are none
    best_train_loss: Tensor
    best: Tensor
    looks: Tensor  # losses as they were looked at, `seen` of them
    seen: Tensor

    @classmethod
    def begin(
        cls, jobs: Sequence[TrainingJob[KANArchitecture]], theta: Tensor, options: GAKANOptions, steps: int
    ) -> _Progress:
        """Return the state before the first iteration."""

        def column(values: Sequence[float], dtype: torch.dtype = torch.int64) -> Tensor:
            return torch.tensor(values, dtype=dtype, device=theta.device)

        zeros = column([0] * len(jobs))
        return cls(
            options.look == "iteration",
            steps,
            column([0 if job.iterations else options.patience for job in jobs]),
            column([job.iterations or 0 for job in jobs]),
            column([len(job.fold.validation) > 0 for job in jobs], torch.bool),
            column([len(job.fold.validation) == 0 or bool(job.iterations) for job in jobs], torch.bool),
            zeros == 0,
            zeros,
            zeros,
            zeros,
            zeros,
            zeros,
            column([np.inf] * len(jobs), torch.float64),
            column([np.inf] * len(jobs), torch.float64),
            theta.clone(),
            theta.new_zeros((len(jobs), steps * ITERATIONS_A_STEP + 2), dtype=torch.float64),
            zeros,
        )

    def look(self, minimiser: BatchedLBFGS) -> Tensor:
        """Take in what the last round came to; return which networks go on, shape (networks,), bool."""
        self.spent = self.spent + self.active
        self.iteration = self.iteration + (self.active & minimiser.accepted)
        self.step = self.step + (self.active & minimiser.step_over)
        ended = minimiser.finished | ((self.last_iteration > 0) & (self.iteration >= self.last_iteration))
        event = minimiser.accepted if self.every_iteration else minimiser.step_over
        looked = self.active & (event | ended)
        validation_loss, train_loss = minimiser.extras.unbind(1)
        now = torch.where(self.looks_back, validation_loss, train_loss)
        place = self.seen[:, None]
        self.looks.scatter_(1, place, torch.where(looked[:, None], now[:, None].double(), self.looks.gather(1, place)))
        self.seen = self.seen + looked
        improved = looked & now.isfinite() & ((now < self.best_loss) | self.keeps_last)
        self.best_loss = torch.where(improved, now, self.best_loss)
        self.best_train_loss = torch.where(improved, train_loss, self.best_train_loss)
        self.best_iteration = torch.where(improved, self.iteration, self.best_iteration)
        self.best = torch.where(improved[:, None], minimiser.iterate, self.best)
        self.since = torch.where(improved, 0, self.since + looked)
        ended = ended | ((self.patience > 0) & (self.since >= self.patience)) | (self.step >= self.steps)
        self.active = self.active & ~ended
        return self.active

    def keep(self, rows: Tensor, longest: int) -> None:
        """Go on with the networks numbered `rows` only, none of which has more than `longest` parameters."""
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Tensor):
                setattr(self, field.name, value.index_select(0, rows))
        self.best = self.best[:, :longest].contiguous()

    def figures(self, rows: IntArray) -> tuple[FloatArray, FloatArray, list[tuple[float, ...]]]:
        """Return lowest loss, training loss there, its iteration and evaluations, (rows, 4), parameters, and looks."""
        chosen = torch.as_tensor(rows, device=self.best.device)
        columns = self.best_loss, self.best_train_loss, self.best_iteration.double(), self.spent.double()
        figures = torch.stack(columns, dim=1)[chosen]
        looks = [
            tuple(row[:seen].tolist())
            for row, seen in zip(self.looks[chosen].cpu(), self.seen[chosen].tolist(), strict=True)
        ]
        return figures.cpu().numpy(), self.best[chosen].double().cpu().numpy(), looks


def _members(jobs: Sequence[TrainingJob[KANArchitecture]], problem: Problem, options: GAKANOptions) -> list[Member]:
    """Return the networks with their grids; those with the same fold and grid share that of the inputs."""
    dtype = np.dtype(options.precision)
    inputs: dict[Fold, FloatArray] = {}
    grids: dict[tuple[Fold, int], training.Grid] = {}
    members = []
    for job in jobs:
        architecture = job.architecture
        intervals = architecture.intervals
        fold, key = job.fold, (job.fold, intervals)
        if fold not in inputs:
            inputs[fold] = problem.scaled_inputs[fold.train].T.astype(dtype)
        if key not in grids:
            grids[key] = training.input_grid(inputs[fold], intervals, options.input_margin)
        flat = flatten(architecture)
        nodes = int(flat.level_start[-1])
        hidden = (
            np.full(nodes, -options.hidden_range, dtype),
            np.full(nodes, 2.0 * options.hidden_range / intervals, dtype),
        )
        members.append(Member(architecture, flat, job.fold, grids[key], hidden))
    return members


def _split(members: Sequence[Member], options: GAKANOptions, limit: int) -> list[list[int]]:
    """Return the numbers of the networks in batches that take `limit` bytes at most, or are of one network."""
    parts: list[list[int]] = []
    edge_rows = 0
    # The minimiser pads parameter vectors, so that networks of like size belong together.
    for number in sorted(range(len(members)), key=lambda number: members[number].architecture.n_params):
        architecture, fold = members[number].architecture, members[number].fold
        added = architecture.n_edges * (len(fold.train) + len(fold.validation))
        if not parts or bytes_needed(edge_rows + added, len(parts[-1]) + 1, architecture.n_params, options) > limit:
            parts.append([])
            edge_rows = 0
        parts[-1].append(number)
        edge_rows += added
    return parts


def _free_memory(device: torch.device) -> int:
    if device.type != "cuda":
        return CPU_MEMORY
    cached = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return int(GPU_SHARE * (torch.cuda.mem_get_info(device)[0] + cached))


def _train_compiled(job: TrainingJob, problem: Problem, options: GAKANOptions, budget: Budget) -> Trained:
    dtype = np.float32 if options.precision == "float32" else np.float64
    return training.train(job, problem.arrays(job.fold, dtype), problem, options, budget)
