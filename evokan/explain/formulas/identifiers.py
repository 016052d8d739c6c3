"""Names of columns as identifiers of Python and C: readable, all different, and none that the sources need."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Sequence

_WRITTEN = "math formula probabilities spline scores shares top k main"
"""What the sources call their own, and whoever links them."""

_C = """
auto break case char const continue default do double else enum extern float for goto if inline int long register
restrict return short signed sizeof static struct switch typedef union unsigned void volatile while
asm entry fortran typeof linux unix i386
"""
"""Keywords of C99, and what compilers know besides."""

_MATH = """
acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs fdim floor fma fmax
fmin fmod frexp hypot ilogb ldexp lgamma llrint llround log log10 log1p log2 logb lrint lround modf nan nearbyint
nextafter nexttoward pow remainder remquo rint round scalbln scalbn sin sinh sqrt tan tanh tgamma trunc
drem exp10 finite gamma j0 j1 jn pow10 scalb significand sincos y0 y1 yn
"""
"""Functions of math.h, each of which has twins that end in f and l."""

_MACROS = """
float_t double_t fpclassify isfinite isgreater isgreaterequal isinf isless islessequal islessgreater isnan isnormal
isunordered signbit signgam lgamma_r math_errhandling INFINITY NAN MAXFLOAT HUGE DOMAIN SING OVERFLOW UNDERFLOW PLOSS
TLOSS X_TLOSS EDOM ERANGE EOF NULL
"""

RESERVED = frozenset(
    [
        *keyword.kwlist,
        *dir(builtins),
        *_WRITTEN.split(),
        *_C.split(),
        *(name + twin for name in _MATH.split() for twin in ("", "f", "l")),
        *_MACROS.split(),
    ]
)
_PATTERNS = re.compile(r"y\d+|spline\d*|(M|FP|HUGE|MATH|INT|FLT|DBL)_\w+")
"""Names that are counted, and the macros of math.h."""


def identifiers(names: Sequence[str]) -> list[str]:
    """Return an identifier of Python and C for each name, all different, in letters that every compiler reads.

    Examples
    --------
    >>> identifiers(["size (cm)", "sum", "M_PI", "température", "湿度", "β"])
    ['size_cm', 'sum_', 'M_PI_', 'temperature', 'u6e7f_u5ea6', 'beta']
    """
    found: list[str] = []
    for name in names:
        plain = re.sub(r"\W+", "_", _latin(name), flags=re.ASCII).strip("_") or "x"
        plain = f"x_{plain}" if plain[0].isdigit() else plain
        plain = f"{plain}_" if plain in RESERVED or _PATTERNS.fullmatch(plain) else plain
        taken = plain
        number = 2
        while taken in found:
            taken, number = f"{plain}_{number}", number + 1
        found.append(taken)
    return found


def _latin(name: str) -> str:
    """Return a name with letters of other scripts spelt out, signs too where there is nothing else."""
    if name.isascii():
        return name
    letters = any(char.isalnum() for char in name)
    spelt = "".join(char if char.isascii() else _spelt(char, signs=not letters) for char in name)
    return re.sub(r"[\W_]+", "_", spelt, flags=re.ASCII)


def _spelt(char: str, *, signs: bool) -> str:
    """Return what a character is called: é as e, β as beta, a Chinese one by its number."""
    parts = unicodedata.normalize("NFKD", char)
    plain = "".join(filter(str.isascii, parts))
    if plain.isalnum():
        return plain
    if unicodedata.category(char).startswith("M"):
        return ""
    if not (char.isalnum() or signs):
        return "_"
    called = unicodedata.name(char if len(parts) > 1 else parts, "").partition(" WITH ")[0]
    word = re.sub(".*(LETTER|SYLLABLE) (FINAL )?", "", called)
    if not word.replace(" ", "").isalpha():
        return f"_u{ord(char):04x}_"
    return f"_{word.capitalize() if char.isupper() else word.lower()}_"
