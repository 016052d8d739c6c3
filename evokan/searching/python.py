"""`search` and `resume` as Python calls them: errors name keywords, and what was taken is said by warnings."""

from __future__ import annotations

import warnings
from functools import wraps
from pathlib import Path
from typing import Any

from evokan.errors import EvokanWarning
from evokan.runs.run import Run
from evokan.searching import entry
from evokan.searching.notebook import NotebookProgress, in_notebook
from evokan.searching.observer import Observer, Observers
from evokan.settings.spoken import as_keywords, in_python


class Told(Observer):
    """Warns of what the user may not have meant, where nobody else tells."""

    def on_start(self, path: Path | None, config: dict[str, Any]) -> None:
        """Say how the rows were taken."""
        for note in config.get("notes", ()):
            warnings.warn(as_keywords(note), EvokanWarning, stacklevel=2)


@wraps(entry.search)
def _search(*, observer: Observer | None = None, **given: Any) -> Run:
    if observer is None:
        observer = Observers(NotebookProgress(), Told()) if in_notebook() else Told()
    return entry.search(observer=observer, **given)


search = in_python(_search)
resume = in_python(entry.resume)
