"""Where the rows of a search come from: what is wrong with the settings that say so."""

from __future__ import annotations


def source_faults(
    dataset: object,
    data: object,
    target: object,
    time: object = None,
    series: object = None,
    task: object = None,
    equation: object = None,
) -> list[str]:
    """Return what is wrong with the settings that say where the rows come from and what they are."""
    sources = {"--dataset": dataset, "--data": data, "--equation": equation}
    given = [name for name, value in sources.items() if value is not None]
    if not given:
        return ["give either --dataset NAME, or --data FILE --target COLUMN, or --equation FILE"]
    if len(given) > 1:
        return [f"{' and '.join(given)} exclude each other: give one of them"]
    if data is None:
        source = "a named data set" if equation is None else "an equation"
        return [
            f"{option} goes with --data: {source} knows its {what}"
            for option, value, what in (
                ("--target", target, "target"),
                ("--time", time, "time"),
                ("--series", series, "series"),
            )
            if value is not None
        ]
    if target is None and time is None:
        return [
            "--data needs --target: name the column to predict (or by --time the column with the moments of a "
            "time series)"
        ]
    faults = []
    if target is not None and time is not None:
        faults.append("--target and --time exclude each other: of a time series every column is predicted")
    if series is not None and time is None:
        faults.append("--series goes with --time: name the column with the moments")
    if time is not None and task is not None:
        faults.append(f"--task {task}: a time series is a trajectory; leave --task out")
    return faults
