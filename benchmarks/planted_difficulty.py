"""How hard the planted company is: on every truth the naive recipe fails and a fair one succeeds.

Each function reads the source files as they lie there and judges against the answer key.
``python -m benchmarks.planted_difficulty --size S --seed 7`` makes both and prints the figures.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import networkit as nk
import numpy as np
import pandas as pd
from scipy import sparse
from scipy.stats import spearmanr
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_rand_score, f1_score, normalized_mutual_info_score
from sklearn.pipeline import make_union
from sklearn.preprocessing import normalize

from benchmarks.planted_linkage import linkage_figures
from crm_tasks.planted import SIZES, Company
from crm_tasks.planted.campaigns import UPLIFT_MEAN
from crm_tasks.planted.key import write_key
from crm_tasks.planted.people import CHURN_DRIVERS, N_INTERESTS
from crm_tasks.planted.sources import write_sources
from crm_tasks.planted.voices import INTERACTIONS_PER_STRENGTH

LINES_ENOUGH = 10
INTERACTION_VARIANCE_AT_LEAST = 0.004
TRUST_VARIANCE = 0.03**2


@dataclass(frozen=True)
class Figure:
    """One figure and the side of its limit on which it has to lie."""

    name: str
    value: float
    limit: float
    is_at_most: bool

    @property
    def holds(self) -> bool:
        return self.value <= self.limit if self.is_at_most else self.value >= self.limit

    @property
    def text(self) -> str:
        sign = "<=" if self.is_at_most else ">="
        return f"{self.name} {self.value:.3f} ({sign} {self.limit})"


def at_most(name: str, value: float, limit: float) -> Figure:
    """Return a figure that must not exceed its limit."""
    return Figure(name, float(value), limit, is_at_most=True)


def at_least(name: str, value: float, limit: float) -> Figure:
    """Return a figure that must reach its limit."""
    return Figure(name, float(value), limit, is_at_most=False)


def all_figures(sources: Path, key: Path) -> list[Figure]:
    """Return every figure of the difficulty contract."""
    naive, exact, fair_precision, fair_recall, namesakes, recycled, shared = linkage_figures(
        sources, key
    )
    return [
        at_most("recall of exact e-mail or phone", naive, 0.70),
        at_most("recall of the same, normalised and closed", exact, 0.70),
        at_least("fair linkage precision", fair_precision, 0.98),
        at_least("fair linkage recall", fair_recall, 0.92),
        at_least("namesakes", namesakes, 0.02),
        at_least("recycled phones", recycled, 0.01),
        at_least("shared addresses", shared, 0.03),
        *interest_figures(sources, key),
        *community_figures(sources, key),
        *campaign_figures(sources, key),
        *text_figures(sources, key),
        *churn_figures(key),
    ]


# --- interests ------------------------------------------------------------------------------------


def interest_figures(sources: Path, key: Path) -> list[Figure]:
    """Set K-means on ids and raw counts against K-means on log, idf, SVD, L2."""
    lines = pd.read_parquet(
        sources / "shop/order_items.parquet", columns=["customer_id", "product_id", "quantity"]
    )
    category = pd.read_parquet(sources / "shop/products.parquet").set_index("product_id").category
    persons = _persons_of(key, "shop")
    interest = pd.read_parquet(key / "persons.parquet", columns=["person", "interest"])
    person = persons.reindex(lines.customer_id).to_numpy()
    row, known = pd.factorize(person)
    column, names = pd.factorize(lines.product_id.map(category))
    true = interest.set_index("person").interest.reindex(known).to_numpy()
    shape = (len(known), len(names))
    counts = sparse.csr_matrix((lines.quantity.to_numpy(float), (row, column)), shape)
    ids = np.column_stack((lines.product_id.str[1:].astype(int), lines.quantity)).astype(float)
    sample = np.random.default_rng(0).permutation(len(ids))[:200_000]
    on_ids = _kmeans(ids[sample], 1)
    profile = _interest_profile(sparse.csr_matrix((np.ones(len(row)), (row, column)), shape))
    found = _kmeans(profile, 10)
    enough = np.bincount(row) >= LINES_ENOUGH
    return [
        at_most("ARI of K-means on ids", adjusted_rand_score(true[row[sample]], on_ids), 0.30),
        at_most(
            "ARI of K-means on raw counts",
            adjusted_rand_score(true, _kmeans(counts.toarray(), 3)),
            0.30,
        ),
        at_least("ARI of a fair K-means", adjusted_rand_score(true, found), 0.88),
        at_least(
            "ARI of a fair K-means, ten lines or more",
            adjusted_rand_score(true[enough], found[enough]),
            0.90,
        ),
    ]


def _kmeans(values: np.ndarray, n_init: int) -> np.ndarray:
    return np.asarray(KMeans(N_INTERESTS, n_init=n_init, random_state=0).fit_predict(values))


def _interest_profile(counts: sparse.csr_matrix) -> np.ndarray:
    counts.sum_duplicates()
    logged = counts.copy()
    logged.data = np.log1p(logged.data)
    idf = np.log(counts.shape[0] / (1 + np.asarray((counts > 0).sum(axis=0)).ravel()))
    weighted = normalize(logged @ sparse.diags(idf))
    return np.asarray(normalize(TruncatedSVD(N_INTERESTS, random_state=0).fit_transform(weighted)))


# --- ties and communities -------------------------------------------------------------------------


def community_figures(sources: Path, key: Path) -> list[Figure]:
    """Set components and degree against Leiden and evidence, on what the sources tell of ties."""
    ties = pd.read_parquet(key / "ties.parquet")
    persons = pd.read_parquet(key / "persons.parquet", columns=["person", "community"])
    community = persons.set_index("person").community
    seen = observed_ties(sources, key)
    known = seen.merge(ties, left_on=["a", "b"], right_on=["person_a", "person_b"], how="inner")
    n = len(community)
    degree = np.bincount(np.concatenate((seen.a, seen.b)), minlength=n)
    total = np.bincount(
        np.concatenate((ties.person_a, ties.person_b)), np.tile(ties.strength, 2), minlength=n
    )
    has_ties = degree > 0
    pair = degree[known.a] * degree[known.b]
    return [
        at_most("NMI of connected components", _components_nmi(seen, community), 0.50),
        at_least("NMI of Leiden on observed strengths", _leiden_nmi(seen, community), 0.90),
        at_least("NMI of Leiden on true strengths", _leiden_nmi(_as_seen(ties), community), 0.90),
        at_most("Spearman of degrees with a tie's strength", _rank(pair, known.strength), 0.60),
        at_most("Spearman of degree with strength", _rank(degree[has_ties], total[has_ties]), 0.60),
        at_least("Spearman of evidence with strength", _rank(known.evidence, known.strength), 0.90),
    ]


def observed_ties(sources: Path, key: Path) -> pd.DataFrame:
    """Return pairs of persons (a < b) with the strength one reads from trust and interactions."""
    shop, social = _persons_of(key, "shop"), _persons_of(key, "social")
    trust = pd.read_csv(sources / "ties/trust.csv", dtype=str)
    score = trust.score.astype(float) / 100
    stated = _pairs(shop.reindex(trust.trustor_id), shop.reindex(trust.trustee_id), score)
    stated = stated.groupby(["a", "b"]).value.agg(["mean", "size"])
    posts = pd.DataFrame(_posts(sources))
    target = posts.in_reply_to_user_id.fillna(posts.mention)
    said = posts[target.notna()]
    talk = _pairs(social.reindex(said.author_id), social.reindex(target.dropna()), 1.0)
    count = talk.groupby(["a", "b"]).size() / INTERACTIONS_PER_STRENGTH
    both = pd.concat([stated, count.rename("talk")], axis=1)
    talk_weight = 1 / np.maximum(
        both.talk / INTERACTIONS_PER_STRENGTH, INTERACTION_VARIANCE_AT_LEAST
    )
    trust_weight = both["size"] / TRUST_VARIANCE
    top = (both["mean"] * trust_weight).fillna(0) + (both.talk * talk_weight).fillna(0)
    evidence = top / (trust_weight.fillna(0) + talk_weight.fillna(0))
    return evidence.rename("evidence").reset_index()


def _posts(sources: Path) -> dict[str, list[str | None]]:
    import json

    with (sources / "social/posts.json").open(encoding="utf-8") as file:
        posts = json.load(file)["posts"]
    return {
        "author_id": [post["author_id"] for post in posts],
        "in_reply_to_user_id": [post["in_reply_to_user_id"] for post in posts],
        "mention": [next(iter(post["mentions"]), None) for post in posts],
    }


def _persons_of(key: Path, system: str) -> pd.Series:
    records = pd.read_parquet(key / "records.parquet")
    own = records[records.source_system == system]
    return own.set_index("source_record_id").person


def _pairs(one: pd.Series, other: pd.Series, value: pd.Series | float) -> pd.DataFrame:
    a, b = one.to_numpy(), other.to_numpy()
    values = value.to_numpy() if isinstance(value, pd.Series) else value
    return pd.DataFrame({"a": np.minimum(a, b), "b": np.maximum(a, b), "value": values})


def _as_seen(ties: pd.DataFrame) -> pd.DataFrame:
    return ties.rename(columns={"person_a": "a", "person_b": "b", "strength": "evidence"})


def _graph(ties: pd.DataFrame, n: int) -> nk.Graph:
    ends = ties.a.to_numpy(np.uint64), ties.b.to_numpy(np.uint64)
    return nk.GraphFromCoo(
        (ties.evidence.to_numpy(float), ends), n=n, weighted=True, directed=False
    )


def _leiden_nmi(ties: pd.DataFrame, community: pd.Series) -> float:
    graph = _graph(ties, len(community))
    nk.setNumberOfThreads(1)
    nk.setSeed(1, useThreadId=False)
    leiden = nk.community.ParallelLeiden(graph, iterations=5, randomize=False)
    leiden.run()
    return _nmi(leiden.getPartition().getVector(), graph, community)


def _components_nmi(ties: pd.DataFrame, community: pd.Series) -> float:
    graph = _graph(ties, len(community))
    components = nk.components.ConnectedComponents(graph)
    components.run()
    return _nmi(components.getPartition().getVector(), graph, community)


def _nmi(found: list[int], graph: nk.Graph, community: pd.Series) -> float:
    """Return the agreement over those who have any tie: nobody can place the others."""
    tied = np.array([graph.degree(node) > 0 for node in graph.iterNodes()])
    return float(normalized_mutual_info_score(community.to_numpy()[tied], np.array(found)[tied]))


def _rank(one: np.ndarray | pd.Series, other: np.ndarray | pd.Series) -> float:
    return float(spearmanr(one, other).statistic)


# --- campaigns ------------------------------------------------------------------------------------


def campaign_figures(sources: Path, key: Path) -> list[Figure]:
    """Set the unit difference against an exposure regression, both judged by the truth."""
    true = pd.read_parquet(key / "campaign_customers.parquet")
    persons = _persons_of(key, "crm")
    outcomes = pd.read_csv(sources / "campaigns/outcomes.csv", dtype={"customer_id": str})
    value = outcomes[outcomes.outcome_name == "value"]
    value = value.assign(person=persons.reindex(value.customer_id).to_numpy())
    found = true.merge(value, on=["campaign_id", "person"], how="inner")
    total = found.assign(total=found.direct_value + found.spillover_value * found.exposure_if_all)
    naive, fair = [], []
    for _, one in total.groupby("campaign_id"):
        truth = one.total.mean()
        half = one[one.saturation == 0.5]
        by_arm = half.groupby("is_treated").outcome_value.mean()
        naive.append(1 - (by_arm[True] - by_arm[False]) / truth)
        fair.append(abs(_exposure_total(one) / truth - 1))
    closed = true[true.campaign_id.isin(value.campaign_id.unique())]
    points = 100 * closed.groupby("campaign_id").uplift.std()
    return [
        at_least("share of the total effect a unit A/B misses", np.mean(naive), 0.30),
        at_most("mean error of an exposure regression", np.mean(fair), 0.25),
        at_least("s.d. of uplift in points, smallest", points.min(), 2.0),
        at_most("s.d. of uplift in points, largest", points.max(), 5.0),
        at_least("closed randomised campaigns", value.campaign_id.nunique(), 3),
        at_most("mean uplift off the planted by", abs(closed.uplift.mean() - UPLIFT_MEAN), 0.01),
    ]  # fmt: skip


def _exposure_total(one: pd.DataFrame) -> float:
    columns = np.column_stack((np.ones(len(one)), one.is_treated, one.exposure)).astype(float)
    solved = np.linalg.lstsq(columns, one.outcome_value.to_numpy(), rcond=None)[0]
    return float(solved[1] + solved[2] * one.exposure_if_all.mean())


# --- text and churn -------------------------------------------------------------------------------


def text_figures(sources: Path, key: Path) -> list[Figure]:
    """Intent by n-grams, trained on one part's templates and judged on the other's."""
    import json

    texts = {}
    with (sources / "support/messages.jsonl").open(encoding="utf-8") as file:
        for line in file:
            if line.endswith("}\n"):
                row = json.loads(line)
                texts[row["message_id"]] = row["text"]
    truth = pd.read_parquet(key / "messages.parquet")
    truth = truth[truth.intent != ""]
    truth = truth[truth.message_id.isin(texts)]
    parts = {part: rows.head(20_000) for part, rows in truth.groupby("part")}
    both = set(parts["train"].template) & set(parts["test"].template)
    grams = make_union(
        TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True),
        TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True),
    )
    words = {part: [texts[i] for i in rows.message_id] for part, rows in parts.items()}
    model = LogisticRegression(C=20, max_iter=300)
    model.fit(grams.fit_transform(words["train"]), parts["train"].intent.to_numpy(object))
    guessed = model.predict(grams.transform(words["test"]))
    score = f1_score(parts["test"].intent.to_numpy(object), guessed, average="macro")
    return [
        at_most("templates in both parts", len(both), 0),
        at_least("macro-F1 of intents on unseen templates", score, 0.85),
    ]


def churn_figures(key: Path) -> list[Figure]:
    """Signs of the planted drivers in a logistic regression of leaving on all of them."""
    persons = pd.read_parquet(key / "persons.parquet")
    future = pd.read_parquet(key / "future.parquet")
    both = future[future.orders_before > 0].merge(persons, on="person", validate="one_to_one")
    columns = both[list(CHURN_DRIVERS)]
    scaled = (columns - columns.mean()) / columns.std()
    model = LogisticRegression(C=1e6).fit(scaled.to_numpy(), both.has_left.to_numpy())
    right = np.sign(model.coef_[0]) == np.sign(list(CHURN_DRIVERS.values()))
    return [at_least("churn drivers with the right sign", right.sum(), len(CHURN_DRIVERS))]


def main() -> int:
    """Make a company, print its figures; return 1 if any limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="S")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="planted-") as folder:
        sources, key = Path(folder) / "sources", Path(folder) / "key"
        sources.mkdir()
        write_sources(sources, Company(given.size, given.seed))
        write_key(key, Company(given.size, given.seed))
        figures = all_figures(sources, key)
    for figure in figures:
        print(f"{'ok    ' if figure.holds else 'BROKEN'} {figure.text}")
    return int(not all(figure.holds for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
