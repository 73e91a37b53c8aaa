"""Lines are judged one by one; one that breaks is missed and stops nobody."""

from __future__ import annotations

import pytest

from benchmarks.acceptance import REGISTRY, Line, Measured, NotRun, Registry, Row, judge


def holds(_workshop):
    return Measured("3 of 3", holds=True)


def misses(_workshop):
    return Measured("2 of 3", holds=False)


def cannot(_workshop):
    raise NotRun("no such thing here")


def breaks(_workshop):
    raise ValueError("first line\nsecond line")


@pytest.mark.parametrize(
    ("measure", "measured", "verdict"),
    [
        (holds, "3 of 3", "holds"),
        (misses, "2 of 3", "MISSED"),
        (cannot, "no such thing here", "not run"),
        (breaks, "ValueError: first line", "MISSED"),
    ],
)
def test_each_outcome_has_its_verdict(measure, measured, verdict):
    assert judge([Line(1, "a claim", measure)], None, lambda _: None) == [
        Row(1, "a claim", measured, verdict)
    ]


def test_a_line_that_breaks_does_not_stop_the_next():
    told = []
    rows = judge([Line(1, "one", breaks), Line(2, "two", holds)], None, told.append)
    assert [row.verdict for row in rows] == ["MISSED", "holds"]
    assert told == rows


def test_lines_come_by_issue_and_then_as_declared():
    registry = Registry()
    for issue, claim in ((2, "c"), (1, "b"), (1, "a")):
        registry.line(issue, claim)(holds)
    assert [line.claim for line in registry.lines()] == ["b", "a", "c"]
    assert [line.claim for line in registry.lines(2)] == ["c"]


def test_every_registered_line_says_what_it_claims_once():
    import benchmarks.accept  # noqa: F401 (importing registers the lines of all issues)

    lines = REGISTRY.lines()
    claims = [line.claim for line in lines]
    assert len(lines) > 10
    assert len(set(claims)) == len(claims)
    assert {line.issue for line in lines} <= set(range(1, 8))
    assert all(line.measure.__doc__ for line in lines)
