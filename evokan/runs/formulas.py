"""The formulas of a run: written once, read ever after."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from evokan.runs.files import reading
from evokan.runs.manifest import renew
from evokan.runs.shapes import FormulasFile

if TYPE_CHECKING:
    from evokan.explain.formulas.expressions import Encode
    from evokan.explain.formulas.formula import Formula
    from evokan.explain.formulas.front import Formulas
    from evokan.runs.directory import RunDirectory


def read_formulas(directory: RunDirectory, path: Path, encode: Encode | None = None) -> Formulas | None:
    """Return the front in a file of a run; None where there is no such file, as in runs of earlier versions.

    Parameters
    ----------
    encode
        For `Formula.predict`.

    Raises
    ------
    InputError
        The file is damaged.
    """
    from evokan.explain.formulas.front import Formulas

    if path.name not in directory.vault.names(path.parent):
        return None
    content = directory.vault.read_json(path, FormulasFile, directory.remedy)
    with reading(path, directory.remedy):
        return Formulas.from_json(content, encode)


class FormulaFiles(NamedTuple):
    """What is written of a front.

    Attributes
    ----------
    content
        Of the file ``formulas.json``; None where a function of the user's own has parts that cannot be written.
    text
        What people read.
    """

    content: dict[str, Any] | None
    text: str


def files_of(found: Formulas) -> FormulaFiles:
    """Return what is written of a front."""
    content = found.to_json()
    whole = all(one["trees"] is not None for one in content["front"])
    return FormulaFiles(content if whole else None, formula_text(found))


def keep_formulas(directory: RunDirectory, path: Path, files: FormulaFiles) -> bool:
    """Write a front, and beside it the text that people read; a finished run takes note of both.

    Returns whether the front could be written.
    """
    if files.content is not None:
        directory.vault.write_json(path, files.content)
    else:
        directory.vault.remove(path)
    text = path.with_name(path.name.replace("formulas.json", "formula.txt"))
    directory.vault.replace(text, files.text)
    renew(directory, [text, *([path] if files.content is not None else [])])
    return files.content is not None


def formula_text(found: Formulas) -> str:
    """Return the answer and the chosen formula of the other kind, each with its headline, splines and losses."""
    order = sorted(found.chosen, key=lambda kind: found.chosen[kind] != found.answer)
    return "\n\n".join(told(found.get(kind)) for kind in order) + "\n"


def told(formula: Formula) -> str:
    """Return a formula as a reader wants it: whose it is, itself, its splines, its losses."""
    test = "" if formula.test_loss != formula.test_loss else f", on test rows {formula.test_loss:.4g}"
    losses = f"complexity {formula.complexity}; loss on training rows {formula.train_loss:.4g}{test}"
    return "\n".join(filter(None, (formula.headline, formula.text, formula.definitions, losses)))
