"""Seeds beside their baselines: judged in the same worlds, and worth their cost when planted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from crm_tasks.contracts import check_rows
from crm_tasks.contracts.graph_influence import (
    DIFFUSION_CURVES,
    INFLUENCE_COMPARISONS,
    INFLUENCE_SEEDS,
)
from crm_tasks.graph.influence.activation import carried, learn_activation
from crm_tasks.graph.influence.arcs import Influence, spread_arcs
from crm_tasks.graph.influence.cascades import simulate
from crm_tasks.graph.influence.params import InfluenceParams
from crm_tasks.graph.influence.reach_sets import Limits
from crm_tasks.graph.influence.seeds import (
    BASELINES,
    baselines,
    comparison_rows,
    curve_rows,
    judge_seeds,
    seed_rows,
)
from tests.graph.builders import AS_OF, random_network
from tests.graph.influence.small import eight, network_of

PARAMS = replace(InfluenceParams(), worlds=2_000)
MODELS = ("independent_cascade", "linear_threshold")


def judged_of(arcs, at_most=2):
    n = arcs.n_nodes
    return judge_seeds(arcs, Limits.of(np.ones(n), np.zeros(n, dtype=bool), None, at_most), PARAMS)


@pytest.fixture(scope="module", params=MODELS)
def under_budget(request, planted):
    """The planted company's seeds, contacts paid as its campaigns pay them."""
    learned = learn_activation([planted.layer], planted.units, PARAMS)
    arcs = spread_arcs(carried(learned, request.param), request.param)
    return planted, judge_seeds(arcs, planted.limits(budget=2.0), PARAMS)


def test_under_costs_and_a_budget_seeds_reach_a_fifth_more_than_out_degree(under_budget):
    _, judged = under_budget
    rows = {row["method"]: row for row in comparison_rows(judged, "k", AS_OF).to_pylist()}
    assert rows["reach_sets"]["ratio_to_out_degree"] >= 1.2
    assert rows["reach_sets"]["lead_ci_low"] > 0
    assert all(row["cost"] <= 2.0 for row in rows.values())


def test_another_simulation_confirms_the_lead(under_budget):
    _, judged = under_budget
    by_method = {choice.method: choice.seeds for choice in judged.choices}
    spread = {
        name: simulate(judged.arcs, by_method[name], 2_000, seed=77).total
        for name in ("reach_sets", "out_degree")
    }
    assert spread["reach_sets"] >= 1.2 * spread["out_degree"]


def test_nobody_without_consent_is_a_seed(under_budget):
    _, judged = under_budget
    forbidden = set(np.flatnonzero(judged.limits.costs > judged.limits.budget).tolist())
    assert forbidden
    for choice in judged.choices:
        assert len(choice.seeds) > 0
        assert not forbidden & set(choice.seeds.tolist())


@pytest.mark.parametrize("seed", range(4, 12))
@pytest.mark.parametrize("model", MODELS)
def test_the_chosen_never_reach_fewer_than_out_degree_s(seed, model):
    network = random_network(seed)
    arcs = spread_arcs([Influence(network, 0.5, 0.6, "both")], model)
    rows = comparison_rows(judged_of(arcs), "k", AS_OF).to_pylist()
    (chosen,) = [row for row in rows if row["is_chosen"]]
    assert chosen["spread"] == max(row["spread"] for row in rows)
    assert chosen["lead_over_out_degree"] >= 0
    assert {row["method"] for row in rows} == {"reach_sets", *BASELINES}


def test_tables_keep_their_contracts_and_agree_with_each_other():
    judged = judged_of(eight("independent_cascade"))
    seeds = check_rows(INFLUENCE_SEEDS, seed_rows(judged, "k", AS_OF)).to_pylist()
    compared = check_rows(INFLUENCE_COMPARISONS, comparison_rows(judged, "k", AS_OF)).to_pylist()
    curves = check_rows(DIFFUSION_CURVES, curve_rows(judged, "k", AS_OF, PARAMS)).to_pylist()
    for row in compared:
        own = [one for one in seeds if one["method"] == row["method"]]
        assert [one["rank"] for one in own] == [1, 2]
        assert own[-1]["cumulative_spread"] == row["spread"]
        assert sum(one["marginal_spread"] for one in own) == pytest.approx(row["spread"], abs=1e-5)
        assert sum(one["cost"] for one in own) == row["cost"] == 2.0
    assert {row["scenario_id"] for row in curves} >= {
        f"k:independent_cascade:{judged.chosen.method}", "k:independent_cascade:out_degree",
    }  # fmt: skip
    last = [r for r in curves if r["is_chosen"] and r["step"] == PARAMS.curve_steps]
    assert last[0]["expected_active"] == pytest.approx(judged.chosen.spread.total)


def test_the_sets_own_figure_stands_beside_the_simulated_one():
    judged = judged_of(eight("independent_cascade"))
    rows = {row["method"]: row for row in comparison_rows(judged, "k", AS_OF).to_pylist()}
    assert rows["reach_sets"]["own_estimate"] == pytest.approx(
        rows["reach_sets"]["spread"], rel=0.1
    )
    assert rows["reach_sets"]["n_sets"] > 1000
    assert rows["out_degree"]["own_estimate"] is None


def test_baselines_order_by_what_they_are_called_and_equals_by_id():
    rows = [("a", "b", 0.1), ("a", "c", 0.1), ("b", "c", 0.9), ("d", "c", 0.9)]
    arcs = spread_arcs(
        [Influence(network_of(rows, "abcd"), 1.0, 0.5, "along")], "independent_cascade"
    )
    orders = baselines(arcs, seed=1)
    assert orders["out_degree"].tolist() == [0, 1, 3, 2]
    assert orders["weighted_strength"].tolist() == [1, 3, 0, 2]
    assert orders["pagerank"][0] in (0, 1, 3)
    assert orders["pagerank"].tolist()[-1] == 2  # whom all others activate activates nobody
    assert sorted(orders["random"].tolist()) == [0, 1, 2, 3]


def test_nobody_to_start_with_gives_rows_without_seeds():
    arcs = eight("independent_cascade")
    bound = Limits.of(np.ones(8), np.ones(8, dtype=bool), None, 3)
    judged = judge_seeds(arcs, bound, PARAMS)
    assert seed_rows(judged, "k", AS_OF).num_rows == 0
    rows = comparison_rows(judged, "k", AS_OF).to_pylist()
    assert {row["n_seeds"] for row in rows} == {0}
    assert {row["ratio_to_out_degree"] for row in rows} == {None}
