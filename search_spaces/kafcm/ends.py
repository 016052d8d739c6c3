"""What the columns of a map stand for: a concept at a delay."""

from __future__ import annotations

from evokan.spaces.explanation import Explanation


def columns_of(explanation: Explanation) -> dict[int, tuple[str, int | None]]:
    """Return concept and delay of every column of a map; no delay in an input table."""
    n = len(explanation.output_names)
    if not explanation.data["recurrent"]:
        return {place: (name, None) for place, name in enumerate(explanation.input_names)}
    delays = explanation.data.get("lags") or [1]
    return {
        place: (explanation.output_names[place % n], int(delays[place // n]))
        for place in range(len(explanation.input_names))
    }
