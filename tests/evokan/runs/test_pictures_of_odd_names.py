"""Names that matplotlib would read as formulas, or leave out, are drawn as they are in every picture of a run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.cbook import is_math_text
from matplotlib.text import Text

from evokan.plots import style
from evokan.runs.pictures import draw
from evokan.searching.entry import search

NAMES = ["$\\frac{$", "$a_b$", "_x^2", "\\$ and $", "US$ per $"]
TINY = {"population": 4, "generations": 0, "steps": 1, "folds": 1, "workers": 1, "formula_seconds": 0}


def frame(kind: str) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(80, 5)), columns=NAMES)
    if kind == "series":
        return table.assign(t=range(80))
    y = table["$a_b$"] - table["_x^2"]
    return table.assign(y=np.where(y > 0, "$yes$", "$\\no$") if kind == "classes" else y)


@pytest.fixture
def texts(monkeypatch) -> list[str]:
    """Every text that is drawn."""
    found: list[str] = []
    draw_text = Text.draw

    def note(self, *arguments, **keywords):
        found.append(self.get_text())
        return draw_text(self, *arguments, **keywords)

    monkeypatch.setattr(Text, "draw", note)
    return found


@pytest.mark.parametrize(
    ("space", "kind"),
    [
        ("gakan", "classes"),
        ("fkan", "classes"),
        ("fkan", "numbers"),
        ("hkan", "numbers"),
        ("kafcm", "numbers"),
        ("kafcm", "series"),
    ],
)
def test_names_are_drawn_as_they_are(tmp_path, texts, space, kind):
    data = tmp_path / "t.csv"
    frame(kind).to_csv(data, index=False)
    what = {"time": "t"} if kind == "series" else {"target": "y"}
    run = search(space=space, data=data, **what, out=tmp_path / "run", **TINY)
    texts.clear()
    assert len(draw(run)) >= 4
    assert not [text for text in texts if is_math_text(text) and not text.startswith(("$R^2$", "layer "))]
    shown = " ".join(texts).replace("\\$", "$")
    for name in ("$a_b$", "_x^2"):
        assert name in shown


def test_simulations(tmp_path, texts):
    from search_spaces.kafcm.plots import plot_trajectory

    ax = plot_trajectory(NAMES, np.zeros((3, 5)))
    style.save(ax, Path(tmp_path / "s.png"))
    assert not [text for text in texts if is_math_text(text)]
    legend = [text.get_text().replace("\\$", "$").strip() for text in ax.get_legend().get_texts()]
    assert legend == NAMES
