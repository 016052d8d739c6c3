"""The page of a run: one file that needs nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from evokan.errors import InputError, reason
from evokan.reports.charts import fit_chart, front_chart
from evokan.reports.content import gather
from evokan.reports.pages import inline, made_from
from evokan.runs.files import DISK_FAULTS

if TYPE_CHECKING:
    from evokan.runs.run import Run

PICTURES = {
    "network.png": "The chosen network, with the learned curve on every edge",
    "causal_graph.png": "Which concept drives which",
    "functional_matrix.png": "The learned curve of every cause and effect",
    "network_laws.png": "The chosen network, with the law that comes nearest on every edge",
    "edges.png": "Every edge with the law that comes nearest",
    "splines.png": "The splines that are left in the formula",
    "bases.png": "The learned basis functions",
    "levels.png": "The outputs of each level",
    "input_fit.png": "What each input adds",
    "importances.png": "What every input column is worth, measured in three ways",
    "feature_importance.png": "How much of the output runs through each input column",
    "fitness_history.png": "Validation loss over the generations",
}
"""Pictures and what they show, in the order of the page; the front is drawn anew. Others follow by their names."""
MOST_PICTURES = 20
LARGEST_PICTURE = 8_000_000
"""Bytes."""
_PNG = b"\x89PNG\r\n\x1a\n"


def write_report(
    run: Run, path: Path | None = None, *, content: dict[str, Any] | None = None, ending: bool = False
) -> Path:
    """Write the page of a run, and return where.

    Parameters
    ----------
    path
        The file; by default ``report.html`` in the run's folder, which is replaced as a whole.
    content
        What `evokan.reports.gather` returned of `run`, where it was called already.
    ending
        As for `evokan.runs.summary.summarise`.

    Raises
    ------
    InputError
        ``config.json`` cannot be read, or the folder cannot be written.
    """
    made = page(run, gather(run, ending=ending) if content is None else content)
    if path is not None:
        path.write_text(made, encoding="utf-8")
        return path
    path = run.directory.report
    try:
        run.directory.vault.replace(path, made)
    except OSError as error:
        if ending or error.errno not in DISK_FAULTS:  # the end of a search is stopped so that it can go on
            raise
        raise InputError(f"{path}: cannot be written ({reason(error)}); name another file with --out") from error
    return path


def page(run: Run, content: dict[str, Any]) -> str:
    """Return the page that tells `content`, what `evokan.reports.gather` returned of `run`.

    The same run gives the same page: no time, no seconds and no name of its folder are in it.
    """
    pictures, faults = _pictures(run, content["pictures"])
    told = content | {
        "faults": [*content["faults"], *faults],
        "front_chart": front_chart(content["front"], content["size"]),
        "fit_chart": fit_chart((content["tested"] or {}).get("points", [])),
        "shown": pictures,
    }
    return made_from("report.html.jinja", told, script="report.js")


def _pictures(run: Run, names: list[str]) -> tuple[list[dict[str, str]], list[str]]:
    """Return the pictures as they stand in the page, and a sentence for each that cannot."""
    wanted = [name for name in PICTURES if name in names]
    wanted += [name for name in names if name.endswith(".png") and name not in (*PICTURES, "pareto.png")]
    shown, faults = [], []
    for name in wanted[:MOST_PICTURES]:
        path = run.directory.plots / name
        try:
            data = run.directory.vault.read_bytes(path)
        except (OSError, InputError) as error:
            faults.append(str(error))
            continue
        if not data.startswith(_PNG) or len(data) > LARGEST_PICTURE:
            faults.append(f"plots/{name} is no PNG picture, or a very large one: evokan plot draws it again")
            continue
        shown.append(
            {
                "name": name,
                "what": PICTURES.get(name, name.removesuffix(".png").replace("_", " ")),
                "source": inline(data),
            }
        )
    return shown, faults
