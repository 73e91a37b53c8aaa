"""Columns of the same people's ids land alike: as tokens everywhere, or nowhere."""

from __future__ import annotations

import pytest

from crm_tasks.profiling.decisions import NOTHING, Decision
from crm_tasks.profiling.mapping import FeedProposal, FieldProposal
from crm_tasks.profiling.people import with_same_people
from tests.profiling.tables import table

HANDLES = [f"@person{n}" for n in range(20)]


def refers(entity, **fields):
    return FeedProposal(
        entity, {name: FieldProposal(column, 0.9, NOTHING) for name, column in fields.items()}
    )


def judged(**classes):
    return {name: Decision(value, 0.8, NOTHING) for name, value in classes.items()}


@pytest.fixture
def posts_and_follows():
    """Posts tell their author as a handle; of follows nobody recognised what the ends are."""
    tables = [
        table("posts", {"author": HANDLES}),
        table("follows", {"follower": HANDLES[:12], "followed": HANDLES[8:]}),
    ]
    feeds = [
        [refers("social_interactions", actor_source_id="author")],
        [refers("ties", from_source_id="follower", to_source_id="followed")],
    ]
    return tables, feeds


def test_an_id_that_is_a_handle_elsewhere_is_a_handle_here(posts_and_follows):
    classes = [judged(author="handle"), judged(follower="plain", followed="undecided")]
    found = with_same_people(*posts_and_follows, classes)
    assert {name: one.value for name, one in found[1].items()} == {
        "follower": "handle",
        "followed": "handle",
    }
    assert "posts" in found[1]["follower"].remark.en
    assert "author" in found[1]["follower"].remark.en
    assert classes[1]["follower"].value == "plain", "what was given is left as it was"


def test_ids_that_identify_nowhere_stay_plain(posts_and_follows):
    classes = [judged(author="plain"), judged(follower="plain", followed="undecided")]
    assert with_same_people(*posts_and_follows, classes) == classes


def test_other_peoples_ids_are_not_drawn_in(posts_and_follows):
    tables, feeds = posts_and_follows
    tables[1] = table("follows", {"follower": ["K1", "K2"], "followed": ["K2", "K3"]})
    classes = [judged(author="handle"), judged(follower="plain", followed="plain")]
    assert with_same_people(tables, feeds, classes) == classes
