"""Callbacks are called at every boundary, and end or leave a search."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_iris

import evokan
from evokan.errors import InputError
from evokan.searching import notebook
from evokan.searching.callbacks import Callback, Called, observers
from evokan.searching.observer import EnoughError, Observer

TINY = {
    "space": "gakan",
    "dataset": "iris",
    "population": 6,
    "generations": 3,
    "folds": 1,
    "formula_seconds": 0.0,
    "baselines": "none",
    "report": False,
}


class Seen(Callback):
    """Notes what it is called for."""

    def __init__(self) -> None:
        self.calls: list[object] = []

    def on_search_begin(self, search):
        self.calls.append(("begin", search.config["data"]["name"], search.generation))

    def on_generation_end(self, search):
        assert len(search.history) == search.generation + 1
        assert search.best_val_loss == search.history[-1].best_val_loss
        self.calls.append(search.generation)

    def on_stage(self, search):
        self.calls.append(search.stage)

    def on_search_end(self, search):
        self.calls.append(("end", sorted(search.figures["test"])))


def test_called_at_every_boundary_and_ended_by_true(tmp_path):
    seen = Seen()
    out = tmp_path / "run"
    run = evokan.search(**TINY, out=out, callbacks=[lambda search: np.bool_(search.generation == 1), seen])
    figures = ["accuracy", "auc", "log_loss"]
    stages = ["finalists", "final fit", "baselines", "pictures"]
    assert seen.calls == [("begin", "iris", -1), "search", 0, 1, *stages, ("end", figures)]
    assert run.finished
    assert list(run.history["generation"]) == [0, 1]
    longer = evokan.resume(out)  # to the planned end
    whole = evokan.search(**TINY, out=tmp_path / "whole")
    assert list(longer.evaluations["chromosome"]) == list(whole.evaluations["chromosome"])
    assert longer.best.spec == whole.best.spec


def test_left_by_stop_search_and_resumed(tmp_path):
    def leave(search):
        raise evokan.StopSearch("enough for today")

    with pytest.raises(evokan.StopSearch, match="enough for today") as caught:
        evokan.search(**TINY, out=tmp_path / "run", callbacks=[leave])
    assert caught.value.__notes__ == [f"go on with: evokan resume {tmp_path / 'run'}"]
    run = evokan.Run(tmp_path / "run")
    assert not run.finished
    assert list(run.history["generation"]) == [0]
    assert "stopped: enough for today" in (tmp_path / "run" / "run.log").read_text()
    assert list(evokan.resume(tmp_path / "run").history["generation"]) == [0, 1, 2, 3]


def test_the_estimators_take_them():
    seen = Seen()
    x, y = load_iris(return_X_y=True)
    settings = {"population": 6, "generations": 5, "folds": 2}
    model = evokan.EvoKANClassifier(**settings, callbacks=[seen, lambda search: search.generation == 0]).fit(x, y)
    assert len(model.history_) == 1
    assert model.score(x, y) > 0.5
    assert seen.calls[0][0] == "begin"
    assert seen.calls[-1][0] == "end"


def test_what_is_no_callback_is_refused():
    watch = Observer()
    assert observers([watch]) == [watch]
    for wrong in (3, Seen):
        with pytest.raises(InputError, match=r"is no function, evokan\.Callback or evokan\.Observer"):
            observers([wrong])


def test_only_true_ends():
    row = type("Row", (), {"generation": 4, "best_val_loss": 1.0})
    for answer in (None, 1, "yes", 0.5):
        (called,) = observers([lambda search, answer=answer: answer])
        called.on_generation(row)
    with pytest.raises(EnoughError, match="after generation 4"):
        Called([type("Ends", (Callback,), {"on_generation_end": lambda self, search: True})()]).on_generation(row)


def test_a_notebook_shows_the_progress(monkeypatch):
    drawn = []
    handle = type("Handle", (), {"update": lambda self, shown: drawn.append(shown._repr_html_())})()
    monkeypatch.setattr("IPython.display.display", lambda shown, display_id: handle)
    assert not notebook.in_notebook()
    monkeypatch.setattr("IPython.get_ipython", lambda: type("Shell", (), {"kernel": 1}))
    assert notebook.in_notebook()
    x, y = load_iris(return_X_y=True)
    shown = notebook.NotebookProgress()
    evokan.EvoKANClassifier(population=6, generations=1, folds=2, callbacks=[shown]).fit(x, y)
    assert drawn[-1].startswith('<progress value="1.000" max="1"></progress> gakan on')
    assert "finished; " in drawn[-1]
    assert "validation loss: best" in drawn[-1]
