"""``evaluate``: exactly the networks of a file of chromosomes, trained in order."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evokan.cli.options import ConfigFile, Force, Json, Quiet, all_but, takes_settings
from evokan.cli.printing import console, new_file, number, print_json
from evokan.errors import InputError, reason

if TYPE_CHECKING:
    from evokan.evaluation.records import Record
    from evokan.settings.job import Job
    from evokan.spaces.chromosome import Bits, ChromosomeLayout

NOT_TAKEN = (
    "population",
    "generations",
    "settle",
    "crossover_rate",
    "mutation_rate",
    "move_rate",
    "initial",
    "algorithm",
    "objectives",
    "parsimony",
    "distinct",
    "choose",
    "refit",
    "out",
    "race",
    "rungs",
    "inherit",
    "formula_seconds",
    "units",
    "baselines",
    "time_limit",
    "report",
    "picture_format",
)
"""Settings that mean nothing where the networks are given and nothing is chosen or drawn."""
SHOWN_FAULTS = 5
"""So many faulty lines of a file are named one by one."""


@takes_settings(*all_but(*NOT_TAKEN))
def evaluate(
    *,
    config: ConfigFile = None,
    chromosomes: Annotated[
        Path,
        typer.Option(
            "--chromosomes",
            metavar="FILE",
            show_default=False,
            help="One chromosome a line as a string of 0 and 1; empty lines and lines that start with # are skipped.",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", metavar="FILE", show_default=False, help="CSV to write: the columns of evaluations.csv."),
    ],
    force: Force = False,
    quiet: Quiet = False,
    json: Json = False,
    **settings: Any,
) -> None:
    """Train exactly the networks of a file of chromosomes, in order, as a search with the same options would."""
    from evokan.evaluation.records import COLUMNS
    from evokan.runs.tables import record_line, to_line
    from evokan.settings.job import prepare, resolve

    if out.suffix.lower() != ".csv":
        raise InputError(f"--out {out}: its name must end in .csv")
    job = prepare(resolve(settings, config))
    bits = read_chromosomes(chromosomes, job.space.layout(job.problem))
    with new_file(out, force=force) as part:
        records = train(job, bits, silent=quiet or json)
        part.write_text(to_line(COLUMNS) + "".join(map(record_line, records)), encoding="utf-8")
    counts = {
        status: sum(record.status == status for record in records) for status in ("ok", "cached", "invalid", "failed")
    }
    best = min((record for record in records if record.usable), key=lambda r: r.val_loss, default=None)
    if json:
        print_json({"out": out, "counts": counts, "best": best and {"id": best.id, "val_loss": best.val_loss}})
    elif not quiet:
        told = ", ".join(f"{count} {status}" for status, count in counts.items())
        least = f"; lowest validation loss {number(best.val_loss)} (id {best.id})" if best else ""
        console().print(f"{len(records)} chromosomes ({told}) written to {out}{least}", soft_wrap=True)


def read_chromosomes(path: Path, layout: ChromosomeLayout) -> list[Bits]:
    """Return the chromosomes of a file, in order.

    Raises
    ------
    InputError
        The file cannot be read or holds none; one sentence with its number for each line that is no chromosome of
        this layout.
    """
    try:
        content = path.read_bytes().removeprefix(codecs.BOM_UTF8)
    except OSError as error:
        raise InputError(f"--chromosomes {path}: cannot be read ({reason(error)})") from error
    found: list[Bits] = []
    faults: list[str] = []
    for count, line in enumerate(content.splitlines(), start=1):
        try:
            text = line.decode("utf-8").strip()
            if text and not text.startswith("#"):
                found.append(layout.from_text(text))
        except UnicodeDecodeError:
            faults.append(f"--chromosomes {path}, line {count}: is not text")
        except InputError as error:
            faults.append(f"--chromosomes {path}, line {count}: {error}")
    if not found and not faults:
        faults.append(f"--chromosomes {path}: holds no chromosome")
    if len(faults) > SHOWN_FAULTS:
        faults[SHOWN_FAULTS:] = [f"--chromosomes {path}: {len(faults) - SHOWN_FAULTS} more lines are faulty"]
    if faults:
        raise InputError(*faults)
    return found


def train(job: Job, chromosomes: list[Bits], *, silent: bool) -> list[Record]:
    """Return the records of `chromosomes` as generation 0, in order."""
    from evokan.cli.progress import Progress, track
    from evokan.searching import engine
    from evokan.searching.build import make_executor
    from evokan.searching.observer import Observer

    engine.prepare(job, Observer() if silent else Progress(console()))
    with (
        make_executor(job.config, Observer()) as executor,
        track("networks", len(chromosomes), silent=silent) as advance,
    ):
        return engine.evaluate(job, chromosomes, executor, on_record=lambda record: advance())
