"""What a task decides stands in one place, and a member is its own name."""

from __future__ import annotations

import ast
import json

import pytest
from test_floors import FILES

from evokan.problem.task import Task


def test_a_member_is_its_name():
    assert json.dumps(Task.TRAJECTORY) == '"trajectory"'
    assert f"{Task.RESIDUAL}" == "residual"
    assert Task("regression") is Task.REGRESSION == "regression"
    with pytest.raises(ValueError, match="clustering"):
        Task("clustering")


def test_every_task_has_exactly_one_kind_of_target():
    for task in Task:
        assert task.has_classes + task.has_numbers + task.is_equation == 1
        assert bool(task.figures) != task.is_equation
        assert task.has_independent_rows == (not task.in_time and not task.is_equation)


def test_nobody_else_compares_names_of_tasks():
    names = {task.value for task in Task}
    allowed = {"evokan.cli.progress"}  # reads the JSON of a run
    found = [
        f"{module}:{node.lineno}"
        for module, path in FILES.items()
        if module not in allowed
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Compare)
        for side in (node.left, *node.comparators)
        if isinstance(side, ast.Constant) and side.value in names
    ]
    assert found == []
