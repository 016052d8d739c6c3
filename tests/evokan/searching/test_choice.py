"""The trade-off front, and the choice of one member."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokan.errors import InputError
from evokan.evaluation.records import Record
from evokan.evolution.front import pareto_front
from evokan.searching.choice import FrontMember, choose, finalist_records, front_of

PAIR = ("val_loss", "n_params")


def record(number: int, loss: float, size: int, **changes) -> Record:
    return Record(number, 0, "", **{"val_loss": loss, "n_params": size, "key": f"network {number}", **changes})


def member(number: int, loss: float, size: int, *, searched: float = 0.0, se: float = 0.0) -> FrontMember:
    return FrontMember(record(number, searched, size), loss, 0.1, se)


# Few values, so that equal losses, equal vectors and equal networks are common.
pools = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.integers(1, 5),
        st.integers(0, 3),
        st.sampled_from(["ok", "ok", "ok", "cached", "invalid", "failed"]),
        st.integers(0, 12),
    ),
    max_size=14,
).map(
    lambda rows: [
        record(number, float(loss), size, depth=depth, status=status, key=f"network {key}")
        for number, (loss, size, depth, status, key) in enumerate(rows)
    ]
)


def vector(row: Record, objectives: tuple[str, ...]) -> tuple[float, ...]:
    return tuple(row.objective(name) for name in objectives)


def dominates(left: tuple[float, ...], right: tuple[float, ...]) -> bool:
    return left != right and all(a <= b for a, b in zip(left, right, strict=True))


@given(pools, st.sampled_from([PAIR, ("n_params", "val_loss"), ("val_loss", "n_params", "depth"), ("val_loss",)]))
def test_the_front_is_what_nothing_dominates(pool, objectives):
    networks: dict[str, Record] = {}
    for row in pool:
        if row.status == "ok":
            networks.setdefault(row.key, row)
    expected = []
    for row in networks.values():
        mine = vector(row, objectives)
        others = [(vector(other, objectives), other.id) for other in networks.values()]
        if not any(dominates(other, mine) or (other == mine and number < row.id) for other, number in others):
            expected.append(row.id)
    front = pareto_front(pool, objectives)
    assert sorted(row.id for row in front) == sorted(expected)
    assert front == sorted(front, key=lambda row: (row.val_loss, row.n_params, row.id))


def test_the_front_by_hand():
    pool = [
        record(0, 0.5, 10),
        record(1, 0.3, 20),
        record(2, 0.3, 20),
        record(3, 0.4, 20),
        record(4, 0.1, 90),
        record(5, 0.6, 10),
        record(6, 0.0, 1, status="failed"),
        record(7, 0.0, 1, status="invalid"),
    ]
    assert [row.id for row in pareto_front(pool, PAIR)] == [4, 1, 0]


def test_equal_networks_count_once_the_earliest():
    pool = [record(3, 0.2, 5, key="a"), record(1, 0.2, 5, key="b"), record(4, 0.2, 5, key="a", status="cached")]
    assert [row.id for row in pareto_front(pool, PAIR)] == [1]


def test_no_usable_network_no_front():
    assert pareto_front([], PAIR) == []
    assert pareto_front([record(0, 1.0, 1, status="invalid")], PAIR) == []


# ---------------------------------------------------------------- choosing


def chosen(members: list[FrontMember], rule: str) -> int:
    forwards, backwards = choose(members, rule), choose(members[::-1], rule)
    assert forwards is backwards  # the order in which they come does not matter
    return forwards.record.id


FOUR = [
    member(0, 1.00, 100, se=0.05, searched=3.0),
    member(1, 1.04, 50),
    member(2, 1.20, 20),
    member(3, 2.0, 5, searched=1.0),
]


@pytest.mark.parametrize(
    ("rule", "number"),
    [
        ("best-loss", 0),
        ("one-se", 1),
        ("se:0.5", 0),
        ("se:0.81", 1),
        ("se:4", 2),
        ("smallest:0", 0),
        ("smallest:0.03", 0),
        ("smallest:0.04", 1),
        ("smallest:0.2", 2),
        ("smallest:0.99", 2),
        ("smallest:1", 3),
        ("smallest:50", 3),
    ],
)
def test_rules_by_hand(rule, number):
    assert chosen(FOUR, rule) == number


def test_the_loss_of_the_fresh_seeds_counts_not_that_of_the_search():
    lucky = [member(0, 0.5, 10, searched=0.1), member(1, 0.4, 10, searched=0.3)]
    assert chosen(lucky, "best-loss") == 1
    assert chosen(lucky, "one-se") == 1


@pytest.mark.parametrize("rule", ["best-loss", "one-se", "smallest:0", "knee"])
def test_ties_go_to_the_smaller_then_to_the_older(rule):
    assert chosen([member(5, 0.5, 20), member(2, 0.5, 30), member(9, 0.5, 20)], rule) == 5


def test_without_folds_one_se_is_best_loss():
    members = [member(0, 1.0, 100), member(1, 1.0001, 1)]
    assert chosen(members, "one-se") == chosen(members, "best-loss") == 0


def test_the_standard_error_is_that_of_the_best_member():
    members = [member(0, 1.0, 100, se=0.1), member(1, 1.09, 50, se=9.0), member(2, 1.11, 10, se=9.0)]
    assert chosen(members, "one-se") == 1


def test_the_knee_by_hand():
    # Sizes 1, 10, 100, 1000 lie at 0, 1/3, 2/3, 1; the line runs from (0, 1) to (1, 0).
    members = [member(0, 1.0, 1), member(1, 0.3, 10), member(2, 0.1, 100), member(3, 0.0, 1000)]
    assert chosen(members, "knee") == 1  # 1/3 + 0.3 is less than 2/3 + 0.1
    members[1] = member(1, 0.5, 10)
    assert chosen(members, "knee") == 2  # 1/3 + 0.5 is more
    huge = [member(0, 1e9, 1), member(1, 3e8, 10), member(2, 1e8, 100), member(3, 0.0, 1000)]
    assert chosen(huge, "knee") == 1  # units do not matter


def test_a_knee_needs_two_different_ends():
    assert chosen([member(4, 0.7, 10)], "knee") == 4
    assert chosen([member(0, 0.7, 10), member(1, 0.6, 10)], "knee") == 1
    assert chosen([member(0, 0.7, 20), member(1, 0.7, 10)], "knee") == 1


def test_nothing_to_choose_from():
    with pytest.raises(ValueError, match="no network to choose from"):
        choose([], "best-loss")


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("nee", "unknown rule for --choose 'nee': did you mean 'knee'?"),
        ("knee:0.1", "--choose knee:0.1: knee takes no tolerance"),
        ("smallest", "write smallest:TOLERANCE"),
        ("smallest:-1", "number of at least 0"),
        ("smallest:nan", "number of at least 0"),
        ("smallest:inf", "number of at least 0"),
        ("smallest:five", "number of at least 0"),
    ],
)
def test_unusable_rules_are_the_users_mistake(rule, sentence):
    with pytest.raises(InputError, match=sentence.replace("?", r"\?")):
        choose(FOUR, rule)


def test_finalists_are_the_front_and_the_other_distinct_survivors() -> None:
    pool = [record(0, 1.0, 1), record(1, 2.0, 2), record(2, 3.0, 3), record(3, 4.0, 4)]
    copy = pool[1].replace(id=4, status="cached")
    failed = record(5, float("inf"), 1, status="failed")
    assert [r.id for r in finalist_records(pool, [pool[0], pool[1], copy, failed], PAIR)] == [0, 1]


def test_the_reported_front_goes_by_the_fresh_losses() -> None:
    lucky, sound, small = record(0, 0.1, 5), record(1, 0.2, 4), record(2, 0.9, 1)
    members = [FrontMember(lucky, 0.5, 0.0), FrontMember(sound, 0.3, 0.0), FrontMember(small, 0.9, 0.0)]
    assert [member.record.id for member in front_of(members, PAIR)] == [1, 2]
    assert front_of([], PAIR) == []


def test_with_rungs_the_front_alone_is_looked_at_again_or_who_came_furthest():
    ok = [record(i, loss, size, rung=1, rows=100) for i, loss, size in ((0, 0.1, 9), (1, 0.2, 3), (2, 0.3, 8))]
    assert [one.id for one in finalist_records(ok, ok, ("val_loss", "n_params"))] == [0, 1]
    raced = [one.replace(status="raced", rung=rung) for one, rung in zip(ok, (0, 1, 1), strict=True)]
    found = finalist_records(raced, [], ("val_loss", "n_params"))
    assert found == [raced[1]]
    assert found[0].status == "raced"
