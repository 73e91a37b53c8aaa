"""Communities: planted ones are found, keep their names between runs and are labelled."""

from __future__ import annotations

import datetime as dt
import itertools

import numpy as np
import pyarrow as pa
import pytest

from crm_tasks.contracts.graph import COMMUNITY_MEMBERS
from crm_tasks.graph.communities import find_communities
from crm_tasks.graph.engine import Network
from crm_tasks.graph.params import PURCHASE_SIMILARITY, GraphParams
from tests.graph.builders import AS_OF, ties

LATER = AS_OF + dt.timedelta(days=30)
NOBODY = COMMUNITY_MEMBERS.arrow_schema.empty_table()


def circles(*groups: str, alone: str = "") -> Network:
    """Return a network whose groups are cliques of strong ties, joined by weak ones in a row."""
    rows = [(a, b, 0.9) for group in groups for a in group for b in group if a < b]
    rows += [(a[0], b[0], 0.05) for a, b in itertools.pairwise(groups)]
    nodes = pa.chunked_array([pa.array([*"".join(groups), *alone], pa.string())])
    return Network.from_ties(nodes, ties(*rows), is_directed=False)


def found(lend, network, previous=NOBODY, as_of=AS_OF, bought=None, categories=None):
    bought = bought or {}
    scratch = lend(
        previous_members=previous,
        purchase_ties=pa.table(
            {
                "src_id": pa.array([c for c, ps in bought.items() for _ in ps], pa.string()),
                "dst_id": pa.array([p for ps in bought.values() for p in ps], pa.string()),
            }
        ),
        products=pa.table(
            {
                "product_id": pa.array(list(categories or {}), pa.string()),
                "category_l2": pa.array(list((categories or {}).values()), pa.string()),
            }
        ),
    )
    return find_communities(scratch, PURCHASE_SIMILARITY, network, as_of, GraphParams())


def groups_of(members: pa.Table) -> dict[str, str]:
    """Return members, as one sorted text, by community."""
    groups: dict[str, str] = {}
    for row in sorted(members.to_pylist(), key=lambda row: row["node_id"]):
        groups[row["community_id"]] = groups.get(row["community_id"], "") + row["node_id"]
    return groups


def test_planted_circles_are_found_and_the_lonely_belong_to_none(scratch):
    result = found(scratch, circles("abcde", "fghi", alone="z"))
    assert sorted(groups_of(result.members).values()) == ["abcde", "fghi"]
    assert result.communities["size"].to_pylist() == [5, 4]
    assert sum(result.communities["modularity_part"].to_pylist()) == pytest.approx(
        result.modularity, abs=1e-8
    )
    inside = {row["node_id"]: row["membership"] for row in result.members.to_pylist()}
    assert inside["b"] == 1.0
    assert inside["a"] == pytest.approx(4 * 0.9 / (4 * 0.9 + 0.05), abs=1e-9)


def test_without_ties_there_are_no_communities(scratch):
    result = found(scratch, circles(alone="abc"))
    assert result.communities.num_rows == result.members.num_rows == 0
    assert result.modularity is None


def test_a_community_keeps_its_id_while_members_come_and_go(scratch):
    first = found(scratch, circles("abcde", "fghi"))
    second = found(scratch, circles("abcdx", "fghijk"), first.members, LATER)
    before = {members: name for name, members in groups_of(first.members).items()}
    after = {members: name for name, members in groups_of(second.members).items()}
    assert after["abcdx"] == before["abcde"]
    assert after["fghijk"] == before["fghi"]
    overlap = dict(
        zip(
            second.communities["community_id"].to_pylist(),
            second.communities["overlap"].to_pylist(),
            strict=True,
        )
    )
    assert overlap[after["abcdx"]] == pytest.approx(4 / 6, abs=1e-9)
    assert overlap[after["fghijk"]] == pytest.approx(4 / 6, abs=1e-9)


def test_the_larger_half_of_a_split_keeps_the_id_and_the_other_gets_a_new_one(scratch):
    first = found(scratch, circles("abcdefgh"))
    second = found(scratch, circles("abcde", "fgh"), first.members, LATER)
    (old,) = groups_of(first.members)
    after = {members: name for name, members in groups_of(second.members).items()}
    assert after["abcde"] == old
    assert after["fgh"] != old
    previous = second.communities["previous_community_id"].to_pylist()
    assert sorted(previous, key=str) == sorted([old, None], key=str)


def test_strangers_do_not_inherit_an_id(scratch):
    first = found(scratch, circles("abcde"))
    second = found(scratch, circles("avwxy"), first.members, LATER)
    assert not set(groups_of(first.members)) & set(groups_of(second.members))


def test_ids_and_members_do_not_depend_on_the_order_of_the_input(scratch):
    network = circles("abcde", "fghi", "klmnop")
    shuffled = np.random.default_rng(5).permutation(network.n_edges)
    names = np.array(network.ids.to_pylist())
    rows = [
        (names[network.targets[i]], names[network.sources[i]], network.strengths[i])
        for i in shuffled
    ]
    nodes = pa.chunked_array([pa.array(names[::-1])])
    other = Network.from_ties(nodes, ties(*rows), is_directed=False)
    straight, again = found(scratch, network), found(scratch, other)
    assert straight.members.equals(again.members)
    assert straight.communities.equals(again.communities)


def test_a_community_is_labelled_by_what_its_members_buy_more_than_others(scratch):
    bought = {**{c: ["milk", "cat"] for c in "abcde"}, **{c: ["milk", "dog"] for c in "fghi"}}
    bought["a"] = ["milk", "cat", "rare"]
    categories = {"milk": "MILK", "cat": "CAT FOOD", "dog": "DOG FOOD", "rare": "ROSES"}
    result = found(scratch, circles("abcde", "fghi"), bought=bought, categories=categories)
    # Cat food: 5 of 11 ties against 5 of 19; roses: 1 of 11 against 1 of 19, the same lift; milk:
    # 5 of 11 against 9 of 19, less than everybody's.
    first, second = result.communities["label_terms"].to_pylist()
    assert first == "CAT FOOD, ROSES"
    assert second == "DOG FOOD, MILK"


def test_a_label_needs_support(scratch):
    bought = {c: ["milk"] for c in "abcdefgh"}
    bought["a"] = ["milk", "rare"]
    categories = {"milk": "MILK", "rare": "ROSES"}
    result = found(scratch, circles("abcdef", "gh"), bought=bought, categories=categories)
    assert "ROSES" not in str(result.communities["label_terms"].to_pylist()[0])


def random_circles(seed: int, moved: float) -> Network:
    """Return 12 circles of 25; a share of the members has moved to another circle."""
    random = np.random.default_rng(seed)
    circle = np.arange(300) % 12
    moves = random.random(300) < moved
    circle = np.where(moves, random.integers(0, 12, 300), circle)
    pairs = [(a, b) for a in range(300) for b in range(a + 1, 300)]
    chance = np.array([0.4 if circle[a] == circle[b] else 0.01 for a, b in pairs])
    drawn = np.random.default_rng(7).random(len(pairs)) < chance
    rows = [
        (f"{a:03}", f"{b:03}", 0.5) for (a, b), is_tied in zip(pairs, drawn, strict=True) if is_tied
    ]
    return Network.from_ties(
        pa.chunked_array([pa.array([f"{i:03}" for i in range(300)])]),
        ties(*rows),
        is_directed=False,
    )


def test_fewer_ids_change_than_members_do(scratch):
    previous, as_of = NOBODY, AS_OF
    churned_ids, churned_members = [], []
    for turn, moved in enumerate((0.0, 0.15, 0.3)):
        result = found(scratch, random_circles(turn, moved), previous, as_of)
        if previous.num_rows:
            ids = set(result.members["community_id"].to_pylist())
            old = set(previous["community_id"].to_pylist())
            before = dict(
                zip(*(previous[c].to_pylist() for c in ("node_id", "community_id")), strict=True)
            )
            after = dict(
                zip(
                    *(result.members[c].to_pylist() for c in ("node_id", "community_id")),
                    strict=True,
                )
            )
            churned_ids.append(len(ids - old) / len(ids))
            churned_members.append(np.mean([before.get(n) != c for n, c in after.items()]))
        previous, as_of = result.members, as_of + dt.timedelta(days=30)
    assert min(churned_members) > 0.1
    assert all(a < b for a, b in zip(churned_ids, churned_members, strict=True))


def test_stability_tells_circles_from_chance(scratch):
    steady = found(scratch, random_circles(0, 0.0)).communities["stability"].to_numpy()
    random = np.random.default_rng(3)
    pairs = {tuple(sorted(random.integers(0, 300, 2))) for _ in range(900)}
    rows = [(f"{a:03}", f"{b:03}", 0.5) for a, b in sorted(pairs) if a != b]
    names = pa.chunked_array([pa.array([f"{i:03}" for i in range(300)])])
    noise = Network.from_ties(names, ties(*rows), is_directed=False)
    shaky = found(scratch, noise).communities["stability"].to_numpy()
    assert steady.min() > 0.9
    assert shaky.mean() < 0.6
