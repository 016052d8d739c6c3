"""Tables in files that are no text: Parquet, Feather, workbooks, ARFF."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from evokan.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

_PARQUET = (".parquet", ".pq")
_WORKBOOKS = {".xlsx": "openpyxl", ".xls": "xlrd", ".ods": "odfpy"}
"""The package that reads each."""
BINARY = (*_PARQUET, ".feather", *_WORKBOOKS, ".arff")
"""How names of such files end."""


def read_binary(path: Path, suffix: str, content: bytes) -> pd.DataFrame:
    """Return the rows of a file as they are.

    Raises
    ------
    InputError
        It is not what its name says, is damaged, or needs a package that is not there.
    """
    if suffix in _PARQUET:
        return _read_parquet(path, content)
    if suffix == ".feather":
        return _read(path, "Feather", lambda: _feather(content))
    if suffix == ".arff":
        return _read(path, "ARFF", lambda: _arff(content))
    try:
        return _read(path, "workbook", lambda: _workbook(content))
    except ImportError as error:
        package = _WORKBOOKS[suffix]
        raise InputError(f"file {path}: reading {suffix} needs the package {package}: pip install {package}") from error


def _read(path: Path, kind: str, read: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """Blame the file for whatever a reader says of it."""
    try:
        return read()
    except ImportError:
        raise
    except Exception as error:
        said = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise InputError(f"file {path} cannot be read as {kind}, as its name says ({said})") from error


def _feather(content: bytes) -> pd.DataFrame:
    from pyarrow import feather

    table = feather.read_table(io.BytesIO(content))
    table.validate(full=True)
    frame: pd.DataFrame = table.to_pandas(integer_object_nulls=True)
    return frame


def _workbook(content: bytes) -> pd.DataFrame:
    import pandas as pd

    return pd.read_excel(io.BytesIO(content))


def _arff(content: bytes) -> pd.DataFrame:
    """Return the rows of an ARFF file: numbers, and nominal values as text; ``?`` is a missing one."""
    import pandas as pd
    from scipy.io import arff

    rows, _ = arff.loadarff(io.StringIO(content.decode("utf-8")))
    frame = pd.DataFrame(rows)
    for name in frame.columns[[kind.hasobject for kind in frame.dtypes]]:
        texts = frame[name].str.decode("utf-8")
        frame[name] = texts.where(texts != "?", None)
    return frame


def _read_parquet(path: Path, content: bytes) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(content))
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"file {path} is not a Parquet file, as its name says") from error
    # A damaged file may fail in any way: its pages, the names, what pandas wrote about its columns.
    try:
        table = file.read()
        table.validate(full=True)
        # Whole numbers beside gaps would become float64, which rounds them beyond 2^53.
        frame: pd.DataFrame = table.to_pandas(integer_object_nulls=True)
    except Exception as error:
        said = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise InputError(f"file {path} is a damaged Parquet file ({said}): write it again") from error
    return frame
