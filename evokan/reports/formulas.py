"""The formulas of a run as plain values: whose each is, and the front that they are chosen from."""

from __future__ import annotations

from typing import Any

from evokan.runs.files import reading
from evokan.runs.run import Run
from evokan.runs.shapes import FormulasFile


def formulas(run: Run) -> dict[str, Any] | None:
    """Return the formulas that were chosen, as their text tells them, the answer first, and the rows of the front.

    None where the run has none; runs of earlier versions have one formula without a word on whose it is.
    """
    directory, path = run.directory, run.directory.best / "formula.txt"
    names = directory.vault.names(path.parent)
    if path.name not in names:
        return None
    with reading(path, directory.remedy):
        blocks = directory.vault.read_text(path).strip().split("\n\n")
    stored = path.with_name("formulas.json")
    if stored.name not in names:
        return {"parts": [{"title": "", "text": blocks[0], "note": " ".join(blocks[1:])}], "front": []}
    parts = []
    for block in blocks:
        title, *text, note = block.split("\n")
        parts.append({"title": title, "text": "\n".join(text), "note": note})
    content = directory.vault.read_json(stored, FormulasFile, directory.remedy)
    chosen = content["chosen"].values()
    front = [
        {
            "number": number,
            "kind": one["kind"],
            "chosen": number - 1 in chosen,
            "complexity": one["complexity"],
            "splines": len(one["splines"]),
            **{
                name: one[name] if isinstance(one[name], float) else None
                for name in ("train_loss", "val_loss", "test_loss")
            },
        }
        for number, one in enumerate(content["front"], start=1)
    ]
    return {"parts": parts, "front": front, "network": content["network"]}
