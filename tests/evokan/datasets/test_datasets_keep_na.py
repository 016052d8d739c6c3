"""NA and None as values of a column: kept on request, and the refusal says how."""

from __future__ import annotations

import pytest

from evokan.datasets import load_series, load_table, read_frame
from evokan.datasets.columns import ColumnSchema
from evokan.errors import InputError

REGIONS = ["NA", "EU", "None", "AS"]


@pytest.fixture
def path(tmp_path):
    rows = [f"{REGIONS[i % 4]},{'' if i == 5 else i},{'null' if i % 3 else 'y'},{i % 7}" for i in range(40)]
    file = tmp_path / "t.csv"
    file.write_text("\n".join(["region,size,ill,y", *rows]) + "\n")
    return file


def test_the_refusal_says_how_to_keep_them(path):
    with pytest.raises(InputError) as caught:
        load_table(path, "y", task="regression")
    (fault,) = [fault for fault in caught.value.faults if fault.startswith("missing")]
    assert fault.endswith(
        "where NA, None or the like is a value, keep it (--keep-na-in 'region', or --keep-na for all columns)"
    )


def test_one_column_or_all(path):
    one = load_table(path, "y", task="regression", impute="median", keep_na_in=["region"])
    assert one.feature_names[:4] == ("region=AS", "region=EU", "region=NA", "region=None")
    assert "ill=null" not in one.feature_names
    whole = load_table(path, "y", task="regression", impute="median", keep_na=True)
    assert whole.feature_names[-2:] == ("ill=null", "ill=y")
    assert whole.X[5, 4] == pytest.approx(20.0)  # an empty cell stays missing


def test_new_rows_are_read_as_the_table_was(path):
    table = load_table(path, "y", task="regression", impute="median", keep_na_in=["region", "ill"])
    schema = ColumnSchema.from_dict(table.schema)
    assert schema.keep_na_in == ("region", "ill")
    assert (schema.transform(read_frame(path, keep_na_in=schema.keep_na_in)) == table.X).all()


def test_a_class_and_a_series_called_na(path, tmp_path):
    assert load_table(path, "region", impute="median", keep_na=True).class_names == ("AS", "EU", "NA", "None")
    lines = [f"{hour},{who},{hour * 0.5 + len(who)}" for who in ("NA", "EU x") for hour in range(5)]
    file = tmp_path / "s.csv"
    file.write_text("\n".join(["hour,who,a", *lines]) + "\n")
    assert load_series(file, "hour", "who", keep_na_in=["who"]).series.max() == 1
    with pytest.raises(InputError, match="keep it \\(--keep-na-in 'who'\\)"):
        load_series(file, "hour", "who")


def test_a_column_that_is_not_there(path):
    with pytest.raises(InputError, match="unknown column for --keep-na-in 'regoin': did you mean 'region'"):
        load_table(path, "y", impute="median", keep_na_in=["regoin"])
