"""Units of columns: a file of them, and what they ask of a law."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from evokan.errors import InputError, reason, unknown_name
from evokan.explain.relations.symmetries import Scaling

Unit = dict[str, Fraction]
"""Powers of base units; empty for a plain number."""

_FACTOR = re.compile(r"([A-Za-zµμΩ°]+)(?:\^?\(?(-?\d+(?:/\d+)?)\)?)?")


class Units(dict[str, Unit]):
    """The unit of each column that has one, by its name; the target is a column, too."""

    @classmethod
    def read(cls, path: Path, known: Sequence[str] = ()) -> Units:
        """Return the units in a file of lines ``column: unit``, such as ``speed: m/s`` or ``force: kg*m/s^2``.

        A unit is a product of names with whole or broken powers, ``1`` for a plain number; what is not named has none.
        Units are compared by their names: give all in the same base units. ``#`` begins a comment.

        Parameters
        ----------
        known
            Names of the columns that there are; with none given, any name is taken.

        Raises
        ------
        InputError
            The file cannot be read, a line is no such line, or a column is none: one sentence for each.
        """
        texts, faults = _lines(path)
        try:
            found = cls.of(texts, known, str(path))
        except InputError as error:
            faults += error.faults
        if faults:
            raise InputError(*faults)
        return found

    @classmethod
    def of(cls, texts: Mapping[str, str], known: Sequence[str] = (), where: str = "") -> Units:
        """Return the units that are written in `texts`, by the column that has each; as `read`.

        Parameters
        ----------
        where
            File that errors name.
        """
        found, faults = cls(), []
        option = f"--units {where}".strip()
        for name, unit in texts.items():
            try:
                if known and name not in known:
                    raise unknown_name("column", name, known)
                found[name] = parse(unit)
            except (ValueError, InputError) as error:
                faults.append(f"{option}: {error}" if name in str(error) else f"{option}: {name!r}: {error}")
        if faults:
            raise InputError(*faults)
        return found

    def scalings(self, columns: Sequence[str], target: str) -> list[Scaling]:
        """Return what a law of `columns` obeys for each base unit: measured in others, it stays the same."""
        bases = sorted({base for name in (*columns, target) for base in self.get(name, {})})
        own = self.get(target, {})
        found = []
        for base in bases:
            weights = tuple(float(self.get(name, {}).get(base, 0)) for name in columns)
            if any(weights):
                found.append(Scaling(weights, float(own.get(base, 0))))
        return found


def read_texts(given: str | Path) -> dict[str, str]:
    """Return what a file of lines ``column: unit`` says of each column; see `Units.read`.

    Where there is no such file, a text such as ``speed: m/s; time: s`` is taken for its lines.

    Raises
    ------
    InputError
        The file cannot be read, or a line is no such line: one sentence for each.
    """
    found, faults = _lines(given)
    if faults:
        raise InputError(*faults)
    return found


def _lines(given: str | Path) -> tuple[dict[str, str], list[str]]:
    """Return the unit of each column as it is written, and a sentence for each line that is none."""
    try:
        text = Path(given).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        if ":" not in str(given) or not isinstance(error, FileNotFoundError):
            raise InputError(f"--units {given}: cannot be read ({reason(error)})") from error
        text = str(given).replace(";", "\n")
    found: dict[str, str] = {}
    faults = []
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.partition("#")[0].strip()
        name, colon, unit = (part.strip() for part in bare.rpartition(":"))
        if bare and not (colon and name):
            faults.append(f"--units {given}: line {number}: is no 'column: unit'")
        elif name in found:
            faults.append(f"--units {given}: line {number}: {name!r} has a unit already")
        elif bare:
            found[name] = unit
    return found, faults


def parse(text: str) -> Unit:
    """Return the powers of base units in a text.

    Raises
    ------
    ValueError
        It is no unit.

    Examples
    --------
    >>> {name: str(power) for name, power in parse("kg*m/s^2").items()}
    {'kg': '1', 'm': '1', 's': '-2'}
    """
    found: dict[str, Fraction] = {}
    sign = 1
    for part in re.split(r"([*/·])", text.replace("**", "^").replace(" ", "")):
        if part in ("*", "·"):
            sign = 1
        elif part == "/":
            sign = -1
        elif part != "1":
            match = _FACTOR.fullmatch(part)
            if match is None:
                raise ValueError(f"{text!r} is no unit such as kg*m/s^2")
            name, exponent = match.groups()
            found[name] = found.get(name, Fraction(0)) + sign * Fraction(exponent or 1)
    return {name: exponent for name, exponent in found.items() if exponent}
