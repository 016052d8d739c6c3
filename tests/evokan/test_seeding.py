"""Seeds that follow from names alone."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokan.errors import InputError
from evokan.seeding import derive_seed, generator, seed_of

parts = st.lists(
    st.one_of(
        st.integers(),
        st.text(max_size=5),
        st.booleans(),
        st.none(),
        st.floats(allow_nan=False),
        st.lists(st.integers(), max_size=3),
        st.dictionaries(st.text(max_size=3), st.integers(), max_size=3),
    ),
    max_size=4,
)


@pytest.mark.parametrize(
    ("names", "seed"),
    [
        ((), 2858069222894195974),
        ((0,), 7520536977032167579),
        ((0, "gakan", "G4 4-3 0>0", 0), 4887363109540267106),
        (({"b": 1, "a": [1.5, None]},), 4349362172818091758),
    ],
)
def test_seeds_are_the_same_on_every_machine_and_for_ever(names, seed):
    # Runs are resumed and compared years later: a change here makes other records.
    assert derive_seed(*names) == seed


@given(parts)
def test_a_seed_fits_every_generator(names):
    seed = derive_seed(*names)
    assert 0 <= seed < 2**63
    assert seed == derive_seed(*names)
    np.random.default_rng(seed)


@given(parts, parts)
def test_different_parts_give_different_seeds(left, right):

    same = json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)
    assert (derive_seed(*left) == derive_seed(*right)) == same


def test_parts_do_not_run_together():
    seeds = {
        derive_seed("ab", "c"),
        derive_seed("a", "bc"),
        derive_seed("abc"),
        derive_seed(["ab", "c"]),
        derive_seed(1, 11),
        derive_seed(11, 1),
        derive_seed(111),
        derive_seed("1", 11),
    }
    assert len(seeds) == 8


def test_the_order_of_keys_does_not_matter():
    assert derive_seed({"a": 1, "b": 2}) == derive_seed({"b": 2, "a": 1})


def test_what_has_no_canonical_text_is_refused():
    with pytest.raises(TypeError):
        derive_seed(object())


def test_a_random_state_stands_for_a_seed():
    before = np.random.get_state()[1].tolist()  # noqa: NPY002 - looked at, not used
    assert [seed_of(given) for given in (0, np.int32(7), np.uint64(2**63), np.array(5))] == [0, 7, 2**63, 5]
    state = np.random.RandomState(3)
    assert seed_of(state) == seed_of(np.random.RandomState(3)) != seed_of(state)
    assert seed_of(None) != seed_of(None)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


@pytest.mark.parametrize("given", [-1, True, np.True_, 1.0, "1", [1], np.random.default_rng(0)])
def test_what_stands_for_no_seed_is_named(given):
    with pytest.raises(InputError, match=r"random_state .*: a whole number of at least 0, a RandomState or None is"):
        seed_of(given)


def test_generators_follow_the_seed_and_leave_global_state_alone():
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002 - looked at, not used
    draws = generator("a", 1).random(5)
    assert np.array_equal(draws, generator("a", 1).random(5))
    assert not np.array_equal(draws, generator("a", 2).random(5))
    after = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    assert before == after
