"""C99 source that needs the C library alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evokan.export.content import Content
from evokan.export.literals import assigned, nested
from evokan.spaces.plain import Step

EXTENSION = ".c"
SUMMARY = "C99 source that needs the C library alone"

_SIGMOID = """
static double sigmoid(double x)
{
    return x < 0.0 ? exp(x) / (1.0 + exp(x)) : 1.0 / (1.0 + exp(-x));
}
"""
_FUNCTION = (
    _SIGMOID
    + """
/* sigmoid (0), exp(-u^2) (1), max(u, 0) (2), log(1 + exp(u)) (3), tanh (4), u (5), between -1 and 1 (6) */
static double function(double u, int number)
{
    switch (number) {
    case 0: return sigmoid(u);
    case 1: return exp(-u * u);
    case 2: return u > 0.0 ? u : 0.0;
    case 3: return (u > 0.0 ? u : 0.0) + log1p(exp(-fabs(u)));
    case 4: return tanh(u);
    case 6: return u > 1.0 ? 1.0 : u < -1.0 ? -1.0 : u;
    default: return u;
    }
}
"""
)
_SOURCES = {
    "columns": "",
    "linear": "",
    "splines": _SIGMOID
    + """
/* The sum of c_i B_i at u = (x - lo) / h: cubic B-splines, size coefficients; 0 beyond the knots. */
static double spline(double u, const double *c, int size)
{
    int first, k;
    double t, value = 0.0, piece[4];
    if (!(u >= -3.0 && u < size))
        return 0.0;
    first = (int)floor(u);
    t = u - first;
    piece[0] = (1.0 - t) * (1.0 - t) * (1.0 - t);
    piece[1] = (3.0 * t - 6.0) * t * t + 4.0;
    piece[2] = ((3.0 - 3.0 * t) * t + 3.0) * t + 1.0;
    piece[3] = t * t * t;
    for (k = 0; k < 4; k++)
        if (first + k >= 0 && first + k < size)
            value += c[first + k] * piece[k] / 6.0;
    return value;
}
""",
    "series": """
/* The sum of c_k T_k(2 sigmoid(x)^power - 1), T_k the Chebyshev polynomials. */
static double series(double x, double power, const double *c, int terms)
{
    double t = 2.0 * exp(-power * ((x < 0.0 ? -x : 0.0) + log1p(exp(-fabs(x))))) - 1.0;
    double last = 1.0, now = t, next, total = 0.0;
    int k;
    for (k = 0; k < terms; k++) {
        total += c[k] * last;
        next = 2.0 * t * now - last;
        last = now;
        now = next;
    }
    return total;
}
""",
    "blocks": _FUNCTION,
    "bound": _FUNCTION,
}
_CALLS = {
    "columns": "for (j = 0; j < {above}; j++)\n        next[j] = now[{numbers}[j]];",
    "linear": """for (j = 0; j < {above}; j++) {{
        next[j] = {bias}[j];
        for (i = 0; i < {below}; i++)
            next[j] += {weight}[j][i] * now[i];
    }}""",
    "splines": """for (j = 0; j < {above}; j++)
        next[j] = {bias}[j];
    for (j = 0; j < {edges}; j++) {{
        i = {source}[j];
        next[{target}[j]] += {base}[j] * now[i] * sigmoid(now[i])
            + spline((now[i] - {lo}[i]) / {h}[i], {coefficients}[j], {size});
    }}""",
    "series": "for (j = 0; j < {above}; j++)\n        next[j] = series(now[j], {power}[j], {coefficients}[j], {size});",
    "blocks": """for (j = 0; j < {above}; j++) {{
        next[j] = {bias}[j];
        for (i = 0; i < {below}; i++)
            for (k = 0; k < {size}; k++)
                next[j] += {factors}[j][i][k] * function({sigma} * (now[i] - {centres}[j][i][k]), {turn}[j][i]);
    }}""",
    "bound": "for (j = 0; j < {above}; j++)\n        next[j] = function(now[j], {number});",
}
_CLASSES = """
/* The share of each class of one row. */
void evokan_probabilities(const double *x, double *shares)
{
    double top, sum = 0.0;
    int j;
    evokan_outputs(x, shares);
    top = shares[0];
    for (j = 1; j < EVOKAN_OUTPUTS; j++)
        top = shares[j] > top ? shares[j] : top;
    for (j = 0; j < EVOKAN_OUTPUTS; j++)
        sum += shares[j] = exp(shares[j] - top);
    for (j = 0; j < EVOKAN_OUTPUTS; j++)
        shares[j] /= sum;
}

/* The number of the most likely class of one row: its name is evokan_output_names[number]. */
int evokan_predict(const double *x)
{
    double logits[EVOKAN_OUTPUTS];
    int j, best = 0;
    evokan_outputs(x, logits);
    for (j = 1; j < EVOKAN_OUTPUTS; j++)
        best = logits[j] > logits[best] ? j : best;
    return best;
}
"""
_MAIN = """
#ifdef EVOKAN_MAIN
#include <stdio.h>

/* Reads rows of numbers from standard input, and writes the outputs of each. */
int main(void)
{
    double x[EVOKAN_INPUTS], y[EVOKAN_OUTPUTS];
    int i = 0, j;
    while (scanf("%lf%*[, ;]", &x[i]) == 1)
        if (++i == EVOKAN_INPUTS) {
            i = 0;
            evokan_outputs(x, y);
            for (j = 0; j < EVOKAN_OUTPUTS; j++)
                printf(j ? ",%.17g" : "%.17g", y[j]);
            printf("\\n");
        }
    return i ? 1 : 0;
}
#endif
"""


def write(content: Content) -> bytes:
    """Return the source: functions for one row, and a program with ``-DEVOKAN_MAIN``."""
    plain = content.plain
    count, outputs = len(plain.input_names), len(plain.output_names)
    helpers = dict.fromkeys(part for step in plain.steps for part in _parts(_SOURCES[step.kind]))
    numbers, calls, width, widest = [], [], count, count
    for place, step in enumerate(plain.steps):
        names = {name: f"s{place}_{name}" for name in step.arrays}
        numbers += [_array(names[name], array) for name, array in step.arrays.items()]
        below, width = width, step.width(width)
        widest = max(widest, width)
        sizes = {"above": width, "below": below, "size": _size(step), "edges": len(step.arrays.get("source", ()))}
        calls += ["    " + _CALLS[step.kind].format(**names, **sizes), _SWAP]
    numbers += [
        _array(name, getattr(plain, name)) for name in ("input_shift", "input_scale", "output_shift", "output_scale")
    ]
    loops = ["i"] * any(step.kind in ("splines", "linear", "blocks") for step in plain.steps)
    loops += ["k"] * any(step.kind == "blocks" for step in plain.steps)
    parts = [
        *(f"/* {_comment(line)} */" if line else "" for line in content.lines()),
        "",
        "#include <math.h>",
        "",
        f"#define EVOKAN_INPUTS {count}",
        f"#define EVOKAN_OUTPUTS {outputs}",
        "",
        _strings("evokan_input_names", plain.input_names),
        _strings("evokan_output_names", plain.output_names),
        "",
        *numbers,
        *helpers,
        f"/* The {'logits' if plain.task.has_classes else 'values'} of one row. */",
        "void evokan_outputs(const double *x, double *y)",
        "{",
        f"    double one[{widest}], two[{widest}], *now = one, *next = two, *other;",
        f"    int {', '.join(['j', *loops])};",
        "    for (j = 0; j < EVOKAN_INPUTS; j++)",
        "        now[j] = (x[j] - input_shift[j]) / input_scale[j];",
        *calls,
        "    for (j = 0; j < EVOKAN_OUTPUTS; j++)",
        "        y[j] = now[j] * output_scale[j] + output_shift[j];",
        "}",
        _CLASSES.rstrip("\n") * plain.task.has_classes,
        _MAIN.rstrip("\n"),
    ]
    return ("\n".join(parts) + "\n").encode("utf-8")


_SWAP = "    other = now, now = next, next = other;"


def _parts(source: str) -> list[str]:
    """Return the functions in a source, so that none is written twice."""
    return [f"\n{part.strip()}\n" for part in source.split("\n\n") if part.strip()] if source else []


def _size(step: Step) -> int:
    """Return the numbers in the last dimension of what a step has most of."""
    for name in ("coefficients", "centres"):
        if name in step.arrays:
            return int(step.arrays[name].shape[-1])
    return 0


def _array(name: str, values: object) -> str:
    array = np.asarray(values)
    kind = "int" if array.dtype.kind == "i" else "double"
    sizes = "".join(f"[{size}]" for size in array.shape)
    return assigned(f"static const {kind} {name}{sizes}", nested(array, "{}"), ";")


def _comment(line: str) -> str:
    """Return a line that ends no comment, begins none, and holds no trigraph."""
    for mark in ("*/", "/*", "??"):
        line = line.replace(mark, " ".join(mark))
    return line.rstrip()


def _strings(name: str, texts: Sequence[str]) -> str:
    """Return an array of texts as bytes of UTF-8, those that are not plain letters as octal numbers."""
    plain = set(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _-+=.,:;()[]<>/*%&#'!|^~{}@$`")
    escaped = ["".join(chr(b) if b in plain else f"\\{b:03o}" for b in text.encode("utf-8")) for text in texts]
    lines = "".join(f'    "{text}",\n' for text in escaped)
    return f"const char *const {name}[] = {{\n{lines}}};"
