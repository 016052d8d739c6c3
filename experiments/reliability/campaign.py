"""The campaign: hundreds of kills, damages and bad inputs drawn at random, each of which can be tried again.

``python -m experiments.reliability.campaign PART SEED NUMBER FOLDER`` repeats one trial in a folder, which is kept.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.harness import Context, Experiment, Rows
from experiments.pages import Row, discard
from experiments.parallel import as_done
from experiments.reliability import bad_inputs, kills, mutations
from experiments.reliability.campaign_page import write
from experiments.reliability.trial import Trial, Verdict

KEYS = ("seed", "number")


@dataclass(frozen=True)
class Part:
    """One part of the campaign.

    Attributes
    ----------
    trials
        How many in a full campaign.
    quick
        How many in a small one.
    prepare
        Makes in a folder what all trials share.
    run
        Runs one trial in that folder.
    """

    trials: int
    quick: int
    prepare: Callable[[Path], None]
    run: Callable[[Trial, Path], Verdict]


PARTS = {
    "kills": Part(200, 4, kills.make_references, kills.run_trial),
    "mutations": Part(500, 30, mutations.make_runs, mutations.run_trial),
    "bad-inputs": Part(1000, 60, mutations.make_runs, bad_inputs.run_trial),
}
"""The parts by name."""


def run(context: Context) -> Sequence[Path]:
    """Run the trials that are missing, those that went wrong again; write tables and page."""
    folder = context.folder("reliability")
    tables: dict[str, Rows] = {}
    wanted: list[tuple[float, Trial]] = []
    for name, part in PARTS.items():
        path = folder / f"{name}.csv"
        discard(path, "passed", "False")
        tables[name] = Rows(path, KEYS)
        count = part.quick if context.quick else part.trials
        pieces = [(seed, number) for seed in range(context.seeds or 1) for number in range(count)]
        # In proportion, so that a campaign that is stopped has something of every part.
        wanted += [(number / count, Trial(name, seed, number)) for seed, number in tables[name].missing(pieces)]
    trials = [trial for _, trial in sorted(wanted, key=lambda pair: pair[0])]
    with tempfile.TemporaryDirectory(prefix="campaign-") as scratch:
        home = Path(scratch)
        for name in dict.fromkeys(trial.part for trial in trials):
            PARTS[name].prepare(home)
        for trial, row in _done(context, trials, home):
            tables[trial.part].add(row)
            if row["faults"]:
                print(f"{trial.part} {trial.seed} {trial.number}: {row['faults']}", flush=True)
    page = folder / "campaign.md"
    write(page, {name: table.read() for name, table in tables.items()}, {name: PARTS[name].trials for name in PARTS})
    return [*(table.path for table in tables.values() if table.path.exists()), page]


def _done(context: Context, trials: Sequence[Trial], home: Path) -> Iterable[tuple[Trial, Row]]:
    tasks = [(trial, home) for trial in trials]
    done = as_done(_work, tasks, context.workers) if tasks else iter(())
    for _ in context.each("trials", tasks):
        yield next(done)


def _work(task: tuple[Trial, Path]) -> tuple[Trial, Row]:
    trial, home = task
    return trial, PARTS[trial.part].run(trial, home).row(trial)


def main(words: Sequence[str]) -> int:
    """Repeat one trial, and return 1 where something is wrong with it."""
    part, seed, number, folder = words
    home = Path(folder).resolve()
    home.mkdir(parents=True, exist_ok=True)
    PARTS[part].prepare(home)
    verdict = PARTS[part].run(Trial(part, int(seed), int(number)), home)
    print(verdict.subject, verdict.tried, verdict.came, *verdict.faults, sep="\n")
    return int(bool(verdict.faults))


EXPERIMENT = Experiment("reliability-campaign", "random kills, damaged runs and bad inputs, by the hundred", run)
"""The experiment."""

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
