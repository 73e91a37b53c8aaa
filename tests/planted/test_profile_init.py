"""`crm profile init` on the planted company's files, judged by the profile people wrote for it."""

from __future__ import annotations

import datetime as dt

import pytest

from crm_tasks.connectors.preflight import Limits
from crm_tasks.profiles import load_profile
from crm_tasks.profiling.company import Told
from crm_tasks.steps.profile_check import check_profile
from crm_tasks.steps.profile_init import propose, write

#: Mappings that are the same in both profiles, of those in the written one that read columns.
SAME_AT_LEAST = 0.9


def by_file(profile):
    """Return the file tables of a profile by the path of their file below the sources."""
    return {
        f"{source.root}/{table.files}".removeprefix("./").removeprefix("data/"): table
        for source in profile.sources
        if source.root is not None
        for table in source.tables
        if table.files is not None
    }


@pytest.fixture(scope="module")
def proposed_profile(sources, tmp_path_factory):
    """Return the file of the profile proposed for all the company's files; it needs no edit."""
    folder = tmp_path_factory.mktemp("planted-init")
    (folder / "data").symlink_to(sources)
    suffixes = (".csv", ".json", ".jsonl", ".parquet")
    paths = sorted(path for path in sources.rglob("*") if path.suffix in suffixes)
    proposal = propose(paths, folder / "planted.yml", Limits(), Told("planted"))
    assert proposal.edits == ()
    write(proposal, folder / "planted.yml")
    return folder / "planted.yml"


@pytest.fixture(scope="module")
def tables(sources, proposed_profile):
    """Return the proposed and the written tables of every file both profiles know."""
    proposed = {}
    for source in load_profile(str(proposed_profile)).sources:
        folder = (proposed_profile.parent / source.root).resolve().relative_to(sources.resolve())
        proposed |= {f"{folder}/{table.files}": table for table in source.tables}
    written = by_file(load_profile("planted"))
    shared = proposed.keys() & written.keys()
    assert len(shared) > 15
    return {name: (proposed[name], written[name]) for name in sorted(shared)}


def test_every_file_feeds_what_people_mapped_it_onto(tables):
    for name, (proposed, written) in tables.items():
        fed = {feed.entity for feed in proposed.feeds}
        assert {feed.entity for feed in written.feeds} <= fed, name


def test_the_proposed_profile_passes_its_check(proposed_profile):
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    checked = check_profile(str(proposed_profile), proposed_profile.parent, Limits(), now)
    assert [f for f in checked.findings if f.level == "error"] == []
    assert checked.is_runnable


def test_every_column_that_identifies_people_is_found(tables):
    for name, (proposed, written) in tables.items():
        missed = {c for c in written.columns if c in written.identifying} - set(
            proposed.identifying
        )
        assert missed == set(), name


def test_kinds_agree_but_for_doubts(tables):
    pairs = [
        (proposed.identifying[column], kind)
        for proposed, written in tables.values()
        for column, kind in written.identifying.items()
        if column in proposed.identifying
    ]
    assert len(pairs) > 20
    assert sum(one == other for one, other in pairs) >= SAME_AT_LEAST * len(pairs)


def test_few_plain_columns_are_taken_for_identifying(tables):
    plain = [(n, c) for n, (_, w) in tables.items() for c in w.columns if c not in w.identifying]
    wrong = [(n, c) for n, c in plain if c in tables[n][0].identifying]
    assert len(plain) > 100
    assert len(wrong) <= len(plain) // 50, wrong


def test_fields_are_mapped_as_people_mapped_them(tables):
    same = n_written = 0
    for proposed, written in tables.values():
        found = {feed.entity: feed.map for feed in proposed.feeds}
        for feed in written.feeds:
            for field, mapping in feed.map.items():
                if isinstance(mapping, str):
                    n_written += 1
                    same += found.get(feed.entity, {}).get(field) == mapping
    assert n_written > 100
    assert same >= SAME_AT_LEAST * n_written, f"{same} of {n_written}"
