"""Dataclasses that hold arrays compare and hash by identity, and nothing is looked up by `id`."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import re

import numpy as np
import pytest
from test_floors import FILES

ARRAYS = re.compile(r"Array\b|NDArray|Tensor|Weights|DataFrame|\bFold\b|\bScaler\b|\bTable\b|\bProblem\b")
HEAVY = ("evokan.cli", "search_spaces", "experiments")


def dataclasses_of(name: str):
    tree = ast.parse(FILES[name].read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
            fields = [ast.unparse(part.annotation) for part in node.body if isinstance(part, ast.AnnAssign)]
            yield node.name, next((one for one in decorators if one.startswith("dataclass")), None), fields


def test_dataclasses_with_arrays_have_no_equality():
    found = [
        f"{name}.{cls}"
        for name in FILES
        for cls, decorator, fields in dataclasses_of(name)
        if decorator is not None and "eq=False" not in decorator
        if any(ARRAYS.search(field) and "Callable" not in field and "ClassVar" not in field for field in fields)
    ]
    assert found == []


def test_nothing_is_keyed_by_id():
    calls = [
        f"{name}:{node.lineno}"
        for name, path in FILES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "id"
    ]
    assert calls == []


@pytest.mark.parametrize(("module", "name"), [("splits", "Fold"), ("scaling", "Scaler"), ("trajectories", "TimeSplit")])
def test_they_can_be_compared_and_kept_in_dictionaries(module, name):
    cls = getattr(importlib.import_module(f"evokan.problem.{module}"), name)
    values = [np.arange(3) for field in dataclasses.fields(cls) if field.default is dataclasses.MISSING][:7]
    needed = [f for f in dataclasses.fields(cls) if f.default is f.default_factory is dataclasses.MISSING]
    one, other = (cls(*values[: len(needed)]) for _ in range(2))
    assert one == one  # noqa: PLR0124 - raised before
    assert one != other
    assert {one: 1, other: 2}[one] == 1
