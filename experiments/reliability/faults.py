"""The page `results/reliability/faults.md`: what the fault tests tried, and what came of it.

Made by `make test-all` from pytest's JUnit report.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.pages import conditions, table

FAULTS = {
    "tests.e2e.test_faults": "disk, clock, neighbours, impatience",
    "tests.e2e.test_kill_and_resume": "kills of a search on threads",
    "tests.e2e.test_shortcuts": "kills of a search that races or inherits",
    "tests.evokan.evaluation.ray.test_driver_kill": "kills of a search on Ray",
    "tests.evokan.evaluation.ray.test_ray_executor": "workers that die, hang, or cannot start",
    "tests.evokan.evaluation.ray.test_ray_records": "records on Ray",
    "tests.evokan.evaluation.ray.test_ray_scenarios": "nodes, memory, interrupts, tokens",
    "tests.evokan.evaluation.ray.test_ray_search": "the command line on Ray",
}


@dataclass(frozen=True)
class Case:
    """One test: its module, its name in words, how it ended, how long it took."""

    module: str
    name: str
    outcome: str
    seconds: float


def read(report: Path) -> list[Case]:
    """Return the fault tests of a JUnit report, in its order."""
    cases = []
    for node in ET.parse(report).getroot().iter("testcase"):
        module = str(node.get("classname"))
        if module in FAULTS:
            ends = [child.tag for child in node if child.tag in ("failure", "error", "skipped")]
            name = str(node.get("name")).removeprefix("test_").replace("_", " ")
            cases.append(Case(module, name, ends[0] if ends else "passed", float(node.get("time", 0))))
    return cases


def page(cases: Sequence[Case]) -> str:
    """Return the page."""
    parts = [
        "# Faults that a run survives",
        "",
        "Tests with real processes, a real Ray of one or several nodes, and real file systems. After each fault "
        "the records are whole and the resumed run equals one that was not disturbed, file against file; where a "
        "test says otherwise, its name tells. Times include the start of processes and of Ray.",
        "",
    ]
    for module, title in FAULTS.items():
        own = [case for case in cases if case.module == module]
        if own:
            rows = [(case.name, case.outcome, f"{case.seconds:.1f}") for case in own]
            parts += [f"## {title[0].upper()}{title[1:]}", "", table(("test", "outcome", "seconds"), rows), ""]
    passed = sum(case.outcome == "passed" for case in cases)
    return "\n".join([*parts, f"{passed} of {len(cases)} passed. Measured under: {conditions()}.", ""])


def main() -> None:
    """Read the report named by the first argument, and write the page."""
    target = Path("results/reliability/faults.md")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page(read(Path(sys.argv[1]))), encoding="utf-8")
    print(target)
