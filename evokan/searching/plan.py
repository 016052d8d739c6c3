"""What fits into a time limit: measured at the start of a run, and said."""

from __future__ import annotations

import time
from collections.abc import Sequence

from evokan.errors import InputError
from evokan.evaluation.executors import available_processors
from evokan.evaluation.racing import ladder
from evokan.evaluation.records import Record
from evokan.problem.problem import Problem
from evokan.problem.rungs import FEWEST_ROWS, GROWTH, HURRIED_ROWS, SHARE, rows_of, work_of
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
SEVERAL = 4
"""Generations after the first one that a search should have time for: what these find is worth more than more rows."""
STEPS_DOWN = 36
"""Networks on the way down from a seed, a tenth of the edges at a time."""
LONGER = 2
"""Times as long trains a network of a search on the first of several rungs as one of the probe, and on every further
one twice as long again: who is better goes on for longer. Measured on 100,000 rows of 20 columns: 2, 3 and 7."""
SCRATCH = 2
"""Times as long as on the last rung takes a training on the same rows that begins with nothing learned on fewer.
Measured on a million rows of 20 columns: 1.9."""
AFTER_SEARCH = 3.0
"""Networks' worth of trainings that one network needs after the search: once more on fresh folds, validated, fitted."""


def plan(job: Job, clock: Clock, *, product: bool = True, begins: bool = False) -> Job:
    """Share the seconds of a limited run out; one whose kernels are compiled, and once.

    Parameters
    ----------
    clock
        Gets its reserve for formula and pictures, and what fits in a sentence.
    product
        Whether formula and pictures come after the search: of one without a folder they do not.
    begins
        Whether there are no records yet, so that networks may be judged on fewer rows: see `hurried`.

    Returns
    -------
    Job
        The same, or one with lower rungs.

    Raises
    ------
    InputError
        Not even one network and its fit fit: names the shortest limit that does.
    """
    if clock.plan:
        return job
    limit, workers = clock.limit or 0.0, job.config.workers or available_processors()
    network = network_seconds(job)
    pictures = pictures_seconds(len(job.problem.table.y)) if product else 0.0
    formula = min(job.config.formula_seconds, FORMULA_SHARE * limit) if product else 0.0
    clock.reserve = pictures + (formula if formula >= SHORTEST_FORMULA else 0.0)
    clock.network = network * last_look(job.problem)
    if begins:
        job = hurried(job, search_seconds(clock) * workers / network)
        clock.network = network * last_look(job.problem)
    shortest = clock.used + pictures + (1 + AFTER_SEARCH) * clock.network
    if limit < shortest:
        raise InputError(
            f"--time-limit {limit:g}: too short for one network{',' if product else ' and'} its fit"
            f"{' and the pictures' * product} of this table; the shortest that fits is {_rounded_up(shortest)}"
        )
    search = search_seconds(clock)
    fitting = max(int(search * workers / network / climbing(job.problem)), 1)
    wanted = beginning(job) + job.config.population * job.config.generations
    clock.note("plan", seconds_a_network=round(network, 4), networks=fitting)
    if fitting >= wanted:
        what = f"all {wanted:,} networks, in about {wanted * network * climbing(job.problem) / workers:.0f} s of search"
    else:
        what = f"about {fitting:,} of {wanted:,} networks, in {search:.0f} s of search"
    steps = [f"{rung.rows:,}" for rung in ladder(job.problem, cuts=True)] if job.problem.cuts else []
    what += f", judged on {', '.join(steps)} rows" * bool(steps)
    clock.plan = f"time limit {limit:g} s: {what}; then finalists{', formula and pictures' * product}"
    return job


def hurried(job: Job, networks: float) -> Job:
    """Return a job, with fewer rows on its first rung where otherwise the time is over after few generations.

    Parameters
    ----------
    networks
        How many could be trained on all rows and folds in the seconds of the search.
    """
    if job.config.rungs != "auto" or not job.problem.task.has_independent_rows:
        return job
    several = min(SEVERAL, job.config.generations)
    wanted = beginning(job) + several * job.config.population
    for first in (FEWEST_ROWS, HURRIED_ROWS):
        problem = job.problem
        if networks >= wanted * climbing(problem):
            break
        if first <= SHARE * len(problem.development) and (not problem.cuts or first < rows_of(problem.cuts[0])):
            job = job.with_first_rung(first)
    return job


def beginning(job: Job) -> int:
    """Return about how many networks the first generation has, with those on the way down from its seeds."""
    return job.config.population + STEPS_DOWN * len(job.space.seeds(job.problem)) * job.descends


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
    return clock.for_trainings - 2 * clock.network


def affordable(candidates: Sequence[Record], problem: Problem, clock: Clock) -> list[Record]:
    """Return the candidates that can be trained again and fitted in the time that is left, lowest loss first.

    The one that took the shortest where there is none; what they are found to be does not depend on their order. From
    now on the clock counts with the slowest of them: a training that has begun is waited for.
    """
    rungs = ladder(problem, cuts=True)

    def seconds(record: Record) -> float:
        """Return those that a last look takes."""
        learned = SCRATCH if record.rung else 1
        return learned * record.seconds * work_of(problem.judged_on) / work_of(rungs[record.rung].folds)

    fit = [record for record in candidates if AFTER_SEARCH * seconds(record) <= clock.for_trainings]
    fit = sorted(fit, key=lambda record: record.val_loss) or [min(candidates, key=seconds)]
    clock.network = max(clock.network, *map(seconds, fit))
    return fit


def last_look(problem: Problem) -> float:
    """Return the share of a network's training on all rows and folds that the one after the search takes."""
    return work_of(problem.judged_on) / work_of(problem.folds)


def climbing(problem: Problem) -> float:
    """Return the share of a network's training on all rows that one costs on the way up the rungs, on average."""
    rungs = ladder(problem, cuts=True)
    if len(rungs) == 1:
        return 1.0
    longer = 1 if problem.task.is_equation else LONGER
    work = sum(work_of(rung.folds) * rung.effort * longer * (longer / GROWTH) ** rung.number for rung in rungs)
    return float(work / work_of(problem.folds))


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
