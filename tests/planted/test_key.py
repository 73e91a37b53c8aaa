"""The answer key: complete, apart from the sources, and out of every pipeline's reach."""

from __future__ import annotations

import csv
import json

import pandas as pd
import pytest

from crm_tasks.connectors.files import source_files
from crm_tasks.errors import LandingRefused, SettingsError
from crm_tasks.planted.company import KEY_MARK
from crm_tasks.planted.key import write_key
from crm_tasks.profiles import SourceTable, load_profile

PERSONS = SourceTable.model_validate({
    "name": "persons", "files": "**/persons.parquet", "format": "parquet",
    "columns": {"person": "plain"},
    "feeds": [{"entity": "customers", "map": {"customer_source_id": "person"}}],
})  # fmt: skip


def read_ids(path, column, encoding="utf-8"):
    with path.open(encoding=encoding, newline="") as file:
        return {row[column] for row in csv.DictReader(file)}


def test_no_connector_reads_a_key_wherever_a_profile_points(key, tmp_path) -> None:
    with pytest.raises(LandingRefused, match="E_ANSWER_KEY"):
        source_files(key, PERSONS)
    with pytest.raises(LandingRefused, match="E_ANSWER_KEY"):
        source_files(key.parent, PERSONS)
    copy = tmp_path / "below"
    copy.mkdir()
    (tmp_path / KEY_MARK).touch()
    (copy / "persons.parquet").write_bytes((key / "persons.parquet").read_bytes())
    with pytest.raises(LandingRefused, match="E_ANSWER_KEY"):
        source_files(copy, PERSONS)


def test_the_profile_names_no_file_of_the_key(key) -> None:
    names = {path.name for path in key.iterdir()}
    files = {table.files for source in load_profile("planted").sources for table in source.tables}
    assert names
    assert files
    assert not {file.rsplit("/", 1)[-1] for file in files} & names


def test_a_key_does_not_go_among_sources(sources, company) -> None:
    for folder in (sources, sources / "key"):
        with pytest.raises(SettingsError, match="key"):
            write_key(folder, company)


def test_the_key_knows_every_record_of_every_source(sources, key) -> None:
    truth = pd.read_parquet(key / "records.parquet")
    by_system = {name: set(own.source_record_id) for name, own in truth.groupby("source_system")}
    assert truth.source_record_id.is_unique
    shop = pd.read_parquet(sources / "shop/customers.parquet")
    with (sources / "social/profiles.json").open(encoding="utf-8") as file:
        social = {row["id"] for row in json.load(file)["profiles"]}
    assert by_system == {
        "crm": read_ids(sources / "crm/customers.csv", "crm_id"),
        "branch": read_ids(sources / "branch/customers_gbk.csv", "客户编号", "gbk"),
        "shop": set(shop.customer_id),
        "social": social,
        "support": read_ids(sources / "support/contacts.csv", "contact_id"),
    }


def test_the_key_s_past_is_what_the_shop_says(sources, key) -> None:
    future = pd.read_parquet(key / "future.parquet")
    orders = pd.read_parquet(sources / "shop/orders.parquet")
    truth = json.loads((key / "truth.json").read_text(encoding="utf-8"))
    assert future.orders_before.sum() == len(orders)
    assert sum(truth["forecast"]["orders"][:731]) == len(orders)
    assert sum(truth["forecast"]["orders"][731:]) == future.orders_180d.sum()
    assert (future.orders_30d <= future.orders_90d).all()
    assert not ((future.orders_180d > 0) & future.has_left).any()


def test_rule_counts_are_those_of_the_shop_s_baskets(sources, key) -> None:
    items = pd.read_parquet(
        sources / "shop/order_items.parquet", columns=["order_id", "product_id"]
    )
    baskets = items.groupby("product_id").order_id.agg(set)
    truth = json.loads((key / "truth.json").read_text(encoding="utf-8"))
    assert len(truth["basket_rules"]) == 6
    for rule in truth["basket_rules"]:
        first, then = baskets[rule["antecedent"]], baskets[rule["consequent"]]
        assert rule["count_antecedent"] == len(first)
        assert rule["count_both"] == len(first & then)
        assert rule["baskets"] == items.order_id.nunique()


def test_sequence_counts_are_those_of_following_orders(sources, key) -> None:
    orders = pd.read_parquet(sources / "shop/orders.parquet")
    items = pd.read_parquet(
        sources / "shop/order_items.parquet", columns=["order_id", "product_id"]
    )
    number = orders.order_id.str[1:].astype(int)  # the same customer's orders run on
    following = dict(zip(number, number + 1, strict=True))
    there = set(number)
    baskets = items.groupby("product_id").order_id.agg(lambda ids: {int(i[1:]) for i in ids})
    truth = json.loads((key / "truth.json").read_text(encoding="utf-8"))
    for rule in truth["sequence_rules"]:
        first = {o for o in baskets[rule["antecedent"]] if following[o] in there}
        both = {o for o in first if following[o] in baskets[rule["consequent"]]}
        assert (rule["count_antecedent"], rule["count_both"]) == (len(first), len(both))


def test_campaigns_have_true_effects_per_customer_and_in_total(key) -> None:
    truth = json.loads((key / "truth.json").read_text(encoding="utf-8"))["campaigns"]
    customers = pd.read_parquet(key / "campaign_customers.parquet")
    for one in truth:
        own = customers[customers.campaign_id == one["campaign_id"]]
        total = (own.direct_value + own.spillover_value * own.exposure_if_all).mean()
        assert one["total_value"] == pytest.approx(total, abs=1e-5)
        assert one["spillover_value"] > 0.5 * one["direct_value"]
    assert sum(one["is_closed"] for one in truth) == 4
