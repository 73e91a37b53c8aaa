"""The daily job as somebody new to it would write it: one script of pandas, dicts and networkx.

It follows the house's definitions of RFM, of a purchase tie and of similarity, with the same
parameters, and stays otherwise as plain as a first script is: numbers are floats, everything is
held in memory at once, nothing is checked, kept, gated or published. ``benchmarks.run`` times it
and compares what both found.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import time
from collections import defaultdict
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pandas as pd

from crm_tasks.graph.params import GraphParams

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = (
    "transactions",
    "products",
    "demographics",
    "campaign_descriptions",
    "campaigns",
    "coupons",
    "coupon_redemptions",
)
NOT_COUNTABLE = ("FUEL", "MISCELLANEOUS")
QUINTILES = (0.2, 0.4, 0.6, 0.8)
ACTIONS_PER_DAY = 200
CHANNELS = ("mail", "email")


@contextmanager
def timed(stages: dict[str, dict[str, float]], name: str) -> Iterator[None]:
    """Note wall and CPU seconds of a block under its name."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    stages[name] = {
        "duration_s": round(time.perf_counter() - wall, 3),
        "cpu_s": round(time.process_time() - cpu, 3),
    }


def read_files(folder: Path) -> dict[str, pd.DataFrame]:
    """Return the source files as frames, by name."""
    return {name: pd.read_parquet(folder / f"{name}.parquet") for name in FILES}


def clean(frames: dict[str, pd.DataFrame], as_of: dt.date) -> dict[str, pd.DataFrame]:
    """Return lines before the date with their product, orders, and coupons without duplicates."""
    # Twenty lines carry a float's dust (2e-16) where nothing was paid: money is counted in cents.
    lines = frames["transactions"].assign(sales_value=lambda rows: rows["sales_value"].round(2))
    lines = lines[lines["transaction_timestamp"] < pd.Timestamp(as_of)]
    known = frames["products"][["product_id", "department"]]
    lines = lines.merge(known, on="product_id", how="left", validate="many_to_one", indicator=True)
    is_unknown = lines["_merge"] == "left_only"
    lines = lines.assign(
        is_unknown_product=is_unknown,
        is_countable=~is_unknown & ~lines["department"].isin(NOT_COUNTABLE),
        is_zero_quantity=lines["quantity"] == 0,
    ).drop(columns=["_merge"])
    orders = lines.groupby("basket_id", as_index=False).agg(
        household_id=("household_id", "first"),
        ordered_at=("transaction_timestamp", "max"),
        net_amount=("sales_value", "sum"),
        count_lines=("product_id", "size"),
    )
    return {"lines": lines, "orders": orders, "coupons": frames["coupons"].drop_duplicates()}


def score_rfm(orders: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """Return recency, frequency, monetary value and their scores per household."""
    day = orders["ordered_at"].dt.normalize()
    per_household = orders.assign(day=day).groupby("household_id")
    rfm = per_household.agg(
        frequency=("basket_id", "size"),
        net_revenue_total=("net_amount", "sum"),
        first_day=("day", "min"),
        last_day=("day", "max"),
    )
    today = pd.Timestamp(as_of)
    rfm["net_revenue_total"] = rfm["net_revenue_total"].round(2)
    rfm["recency_days"] = (today - rfm["last_day"]).dt.days
    rfm["customer_age_days"] = (today - rfm["first_day"]).dt.days
    # Half a cent goes up; pandas alone would round it to the even cent.
    in_cents = (100 * rfm["net_revenue_total"] / rfm["frequency"]).round(6)
    rfm["monetary_value"] = np.floor(in_cents + 0.5) / 100
    rfm["r_score"] = 1 + sum(rfm["recency_days"] <= cut for cut in cut_points(rfm["recency_days"]))
    rfm["f_score"] = 1 + sum(rfm["frequency"] > cut for cut in cut_points(rfm["frequency"]))
    totals = rfm["net_revenue_total"]
    rfm["m_score"] = 1 + sum(totals > cut for cut in cut_points(totals))
    return rfm.drop(columns=["first_day", "last_day"]).reset_index()


def cut_points(values: pd.Series) -> list[float]:
    """Return the values of the data below which a fifth, two, three and four fifths lie."""
    return [float(np.quantile(values, share, method="inverted_cdf")) for share in QUINTILES]


def tie_purchases(lines: pd.DataFrame, as_of: dt.date, params: GraphParams) -> pd.DataFrame:
    """Return one tie per household and product, with strength and distance."""
    bought = lines[(lines["sales_value"] > 0) | (lines["quantity"] > 0)]
    layer = params.layers["purchase"]
    age = (pd.Timestamp(as_of) - bought["transaction_timestamp"].dt.normalize()).dt.days
    bought = bought.assign(contribution=(0.5 ** (age / layer.half_life_days)).round(9))
    ties = bought.groupby(["household_id", "product_id"], as_index=False).agg(
        weight=("contribution", "sum"),
        n_evidence=("contribution", "size"),
        last_at=("transaction_timestamp", "max"),
    )
    ties["strength"] = (ties["weight"] / (ties["weight"] + layer.half_saturation)).round(9)
    ties["distance"] = 1 / ties["strength"]
    return ties


def tie_similar(ties: pd.DataFrame, as_of: dt.date, params: GraphParams) -> pd.DataFrame:
    """Return ties between households that buy the same uncommon things."""
    n_households = ties["household_id"].nunique()
    buyers = ties.groupby("product_id")["household_id"].transform("size")
    share = int(params.max_customer_share * n_households)
    limit = max(params.never_dropped_below, min(share, params.max_customers))
    kept = ties[buyers <= limit].assign(
        product_weight=np.log1p(n_households / buyers[buyers <= limit])
    )
    own = kept.groupby("household_id")["product_weight"].agg(lambda weights: (weights**2).sum())
    norm = np.sqrt(own + params.damping_products * np.log1p(n_households) ** 2)
    age = (pd.Timestamp(as_of) - kept["last_at"].dt.normalize()).dt.days
    faded = np.sqrt(0.5 ** (age / params.layers["purchase"].half_life_days))
    kept["value"] = kept["product_weight"] * faded / kept["household_id"].map(norm)
    similarity: dict[tuple[int, int], float] = defaultdict(float)
    for _, product in kept.groupby("product_id"):
        buyer_values = sorted(zip(product["household_id"], product["value"], strict=True))
        for (left, left_value), (right, right_value) in combinations(buyer_values, 2):
            similarity[left, right] += left_value * right_value
    pairs = strongest(similarity, params.neighbours)
    rows = [(left, right, round(similarity[left, right], 9)) for left, right in sorted(pairs)]
    found = pd.DataFrame(rows, columns=["src_id", "dst_id", "strength"])
    return found.assign(distance=1 / found["strength"])


def strongest(similarity: dict[tuple[int, int], float], neighbours: int) -> set[tuple[int, int]]:
    """Return the pairs of which either end names the other among its strongest."""
    others: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for (left, right), value in similarity.items():
        others[left].append((-value, right))
        others[right].append((-value, left))
    return {
        (min(one, other), max(one, other))
        for one, ranked in others.items()
        for _, other in sorted(ranked)[:neighbours]
    }


def measure(similar: pd.DataFrame, households: list[int]) -> tuple[pd.DataFrame, float]:
    """Return pagerank and community per household, and the modularity of the communities."""
    graph = as_graph(similar, households)
    # The default tolerance leaves an error of 4e-5 on 2,469 nodes.
    pagerank = nx.pagerank(graph, weight="strength", tol=1e-10)
    communities = nx.community.louvain_communities(graph, weight="strength", seed=1)
    member = {house: number for number, group in enumerate(communities) for house in group}
    nodes = pd.DataFrame({"household_id": households})
    nodes["pagerank"] = nodes["household_id"].map(pagerank)
    nodes["community"] = nodes["household_id"].map(member)
    return nodes, nx.community.modularity(graph, communities, weight="strength")


def measure_paths(similar: pd.DataFrame, households: list[int]) -> pd.DataFrame:
    """Return betweenness, closeness and harmonic closeness per household, over distance."""
    graph = as_graph(similar, households)
    nodes = pd.DataFrame({"household_id": households})
    measures = {
        "betweenness": nx.betweenness_centrality(graph, weight="distance"),
        "closeness": nx.closeness_centrality(graph, distance="distance"),
        "harmonic": nx.harmonic_centrality(graph, distance="distance"),
    }
    return nodes.assign(**{name: nodes["household_id"].map(of) for name, of in measures.items()})


def as_graph(similar: pd.DataFrame, households: list[int]) -> nx.Graph:
    """Return the network of similar households, those without a tie included."""
    graph = nx.Graph()
    graph.add_nodes_from(households)
    for row in similar.itertuples(index=False):
        graph.add_edge(row.src_id, row.dst_id, strength=row.strength, distance=row.distance)
    return graph


def plan(rfm: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """Return whom to contact: valuable households that have not bought for long come first."""
    ranked = rfm.sort_values(
        ["m_score", "r_score", "net_revenue_total"], ascending=[False, True, False]
    )
    chosen = ranked[["household_id", "r_score"]].head(ACTIONS_PER_DAY)
    channel = np.where(chosen["r_score"] <= 2, CHANNELS[0], CHANNELS[1])
    content = np.where(chosen["r_score"] <= 2, "promotion", "entertainment")
    return chosen.assign(channel=channel, content=content, scheduled_on=as_of)


def run(data: Path, as_of: dt.date, out: Path, *, with_paths: bool) -> dict[str, object]:
    """Do the whole job and return its timings and figures."""
    params = GraphParams()
    stages: dict[str, dict[str, float]] = {}
    with timed(stages, "read"):
        frames = read_files(data)
    with timed(stages, "clean"):
        cleaned = clean(frames, as_of)
    with timed(stages, "rfm"):
        rfm = score_rfm(cleaned["orders"], as_of)
    with timed(stages, "purchase ties"):
        purchase = tie_purchases(cleaned["lines"], as_of, params)
    with timed(stages, "similarity ties"):
        similar = tie_similar(purchase, as_of, params)
    with timed(stages, "pagerank, communities"):
        households = sorted(rfm["household_id"].tolist())
        nodes, modularity = measure(similar, households)
    if with_paths:
        with timed(stages, "path measures"):
            nodes = nodes.merge(measure_paths(similar, households), on="household_id")
    with timed(stages, "actions"):
        actions = plan(rfm, as_of)
    with timed(stages, "write"):
        tables = {**cleaned, "rfm": rfm, "purchase": purchase, "similar": similar}
        for name, rows in {**tables, "nodes": nodes, "actions": actions}.items():
            rows.to_parquet(out / f"{name}.parquet", index=False)
    return {"stages": stages, "modularity": modularity}


def main() -> None:
    """Read the arguments, do the job, leave ``report.json`` beside the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--as-of", type=dt.date.fromisoformat, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--paths", action="store_true", help="path measures too: takes minutes")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    report = run(given.data, given.as_of, given.out, with_paths=given.paths)
    (given.out / "report.json").write_text(json.dumps(report, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
