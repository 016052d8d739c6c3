"""What fits into a time limit: measured at the start of a run, and said."""

from __future__ import annotations

import time
from collections.abc import Sequence

from evokan.errors import InputError
from evokan.evaluation.executors import available_processors
from evokan.evaluation.racing import ladder
from evokan.evaluation.records import Record
from evokan.problem.problem import Problem
from evokan.problem.rungs import GROWTH, work_of
from evokan.problem.splits import Fold
from evokan.searching.clock import SEARCH_SHARE, Clock
from evokan.seeding import generator
from evokan.settings.job import Job
from evokan.spaces.architecture import Architecture
from evokan.spaces.threads import single_threaded_math
from evokan.spaces.training import TrainingJob

PROBE_ROWS = 4000
"""Rows of the training that is timed; its seconds are taken to grow with the rows."""
PROBES = 3
PICTURES = 4.0
"""Seconds for pictures and what they load; measured: 2 to 3 on one core."""
PICTURES_PER_ROW = 3e-5
FORMULA_SHARE = 0.1
"""Of the limit; no more than ``--formula-seconds``."""
FORMULA_SLACK = 4.0
"""Seconds by the clock that a second of work for a formula may take: so many where there are thousands of columns."""
SHORTEST_FORMULA = 0.3
"""Seconds below which reading a network is left to ``evokan formula``."""
FINALIST_SHARE = 0.85
"""Of the seconds after the search; the others are for the final fits and the validation of the chosen one."""
REFERENCES = 20
"""Networks' worth of trainings for the hand-made ones."""
AFTER_SEARCH = 3.0
"""Networks' worth of trainings that one network needs after the search: once more on fresh folds, validated, fitted."""


def plan(job: Job, clock: Clock, *, product: bool = True) -> None:
    """Share the seconds of a limited run out; one whose kernels are compiled, and once.

    Parameters
    ----------
    clock
        Gets its reserve for formula and pictures, and what fits in a sentence.
    product
        Whether formula and pictures come after the search: of one without a folder they do not.

    Raises
    ------
    InputError
        Not even one network and its fit fit: names the shortest limit that does.
    """
    if clock.plan:
        return
    limit, workers = clock.limit or 0.0, job.config.workers or available_processors()
    network = network_seconds(job)
    pictures = pictures_seconds(len(job.problem.table.y)) if product else 0.0
    formula = min(job.config.formula_seconds, FORMULA_SHARE * limit) if product else 0.0
    clock.reserve = pictures + (formula if formula >= SHORTEST_FORMULA else 0.0)
    shortest = clock.used + pictures + (1 + AFTER_SEARCH) * network
    if limit < shortest:
        raise InputError(
            f"--time-limit {limit:g}: too short for one network{',' if product else ' and'} its fit"
            f"{' and the pictures' * product} of this table; the shortest that fits is {_rounded_up(shortest)}"
        )
    clock.network = network
    search = search_seconds(clock)
    fitting = max(int(search * workers / network / climbing(job.problem)), 1)
    wanted = job.config.population * (job.config.generations + 1)
    clock.note("plan", seconds_a_network=round(network, 4), networks=fitting)
    if fitting >= wanted:
        what = f"all {wanted:,} networks, in about {wanted * network * climbing(job.problem) / workers:.0f} s of search"
    else:
        what = f"about {fitting:,} of {wanted:,} networks, in {search:.0f} s of search"
    clock.plan = f"time limit {limit:g} s: {what}; then finalists{', formula and pictures' * product}"


def pictures_seconds(rows: int) -> float:
    """Return about how many seconds the pictures of a table take."""
    return PICTURES + PICTURES_PER_ROW * rows


def search_seconds(clock: Clock) -> float:
    """Return how long the generations may take from now."""
    return min(SEARCH_SHARE * clock.for_trainings, clock.for_trainings - (1 + AFTER_SEARCH) * clock.network)


def finalist_seconds(clock: Clock) -> float:
    """Return how long the finalists may take from now: the final fits of some come after them."""
    return FINALIST_SHARE * clock.for_trainings - clock.network


def fit_seconds(clock: Clock) -> float:
    """Return how long the final fits may take from now: the chosen one is validated after them."""
    return clock.for_trainings - clock.network


def affordable(candidates: Sequence[Record], problem: Problem, clock: Clock) -> list[Record]:
    """Return the candidates that can be trained again and fitted in the time that is left, lowest loss first.

    The one that took the shortest where there is none; what they are found to be does not depend on their order.
    """
    rungs = ladder(problem, cuts=True)

    def seconds(record: Record) -> float:
        """Return those of one training on all rows and folds."""
        return record.seconds * work_of(problem.folds) / work_of(rungs[record.rung].folds)

    fit = [record for record in candidates if AFTER_SEARCH * seconds(record) <= clock.for_trainings]
    return sorted(fit, key=lambda record: record.val_loss) or [min(candidates, key=seconds)]


def climbing(problem: Problem) -> float:
    """Return the share of a network's training on all rows that one costs on the way up the rungs, on average."""
    rungs = ladder(problem, cuts=True)
    return float(sum(work_of(rung.folds) / GROWTH**rung.number for rung in rungs)) / work_of(problem.folds)


def references_fit(clock: Clock) -> bool:
    """Return whether the family's hand-made networks, some of them large, may still be trained."""
    return clock.for_trainings > REFERENCES * clock.network


def network_seconds(job: Job) -> float:
    """Return about how many seconds of one worker a network takes on all folds, by timing a few on some rows."""
    problem = job.problem
    fold = problem.folds[0]
    some = Fold(fold.train[:PROBE_ROWS], fold.validation[:PROBE_ROWS])
    jobs = [TrainingJob(network, some, seed) for seed, network in enumerate(_networks(job, problem))]
    if not jobs:
        return 0.01
    with single_threaded_math():
        job.space.train(jobs[:1], problem, job.budget)  # the first call finds nothing in the caches
        began = time.perf_counter()
        job.space.train(jobs, problem, job.budget)
    share = max(len(fold.train) / max(len(some.train), 1), 1.0)
    return (time.perf_counter() - began) / len(jobs) * share * len(problem.folds)


def _networks(job: Job, problem: Problem) -> Sequence[Architecture]:
    rng = generator("time limit", job.space.layout(problem).length)
    found: list[Architecture] = []
    for _ in range(32):
        try:
            found.append(job.space.decode(job.space.sample(problem, rng), problem))
        except Exception:  # what cannot be decoded takes no time
            continue
        if len(found) == PROBES:
            break
    return found


def _rounded_up(seconds: float) -> int:
    return int(seconds * 1.1) + 1
