"""What judges the planted company: seeds from the commit, sets that may be absent."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks import planted, planted_resembles
from benchmarks.acceptance import REGISTRY
from benchmarks.planted_linkage import (
    Record,
    births_agree,
    closure,
    letters_of,
    names_agree,
    national,
)
from crm_tasks.planted import Company


def record(name="Ann Lee", birth="", **fields):
    values = {"raw_email": "", "raw_phone": "", "address": ""} | fields
    return Record(("crm", "C1"), name, letters_of(name), birth=birth, **values)


def test_seeds_follow_from_the_commit_and_differ() -> None:
    seeds = planted.seeds_of("6078b6d123")
    assert len(set(seeds)) == 3
    assert seeds == planted.seeds_of("6078b6d123+") != planted.seeds_of("6078b6d124")


def test_the_acceptance_lines_belong_to_the_sources() -> None:
    own = [line for line in REGISTRY.lines(2) if line.measure.__module__ == planted.__name__]
    assert len(own) == 3


def test_sets_that_are_absent_are_named_and_skipped(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(planted_resembles, "planted", lambda _: iter(()))
    monkeypatch.setattr(planted_resembles, "REAL", (planted_resembles.ciaodvd,))
    samples, absent = planted_resembles.collect(Company("S", 1), tmp_path)
    assert samples == []
    assert len(absent) == 1
    assert absent[0].startswith("ciaodvd")


def test_gaps_are_counted_within_a_customer() -> None:
    customer = pd.Series(["a", "b", "a", "a"])
    moment = pd.Series(pd.to_datetime(["2023-01-01", "2023-01-02", "2023-01-11", "2023-01-11"]))
    assert planted_resembles.gaps_in_days(customer, moment).tolist() == [10.0]


def test_a_power_law_s_exponent_is_found_again() -> None:
    u = np.random.default_rng(0).random(200_000)
    degrees = np.floor(10 * u ** (-1 / 1.6)).astype(np.int64)
    (n, exponent) = planted_resembles.tail("planted", degrees).cells
    assert n == "200,000"
    assert float(exponent) == pytest.approx(2.6, abs=0.1)


def test_a_name_has_the_same_letters_in_every_script_and_order() -> None:
    assert (
        letters_of("张伟")
        == letters_of("張偉")
        == letters_of("Zhang Wei")
        == letters_of("Wei Zhang")
    )
    assert letters_of("Mr John Smith") == letters_of("Smith, John")


def test_a_clerk_compares_with_care() -> None:
    assert names_agree(record("J. Smith"), record("John Smith"))
    assert names_agree(record("sunny"), record("John Smith")) is None
    assert not names_agree(record("John Smith"), record("Mary Jones"))
    assert births_agree(record(birth="1980-02-03"), record(birth="1980-03-02"))
    assert births_agree(record(birth="1980-02-03"), record()) is None
    assert births_agree(record(birth="1980-02-03"), record(birth="1955-12-24")) is False
    assert national("+44 7412-345678") == national("07412345678")
    assert national("+8613012345678") == "13012345678"
    assert closure({(0, 1), (1, 2)}, 5) == {(0, 1), (1, 2), (0, 2)}
