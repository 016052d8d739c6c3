"""What others wrote, made harmless: nothing that steers a terminal passes, and nothing else is changed."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from evokan.texts import listed, printable


def test_no_control_character_passes_and_all_stay_distinct():
    every = [chr(code) for code in range(sys.maxunicode + 1)]
    shown = [printable(char) for char in every]
    assert len(set(shown)) == len(every)
    for char in "".join(shown):
        assert unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp")
    assert "\x1b" not in printable("\x1b[31m")
    assert printable("a\u202eb") == r"a\u202eb"
    assert printable("\ud800") == r"\ud800"
    assert printable("one\ntwo\r", keep="\n") == "one\ntwo\\r"


@pytest.mark.parametrize("text", ["petal width (cm)", "température °C", "湿度", "שלום", "👩\u200d🔬", "a\\b", ""])
def test_names_stay_as_they_are(text):
    assert printable(text) == text


def test_what_is_no_text_counts_as_its_text():
    assert printable(1.5) == "1.5"


def test_of_thousands_of_columns_the_first_are_named():
    names = [f"c{number}" for number in range(2000)]
    assert listed(names[:60], 60) == ", ".join(names[:60])
    assert listed(names, 60) == ", ".join(names[:60]) + " and 1,940 more"
