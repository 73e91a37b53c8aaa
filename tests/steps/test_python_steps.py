"""The steps that compute in Python: done again they give the same bytes, and use what came before.

Each is called as the runner calls it, on the working file and the hand-overs of a real run.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from crm_tasks.contracts import find_table
from crm_tasks.errors import RunStateError
from crm_tasks.ml.propensity.params import PropensityParams
from crm_tasks.ml.segments import RFM_SEGMENTS
from crm_tasks.steps import (
    anomalies,
    brief,
    choices,
    evaluation,
    foresight,
    graph,
    identity,
    learning,
    ml,
    outlook,
    patterns,
    pictures,
    recommendations,
    strategy,
)
from crm_tasks.steps.registry import STEPS, find_step
from crm_tasks.steps.standing import tables_contributed_to, tables_written
from crm_tasks.warehouse.tables import read_part, read_table
from tests.flow.small_company import N_CUSTOMERS, N_RECORDS

COMPUTING = [
    step.name
    for step in STEPS
    if step.name != "land" and (tables_written(step) or step.contributes)
]


def hand_overs(run, step):
    """Return the bytes of every table, and part of a table, a step handed over, by folder."""
    folders = [run.home.table_dir(table, run.run_id) for table in tables_written(find_step(step))]
    folders += [
        run.home.table_dir(table, run.run_id, step)
        for table in tables_contributed_to(find_step(step))
    ]
    return {folder: (folder / "rows.parquet").read_bytes() for folder in folders}


def test_these_are_the_steps_that_compute():
    assert COMPUTING == [
        "identity", "texts", "relationships", "influence", "links", "segments", "voice",
        "patterns", "predictions", "choices", "recommendations", "value", "forecasts",
        "next_purchases", "anomalies", "uplift", "comparisons", "assignments", "actions",
        "campaign_response", "results", "brief",
    ]  # fmt: skip


@pytest.mark.parametrize("step", COMPUTING)
def test_done_again_a_step_writes_the_same_bytes(opened, step):
    run = opened(step)
    before = hand_overs(run, step)
    report = find_step(step).load()(run)
    assert len(before) > 0
    assert hand_overs(run, step) == before
    reported = run.ledger.report_of(run.run_id, step)
    assert (report.rows_in, report.rows_written) == (reported["rows_in"], reported["rows_written"])
    rows = [read_table(run.home, table, run.run_id) for table in tables_written(find_step(step))]
    rows += [
        read_part(run.home, table, run.run_id, step)
        for table in tables_contributed_to(find_step(step))
    ]
    assert report.rows_written == sum(table.num_rows for table in rows)
    assert report.message == reported["message"]


@pytest.mark.parametrize("step", COMPUTING)
def test_a_step_notes_all_it_reads_and_leaves_no_reader_open(opened, step):
    run = opened(step)
    find_step(step).load()(run)
    assert run.reads
    for table in run.reads:
        assert find_table(table).full_name == table
    # An open reader would lock dbt out, in this process or another.
    duckdb.connect(str(run.home.warehouse_file)).close()


def test_everybody_a_fact_refers_to_is_one_customer(opened):
    run = opened("identity")
    report = identity.resolve_identities(run)
    records = run.read("identity.records")
    assert records.num_rows == N_RECORDS
    assert len(set(records.column("customer_id").to_pylist())) == N_CUSTOMERS
    assert (
        report.message == f"{N_RECORDS} records, {N_CUSTOMERS} customers, {N_CUSTOMERS} of them new"
    )


def test_customers_of_the_predecessor_are_not_announced_again(opened):
    run = opened("identity")
    later = replace(run, predecessor_run_id=run.run_id)
    report = identity.resolve_identities(later)
    assert report.message == f"{N_RECORDS} records, {N_CUSTOMERS} customers, 0 of them new"
    assert run.read("identity.events").num_rows == 0


def test_communities_keep_the_names_the_predecessor_gave_them(opened):
    run = opened("relationships")
    before = run.read("graph.communities")
    later = replace(run, predecessor_run_id=run.run_id, as_of=run.as_of + dt.timedelta(days=1))
    graph.build_relationships(later)
    after = run.read("graph.communities")
    names = set(before.column("community_id").to_pylist())
    assert names
    assert set(after.column("community_id").to_pylist()) == names
    assert (
        after.column("previous_community_id").to_pylist()
        == after.column("community_id").to_pylist()
    )
    assert set(after.column("overlap").to_pylist()) == {1.0}
    assert set(after.column("as_of_date").to_pylist()) == {later.as_of}


def test_what_is_foreseen_speaks_of_the_customers_of_the_run(opened):
    run = opened("influence")
    report = foresight.build_influence(run)
    everybody = set(run.read("core.dim_customers").column("customer_id").to_pylist())
    seeds = run.read("graph.influence_seeds")
    assert seeds.num_rows > 0
    assert set(seeds.column("customer_id").to_pylist()) <= everybody
    assert set(run.read("graph.customer_influence").column("customer_id").to_pylist()) <= everybody
    assert set(run.read("graph.activation_probabilities").column("source").to_pylist()) <= {
        "declared", "learned",
    }  # fmt: skip
    assert report.figures["influence_seeds"] == seeds.num_rows


def test_links_are_judged_before_they_are_shown(opened):
    run = opened("links")
    foresight.build_links(run)
    similar = run.read("graph.similar_customers").to_pandas()
    assert len(similar) > 0
    assert (similar["customer_id"] != similar["similar_customer_id"]).all()
    judged = run.read("graph.link_prediction_judgements").to_pandas()
    predicted = set(run.read("graph.link_predictions").column("edge_type").to_pylist())
    assert predicted <= set(judged[judged["verdict"] != "not_judged"]["layer"])


def test_forecasts_begin_with_the_as_of_date_and_purchases_are_not_before(opened):
    run = opened("forecasts")
    outlook.build_forecasts(run)
    dates = run.read("ml.forecasts").column("target_date")
    assert pc.min(dates).as_py() == run.as_of
    later = opened("next_purchases")
    outlook.build_next_purchases(later)
    part = later.home.table_dir(find_table("ml.predictions"), run.run_id, "next_purchases")
    said = pq.read_table(part / "rows.parquet", partitioning=None)
    assert said.num_rows > 0
    assert min(said.column("value_label").to_pylist()) >= run.as_of.isoformat()


def test_who_is_looked_at_for_anomalies_is_a_customer_and_a_row_says_who_answers(opened):
    run = opened("anomalies")
    report = anomalies.find_unusual(run)
    rows = {}
    for name in ("ml.predictions", "ml.model_comparisons"):
        part = run.home.table_dir(find_table(name), run.run_id, "anomalies")
        rows[name] = pq.read_table(part / "rows.parquet", partitioning=None)
    everybody = set(run.read("core.dim_customers").column("customer_id").to_pylist())
    assert set(rows["ml.predictions"].column("customer_id").to_pylist()) <= everybody
    assert set(rows["ml.model_comparisons"].column("target").to_pylist()) == {"anomaly"}
    assert f"{rows['ml.predictions'].num_rows:,} customers looked at" in report.message


def test_every_model_that_names_a_picture_has_one(opened):
    run = opened("pictures")
    pictures.draw_models(run)
    folder = run.home.reports / run.run_id
    named = {name for name in run.read("ml.models").column("picture").to_pylist() if name}
    found = {path.name for path in folder.glob("*.svg")}
    assert named
    assert named <= found
    assert "segments-rfm.svg" in found


def test_every_customer_is_in_one_segment_that_has_a_definition(opened):
    run = opened("segments")
    report = ml.build_segments(run)
    segments = run.read("ml.segments")
    defined = set(run.read("ml.segment_definitions").column("segment_id").to_pylist())
    by_kind = segments.to_pandas().groupby("segmentation")["customer_id"].agg(["size", "nunique"])
    assert (by_kind["size"] == by_kind["nunique"]).all()
    for kind in ("rfm", "lifecycle", "loyalty"):
        assert by_kind.loc[kind, "size"] == N_CUSTOMERS
    assert len([one for one in defined if one.startswith("rfm:")]) == len(RFM_SEGMENTS)
    found = set(segments.column("segment_id").to_pylist())
    assert found <= defined
    kinds = f"{len(found)} segments of {len(by_kind)} kinds"
    assert report.message == f"{N_CUSTOMERS} customers in {kinds}"
    entered = run.read("ml.segment_history")
    assert entered.num_rows == segments.num_rows
    assert set(entered.column("event").to_pylist()) == {"entered"}


def test_a_customer_who_stays_in_a_segment_keeps_the_date_he_came(opened):
    run = opened("segments")
    ml.build_segments(run)
    before = run.read("ml.segments").to_pandas().set_index(["customer_id", "segmentation"])
    later = replace(run, predecessor_run_id=run.run_id, as_of=run.as_of + dt.timedelta(days=1))
    ml.build_segments(later)
    after = run.read("ml.segments").to_pandas().set_index(["customer_id", "segmentation"])
    assert (after["segment_id"] == before["segment_id"]).all()
    assert (after["assigned_at"] == before["assigned_at"]).all()
    assert run.read("ml.segment_history").num_rows == 0
    compared = run.read("evaluation.segment_stability").to_pandas()
    of_before = compared[compared["compared_with"] == "predecessor"]
    assert len(of_before) == after.index.get_level_values(1).nunique()
    assert (of_before["ari"] == 1).all()
    assert (of_before["share_moved"] == 0).all()


def test_patterns_are_counted_over_the_baskets_of_the_run(opened):
    run = opened("patterns")
    report = patterns.find_patterns(run)
    counts = run.read("ml.pattern_counts").to_pandas().set_index(["rule_kind", "n_items"])
    lines = run.read("core.fct_order_items").to_pandas()
    is_item = ~lines["is_unknown_product"] & ~lines["is_zero_quantity"] & (lines["net_amount"] >= 0)
    baskets = lines[is_item & lines["ordered_at"].notna()]["order_id"].nunique()
    assert counts.loc[("association", 1), "n_baskets"] == baskets > 0
    # A predecessor of code that knew no patterns has none to compare with.
    patterns.find_patterns(replace(run, predecessor_run_id="a run of earlier code"))
    assert report.figures["pattern_counts"] == len(counts)


def test_lists_are_judged_before_they_are_made(opened):
    run = opened("recommendations")
    report = recommendations.recommend_products(run)
    lists = run.read("ml.recommendations").to_pandas()
    everybody = set(run.read("core.dim_customers").column("customer_id").to_pylist())
    assert set(lists["customer_id"]) <= everybody
    assert report.message == f"{len(lists):,} products recommended"
    judged = run.read("ml.model_comparisons").to_pandas()
    targets = set(judged["target"])
    assert {"recommend:buy_again", "recommend:discover"} <= targets


def test_the_plan_may_do_what_the_profile_allows(opened):
    run = opened("actions")
    params = strategy.params_of(run)
    assert params.channels == ("mail", "email")
    assert (params.actions_per_day, params.consent_when_unknown) == (10, "assume")
    assert params.is_dry_run
    live = replace(run, profile=run.profile.model_copy(update={"dry_run_only": False}))
    assert strategy.params_of(replace(live, is_dry_run=True)).is_dry_run
    assert not strategy.params_of(replace(live, is_dry_run=False)).is_dry_run


def test_who_is_still_to_be_contacted_by_the_last_plan_is_not_planned_again(opened):
    run = opened("actions")
    live = replace(
        run, is_dry_run=False, profile=run.profile.model_copy(update={"dry_run_only": False})
    )
    strategy.plan_actions(live)
    first = run.read("strategy.actions")
    assert set(first.column("status").to_pylist()) == {"planned"}
    strategy.plan_actions(replace(live, predecessor_run_id=run.run_id))
    second = run.read("strategy.actions")
    again = set(first.column("customer_id").to_pylist()) & set(
        second.column("customer_id").to_pylist()
    )
    assert first.num_rows > 0
    assert again == set()


def test_past_campaigns_are_measured_and_labelled_observational(opened):
    run = opened("campaign_response")
    report = evaluation.measure_campaign_response(run)
    rows = run.read("evaluation.campaign_response")
    assert report.message == "2 campaigns with contacts, observational unless drawn at random"
    assert sorted(rows.column("n_contacted").to_pylist()) == [20, 30]
    assert pc.all(pc.starts_with(rows.column("label"), "Observational")).as_py()


def test_the_brief_tells_what_this_run_measured(opened):
    run = opened("brief")
    row = {
        "campaign_id": "autumn", "outcome": "value", "estimand": "total",
        "estimator": "design_contrast", "arm": "treatment", "baseline_arm": "control",
        "effect": 4.25, "se": 1.0, "ci_low": 2.25, "ci_high": 6.25, "interval_kind": "fixed",
        "n_units": 60, "n_clusters": 12, "evidence": "randomised", "is_headline": True,
        "is_final": True, "label": "l", "label_zh": "l", "as_of_date": run.as_of,
    }  # fmt: skip
    schema = find_table("evaluation.strategy_results").arrow_schema
    rows = pa.Table.from_pylist([row], schema=schema)
    run.write("evaluation.strategy_results", rows)
    brief.write_brief(run)
    pages = run.read("strategy.decision_briefs").to_pylist()
    (page,) = [p["content"] for p in pages if (p["language"], p["format"]) == ("en", "md")]
    assert "| autumn | money spent | everybody contacted, instead of nobody | 4.2500 |" in page


def test_what_was_decided_for_a_day_that_is_over_is_handed_over_as_it_was(opened):
    run = opened("actions")
    over = replace(run, run_id="later", claim=replace(run.claim, run_id="later"),
                   row={**run.row, "decisions_run_id": run.run_id})  # fmt: skip
    report = strategy.plan_actions(over)
    for table in ("strategy.campaigns", "strategy.actions", "strategy.action_reasons"):
        assert over.read(table).equals(run.read(table))
    assert report.message.endswith("actions stand as they were decided")


def test_decisions_that_earlier_code_wrote_otherwise_are_not_guessed(opened):
    run = opened("actions")
    file = run.home.table_dir(find_table("strategy.actions"), run.run_id) / "rows.parquet"
    pq.write_table(pq.read_table(file, partitioning=None).drop_columns(["arm"]), file)
    over = replace(run, row={**run.row, "decisions_run_id": run.run_id})
    with pytest.raises(RunStateError, match="written by earlier code and lacks columns"):
        strategy.plan_actions(over)


def test_customers_the_sources_deleted_or_that_were_erased_are_not_contacted():
    customers = pa.table({"customer_id": ["a", "b", "c"], "frequency": [1, 2, 3]})
    people = pa.table({
        "customer_id": ["a", "b", "c"], "is_deleted": [False, True, False],
        "is_erased": [False, False, True],
    })  # fmt: skip
    kept = strategy.without_gone(customers, people)
    assert kept.to_pydict() == {"customer_id": ["a"], "frequency": [1]}


def test_every_buyer_has_predictions_of_a_registered_model(opened):
    run = opened("comparisons")
    ml.compare_models(run)
    predictions = run.read("ml.predictions")
    models = set(run.read("ml.models").column("model_version").to_pylist())
    assert predictions.num_rows > 0
    assert set(predictions.column("model_version").to_pylist()) <= models
    store = run.ledger.store
    kept = store.rows("select * from model_artifacts where model_kind = 'learning'")
    versions = {row["model_version"] for row in kept}
    assert versions <= models
    # Drift is watched of models that score features; a customer's own gap has none.
    with_features = {one for one in versions if one.startswith(("buy:", "churn:"))}
    watched = store.rows("select * from model_monitoring")
    assert {row["model_version"] for row in watched} == with_features > set()


def test_choices_of_too_few_customers_are_not_judged_and_say_so(opened):
    run = opened("choices")
    report = choices.predict_choices(run)
    told = read_part(run.home, find_table("ml.model_comparisons"), run.run_id, "choices")
    assert set(told.column("target").to_pylist()) == {"next_category", "next_price", "need"}
    assert set(told.column("verdict").to_pylist()) == {"not_judged"}
    assert None not in told.column("reason").to_pylist()
    assert report.message == "0 predictions of what comes next"


def test_the_model_in_force_is_read_back_unless_its_file_was_changed(opened):
    run = opened("predictions")
    later = replace(run, predecessor_run_id=run.run_id, as_of=run.as_of + dt.timedelta(days=1))
    standing = learning.standing_models(later, PropensityParams())
    assert standing
    (row, *_) = run.ledger.store.rows("select * from model_artifacts where model_kind='learning'")
    (run.home.root / row["artifact_path"]).write_bytes(b"changed")
    with pytest.raises(RunStateError, match="is missing or was changed"):
        learning.standing_models(later, PropensityParams())
