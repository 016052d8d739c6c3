"""The page ``results/reliability/campaign.md``: what the campaign tried, and every distinct failure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from experiments.pages import conditions, table

TITLES = {
    "kills": (
        "Kills",
        "A search in a process of its own (three of four without Ray are forks of one that has the libraries loaded) is "
        "sent SIGKILL, SIGTERM or SIGINT up to three times, at a random time or right after a file of the run was written, then goes on by `resume` or the same `search --out`; at the end every "
        "file of the run, pictures too, equals that of a search that nobody disturbed (less `run.log`, `.lock`, "
        "and seconds).",
    ),
    "mutations": (
        "Damaged runs",
        "One file of a finished or unfinished run is damaged: values of JSON files, cells, rows and headers of tables, "
        "flipped bits, cut, grown, swapped, replaced by a folder, a link or a pipe; the manifest is kept, made anew by the "
        "stranger, or gone. Then `load_run`, `show`, `predict`, `resume`, and every second time `plot` and `formula`, each get a "
        "fresh copy. Wrong is any status but 0 and 2, a fault of ours, a hang, a control character in what is printed, a "
        "change outside of the run, and, with the manifest kept, another prediction.",
    ),
    "bad-inputs": (
        "Bad inputs",
        "Command lines, settings files and calls of `evokan.search` with odd options, tables, names of columns and "
        "places for the output. Right is status 2 with a line for each fault and nothing left behind, or a whole run.",
    ),
}

MENDED = (
    "not by a trial, by reading for one: another order of classes or levels in `config.json` would change predictions "
    "without a word; the manifest covers them now",
    "texts in the curves of a network, or a family's own data of another shape, were internal errors of `plot`",
    "a folder in place of a picture or of `run.log` was one of `plot` and `resume`",
    "an infinite whole number in `evaluations.csv` was one of `plot`",
    "a search whose MLP baseline warned ended as damaged, after its front was written",
    "names too long for the disk, zero characters in `out`, and infinite settings were internal errors",
    "a list in a settings file that holds itself was one; so was a `config` of another type than a path",
    "a network of `kafcm` with a bounding function that is none was an internal error of `plot` and `formula`",
    "the matrix of a small causal map had no room for its legend, and matplotlib warned",
)
"""What was found, in words, and mended with its kind."""


def write(path: Path, rows: Mapping[str, Sequence[Mapping[str, str]]], planned: Mapping[str, int]) -> None:
    """Write the page.

    Parameters
    ----------
    rows
        Of each part.
    planned
        Trials of a full campaign, for each seed.
    """
    parts = ["# A campaign of faults", ""]
    parts += [
        "Every trial is drawn from its part, a seed and its number, and can be repeated: "
        "`python -m experiments.reliability.campaign PART SEED NUMBER FOLDER`.",
        "",
    ]
    lines = [
        (name, str(planned[name]), str(len(found)), str(sum(row["passed"] != "True" for row in found)))
        for name, found in rows.items()
    ]
    parts += [table(("part", "trials planned", "done", "with a fault"), lines), ""]
    for name, found in rows.items():
        title, text = TITLES[name]
        parts += [f"## {title}", "", text, "", *_part(found)]
    parts += [
        "## Found and mended",
        "",
        "A trial with a fault is tried again when the campaign goes on, and its row replaced: the counts above are those "
        "after mending. Rows that passed stay as they are, so most are of the code before these mends.",
        "",
    ]
    parts += [*(f"- {fault}" for fault in MENDED), ""]
    parts += [f"Rows: `{'.csv`, `'.join(rows)}.csv`. Last run under: {conditions()}.", ""]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts), encoding="utf-8")


def _part(rows: Sequence[Mapping[str, str]]) -> list[str]:
    subjects = Counter(row["subject"] for row in rows)
    wrong = Counter(row["subject"] for row in rows if row["passed"] != "True")
    lines = [(name, str(times), str(wrong[name])) for name, times in sorted(subjects.items())]
    parts = [table(("tried on", "trials", "with a fault"), lines), ""] if lines else ["Nothing yet.", ""]
    faults = Counter(kind for row in rows for kind in distinct(row["faults"]))
    if faults:
        parts += ["Distinct failures:", "", *(f"- {kind} ({times})" for kind, times in faults.most_common()), ""]
    return parts


def distinct(faults: str) -> list[str]:
    """Return the faults of a row, each cut to what tells kinds apart: its first words and its last."""
    found = [
        fault if len(fault) < 160 else f"{fault[:60]} ... {fault[-100:]}" for fault in faults.split(" | ") if fault
    ]
    return list(dict.fromkeys(found))
