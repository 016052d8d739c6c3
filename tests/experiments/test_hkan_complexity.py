"""The growth of a fit's time: what is counted, the exponents, and the page."""

from __future__ import annotations

import pytest

from experiments.hkan.complexity import BASE, PLAIN, STEADY, VARIED, Piece, exponent, measure, products, report, sizes


def test_multiplications_are_those_of_the_algorithm():
    # One column and one node: two blocks, a hidden node of one column, an output node of one.
    assert products(100, 1, 1, 3) == 2 * (900 + 27) + (100 + 1) + 100 + 1
    for varied, values in VARIED.items():
        counts = [products(*sizes(varied, value).values()) for value in values]
        assert counts == sorted(set(counts))
        assert sizes(varied, BASE[varied]) == BASE


def test_exponents_are_slopes_between_the_two_largest_sizes():
    assert exponent({5: 7.0, 10: 3.0, 20: 12.0}) == "2"
    assert exponent({20: 1.0}) == exponent({}) == ""


@pytest.mark.parametrize("squares", [STEADY, PLAIN])
def test_a_measurement_takes_time(squares):
    found = measure(Piece("rows", 300, squares))
    assert (found["varied"], found["value"], found["squares"]) == ("rows", 300, squares)
    assert 0 < found["fit_cpu_seconds"] < 60


def test_the_page_has_exponents_beside_those_of_the_multiplications():
    rows = [
        {"varied": "rows", "value": value, "squares": squares, "fit_cpu_seconds": seconds}
        for squares, power in ((STEADY, 1.0), (PLAIN, 0.5))
        for value, seconds in ((1000, 1.0), (2000, 2.0**power), (4000, 4.0**power))
    ]
    text = "\n".join(report(rows[:-1]))
    assert "| rows | 0.995 | 1 | 0.5 |" in text
    assert "No faster than Algorithm 1 asks for, up to 0.1: rows yes." in text
    slow = [row | {"fit_cpu_seconds": row["fit_cpu_seconds"] ** 1.5} for row in rows]
    assert "up to 0.1: rows **no**." in "\n".join(report(slow))
    assert text.count("| rows | multiplications | steady, s | plain, s |") == 1
    assert any(line.startswith("| 4,000 |") and line.endswith("| 4 |  |") for line in text.splitlines())
