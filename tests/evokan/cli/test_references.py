"""What a summary says where a network made by hand is better than the chosen one."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from evokan.cli.summary import _print_best

BEST = {
    "shape": [2, 1],
    "n_edges": 2,
    "n_features": 2,
    "features": ["a", "b"],
    "n_params": 3,
    "n_params_paper": 3,
    "val_loss": 0.5,
    "val_loss_mean": 0.52,
    "val_loss_sd": 0.01,
}


def printed(**references):
    out = Console(file=StringIO(), width=200)
    _print_best(out, {"metrics": {}, "best": BEST, "references": references})
    return out.file.getvalue()


def test_a_better_reference_is_named_and_no_other():
    text = printed(linear=0.41, full=0.53)
    assert "the reference network 'linear', made by hand, has a lower validation loss: 0.41" in text
    assert "full" not in text
    assert "reference" not in printed(linear=0.6)
    assert "reference" not in printed()
