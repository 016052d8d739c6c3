"""The searched half of Table V's page: evolution and TPE against the published errors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import mannwhitneyu

from evokan.reports.compare import signed_rank_p
from experiments.gakan.statistics import holm
from experiments.hkan.published import PUBLISHED
from experiments.hkan.searches import DRAWN, KAN, KAN_LIMIT, TPE
from experiments.hkan.table_v_boxes import groups
from experiments.hkan.table_v_figures import Fits, Searched, best_baseline, searched
from experiments.hkan.table_v_texts import texts
from experiments.pages import Aim, Row, aims_table, number, table

ALPHA = 0.05


def searched_part(rows: Sequence[Row], baselines: Sequence[Row], single: Sequence[Row]) -> list[str]:
    """Return text, tables and tests; `single` are the single fits of the chosen networks."""
    lines, names = [], []
    beats = {"hkan": 0, "both": 0, "baseline": 0, "tpe": 0, "kan": 0}
    compared = {"baseline": 0, "tpe": 0, "kan": 0}
    even = [0, 0]
    for name, entry in PUBLISHED.items():
        ours, tpe, kan = (searched(rows, name, method) for method in ("evolution", TPE, KAN))
        best = best_baseline(baselines, name)
        if not ours:
            continue
        names.append(name)
        beats["hkan"] += ours.median <= entry.hkan
        beats["both"] += ours.median <= min(entry.hkan, entry.kan)
        for rival, error in (
            ("baseline", best[1] if best else None),
            ("tpe", tpe.median if tpe else None),
            ("kan", kan.median if kan else None),
        ):
            if error is not None:
                compared[rival] += 1
                beats[rival] += ours.median <= error
        if tpe and evaluations(tpe) == evaluations(ours):
            even[0] += ours.median <= tpe.median
            even[1] += 1
        lines.append(
            (
                name,
                number(entry.kan),
                number(entry.hkan),
                f"{ours.seeds}; {evaluations(ours)}",
                number(ours.train),
                f"**{number(ours.median)}**",
                interval(ours),
                "" if ours.product is None else number(ours.product),
                "yes" if ours.median <= entry.hkan else "no",
                number(tpe.train) if tpe else "",
                f"{number(tpe.median)} ({evaluations(tpe)})" if tpe else "",
                number(ours.val_loss) + (f" / {number(tpe.val_loss)}" if tpe else ""),
                f"{number(kan.median)} ({number(kan.n_params)}; {evaluations(kan)})" if kan else "",
                f"{number(best[1])} ({best[0]})" if best else "",
                number(ours.n_params),
                number(ours.seconds),
            )
        )
    if not lines:
        return ["No search has finished yet."]
    aims = [Aim("at or below published HKAN", 20, beats["hkan"], compared=len(names), whole=len(PUBLISHED))]
    if compared["tpe"]:
        aims.append(Aim("at or below TPE", 18, beats["tpe"], compared=compared["tpe"], whole=len(PUBLISHED)))
    heads = (
        *(
            "data",
            "published KAN",
            "published HKAN",
            "seeds; evaluations",
            "ours, train",
            "ours",
            "interval",
            "product",
        ),
        *("at most HKAN", "TPE, train", "TPE (evaluations)", "validation loss ours / TPE"),
        *("KAN of ours (parameters; evaluations)", "best baseline", "parameters", "CPU s"),
    )
    return [
        *texts(rows),
        aims_table(aims),
        table(heads, lines),
        f"At most the better of both published figures: {beats['both']} of {len(names)}; at most the best baseline, "
        f"known only afterwards: {beats['baseline']} of {compared['baseline']}; at most the KAN of ours, "
        f"of one fit and at most {KAN_LIMIT:.0f} s: {beats['kan']} of {compared['kan']}.",
        *(
            [f"Evolution and TPE had as many evaluations on {even[1]} data sets; at or below TPE there: {even[0]}."]
            if even[1]
            else []
        ),
        *([] if compared["tpe"] else ["TPE was not run: pip install 'evokan[bench]'."]),
        *_tests(rows, single, names),
        "### Errors of repeated fits (Figure 4)",
        "Table IV's networks (IV), evolution's (search), TPE's, and the one fit of the KAN of ours; the line is the published median of HKAN, dashed that of KAN.",
        "![Test errors of repeated fits](table_v_boxes.png)",
        *_pictures(rows),
    ]


def _tests(rows: Sequence[Row], single: Sequence[Row], names: Sequence[str]) -> list[str]:
    """Return Wilcoxon's tests: over the data sets, and on each of them."""
    ours = {name: found.median for name in names if (found := searched(rows, name))}
    tpe, kan = (
        {name: found.median for name in names if (found := searched(rows, name, method))} for method in (TPE, KAN)
    )
    rivals = {
        "published HKAN": {name: PUBLISHED[name].hkan for name in names},
        "published KAN": {name: PUBLISHED[name].kan for name in names},
        "TPE": tpe,
        "KAN of ours": kan,
    }
    over = []
    for rival, errors in rivals.items():
        ratios = np.array([np.log(ours[name] / error) for name, error in errors.items()])
        if len(ratios) > 1:
            lower = f"{int((ratios <= 0).sum())} of {len(ratios)}"
            over.append((rival, lower, number(float(np.exp(np.median(ratios)))), f"{signed_rank_p(ratios):.2g}"))
    each = _each(single, names)
    if not over:
        return []
    parts = [
        "### Wilcoxon's tests",
        "Over the data sets, signed-rank test of the logarithms of the ratios of medians, two-sided:",
        table(("ours against", "at most", "median ratio", "p"), over),
    ]
    if each:
        parts += [
            "On each data set, of the single fits: against the published median of HKAN the signed-rank test of the logarithms of the ratios, against "
            "TPE's fits the rank-sum test, two-sided, Holm's correction over the data sets. Fits of networks without "
            "chance are all alike, so that there is no test, and the tests know nothing of the luck of rows and searches.",
            table(("data", "fits", "over HKAN", "p", "over TPE", "p"), each),
        ]
    return parts


def _each(single: Sequence[Row], names: Sequence[str]) -> list[tuple[str, ...]]:
    found = {name: groups((), single, name) for name in names}
    found = {name: own for name, own in found.items() if "evolution" in own}
    varied = {name: own for name, own in found.items() if np.ptp(own["evolution"]) > 0}
    # Ratios, since errors of exact laws are rounding: their differences are below what the test tells apart.
    p_hkan = holm(
        {name: signed_rank_p(np.log(np.array(own["evolution"]) / PUBLISHED[name].hkan)) for name, own in varied.items()}
    )
    p_tpe = holm(
        {
            name: float(mannwhitneyu(own["evolution"], own["TPE"]).pvalue)
            for name, own in varied.items()
            if "TPE" in own and np.ptp(own["TPE"]) > 0
        }
    )
    lines: list[tuple[str, ...]] = []
    for name, own in found.items():
        middle = float(np.median(own["evolution"]))
        tpe = number(middle / float(np.median(own["TPE"]))) if "TPE" in own else ""
        lines.append(
            (
                name,
                str(len(own["evolution"])),
                *(number(middle / PUBLISHED[name].hkan), _p(p_hkan, name)),
                *(tpe, _p(p_tpe, name)),
            )
        )
    return lines


def _p(values: dict[str, float], name: str) -> str:
    """Return a p value as it is printed, bold where it is significant; nothing where there was no test."""
    if name not in values:
        return ""
    return f"**{values[name]:.2g}**" if values[name] < ALPHA else f"{values[name]:.2g}"


def _pictures(rows: Sequence[Row]) -> list[str]:
    done = {(row["dataset"], row["method"], row["seed"]) for row in rows}
    shown = [name for name in DRAWN if (name, "evolution", 0) in done]
    if not shown:
        return []
    parts = [
        "### Levels and inputs (Figures 5 to 9)",
        "Of the network that evolution chose with the first seed: for every layer predicted against target, of the "
        "block and of the node with the median R^2, and R^2 of the blocks of each input.",
    ]
    for name in shown:
        parts.append(f"![{name}: levels]({name}_levels.png) ![{name}: inputs]({name}_input_fit.png)")
    return parts


def interval(figures: Fits | Searched) -> str:
    """Return the interval of some fits as it is printed."""
    return f"{number(figures.low)} to {number(figures.high)}"


def evaluations(figures: Searched) -> str:
    """Return how many evaluations the searches had."""
    return ", ".join(number(total) for total, _, _ in figures.sizes)
