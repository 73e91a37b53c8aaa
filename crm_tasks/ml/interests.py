"""Interest segments: customers who buy from the same categories, whatever their ids and amounts.

A customer's profile is how many lines of each category he bought, logged, weighed by how few
customers buy the category (idf), reduced to its main directions (SVD) and scaled to length one:
how much somebody buys does not count (Salton & Buckley 1988). K-means groups the profiles; the
number of groups is one that comes out again on bootstrap samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import scipy.sparse as sp

if TYPE_CHECKING:
    import numpy.typing as npt

    from crm_tasks.contracts.frames import Scratch

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

INTEREST = "interest"
MODEL_VERSION = "interest-kmeans-1"
BOUGHT = """
select customer_id, coalesce(category_l2, category_l1) as category, cast(count(*) as bigint) as n
from order_items inner join products using (product_id)
where customer_id is not null and not order_items.is_unknown_product and net_amount >= 0
    and coalesce(category_l2, category_l1) is not null
group by customer_id, coalesce(category_l2, category_l1)
"""


@dataclass(frozen=True)
class InterestParams:
    """How interests are looked for.

    ``fit_at_most`` customers, drawn by a hash of their ids, teach the centres; of these
    ``judge_at_most`` choose the number of groups. A number is stable if groups found on bootstrap
    samples agree (adjusted Rand index) at least ``stable_from``; with fewer customers than
    ``least_customers`` there are no groups.
    """

    directions: int = 12
    groups: tuple[int, ...] = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12)
    refits: int = 4
    starts: int = 4
    fit_at_most: int = 100_000
    judge_at_most: int = 3_000
    stable_from: float = 0.8
    least_customers: int = 50
    terms: int = 3
    seed: int = 20_261


@dataclass(frozen=True, eq=False)
class Profiles:
    """Customers x categories: lines bought, ordered by what was bought and not by any id."""

    customers: pa.Array
    categories: list[str]
    counts: sp.csr_matrix

    @classmethod
    def from_rows(cls, rows: pa.Table) -> Profiles:
        """Return profiles from (customer_id, category, n), a row per pair."""
        customer = rows.column("customer_id").combine_chunks().dictionary_encode()
        category = rows.column("category").combine_chunks().dictionary_encode()
        names = np.array(category.dictionary.to_pylist(), dtype=object)
        shape = (len(customer.dictionary), len(names))
        n = rows.column("n").to_numpy().astype(np.float64)
        ends = (customer.indices.to_numpy(), category.indices.to_numpy())
        counts = sp.csr_matrix((n, ends), shape=shape)
        columns = np.lexsort((names.astype(str), -np.asarray(counts.sum(axis=0)).ravel()))
        counts = counts[:, columns]
        rows_in_order = _content_order(counts)
        ordered = customer.dictionary.take(pa.array(rows_in_order))
        return cls(ordered, names[columns].tolist(), counts[rows_in_order])


def _content_order(counts: sp.csr_matrix) -> Ints:
    """Return rows in an order that only what they hold decides."""
    weights = np.random.default_rng(7).random((counts.shape[1], 3))
    keys = np.round(counts @ weights, 9)
    return np.lexsort(keys.T)


def embed(counts: sp.csr_matrix, directions: int) -> Floats:
    """Return each customer's place: logged, idf, main directions, length one."""
    n, buyers = counts.shape[0], np.asarray((counts > 0).sum(axis=0)).ravel()
    idf = np.log((1 + n) / (1 + buyers))
    weighed = counts.copy()
    weighed.data = np.log1p(weighed.data)
    weighed = weighed @ sp.diags(idf)
    _, vectors = np.linalg.eigh((weighed.T @ weighed).toarray())
    places = np.asarray(weighed @ vectors[:, ::-1][:, : min(directions, len(idf))])
    length = np.linalg.norm(places, axis=1, keepdims=True)
    scaled: Floats = np.divide(places, length, out=np.zeros_like(places), where=length > 0)
    return scaled


@dataclass(frozen=True, eq=False)
class Tastes:
    """The categories that set groups apart: their share of a customer's lines.

    ``mean`` of each group's customers and ``z``, its distance from the mean of all in standard
    deviations of all, are groups x categories.
    """

    categories: list[str]
    mean: Floats
    z: Floats


@dataclass(frozen=True, eq=False)
class Interests:
    """Groups found: members, how far from the centre, how sure; and how stable the groups are."""

    customers: pa.Array
    group: Ints
    distance: Floats
    probability: Floats
    names: list[str]
    stability: float
    chosen_from: dict[int, tuple[float, float]]
    tastes: Tastes


def find_interests(scratch: Scratch, params: InterestParams) -> Interests | None:
    """Return interest groups, or None where too few customers or categories are known.

    Parameters
    ----------
    scratch : Scratch
        With order_items (customer_id, product_id, net_amount, is_unknown_product) and products
        (product_id, category_l1, category_l2).
    """
    return group_profiles(Profiles.from_rows(scratch.query(BOUGHT)), params)


def group_profiles(profiles: Profiles, params: InterestParams) -> Interests | None:
    """Return the groups of profiles, named by the categories that set each apart."""
    n, n_categories = profiles.counts.shape
    if n < params.least_customers or n_categories < max(params.groups[0], 2):
        return None
    places = embed(profiles.counts, params.directions)
    taught = _sample(profiles.customers, params.fit_at_most)
    judged = taught[
        np.linspace(0, len(taught) - 1, min(len(taught), params.judge_at_most), dtype=int)
    ]
    tried = {k: _judge(places[judged], k, params) for k in params.groups if k < len(judged) // 5}
    k = _choose(tried, params)
    model = _fit(places[taught], k, params, params.seed)
    distance = model.transform(places)
    group = np.argmin(distance, axis=1)
    own = distance[np.arange(n), group]
    spread = max(float((own**2).mean()), 1e-12)
    odds = np.exp(-(distance**2 - own[:, None] ** 2) / (2 * spread))
    telling = [_terms(profiles, group == number, params.terms) for number in range(k)]
    names = [", ".join(terms) or f"group {number}" for number, terms in enumerate(telling, 1)]
    return Interests(
        profiles.customers, group, own, 1 / odds.sum(axis=1), names, tried[k][0], tried,
        _tastes(profiles, group, telling),
    )  # fmt: skip


def _sample(customers: pa.Array, at_most: int) -> Ints:
    """Return the places of at most so many customers, drawn by a hash of their ids."""
    if len(customers) <= at_most:
        return np.arange(len(customers))
    from hashlib import blake2b

    digests = [blake2b(one.encode(), digest_size=8).digest() for one in customers.to_pylist()]
    order = np.argsort(np.array(digests, dtype="S8"), kind="stable")
    return np.sort(order[:at_most])


def _fit(places: Floats, k: int, params: InterestParams, seed: int) -> Any:
    from sklearn.cluster import KMeans

    return KMeans(k, n_init=params.starts, random_state=seed, max_iter=100).fit(places)


def _judge(places: Floats, k: int, params: InterestParams) -> tuple[float, float]:
    """Return (stability, silhouette) of k groups: ARI between refits on bootstrap samples."""
    from sklearn.metrics import adjusted_rand_score, silhouette_score

    rng = np.random.default_rng(params.seed + k)
    labels = []
    for refit in range(params.refits):
        drawn = np.sort(rng.integers(0, len(places), len(places)))
        labels.append(_fit(places[drawn], k, params, params.seed + refit).predict(places))
    pairs = [(a, b) for a in range(params.refits) for b in range(a)]
    agreement = np.mean([adjusted_rand_score(labels[a], labels[b]) for a, b in pairs])
    some = places[:: max(len(places) // 1_500, 1)]
    label = labels[0][:: max(len(places) // 1_500, 1)]
    apart = silhouette_score(some, label) if len(np.unique(label)) > 1 else -1.0
    return round(float(agreement), 6), round(float(apart), 6)


def _choose(tried: dict[int, tuple[float, float]], params: InterestParams) -> int:
    """Return the stable number of groups that are most apart, or else the most stable number."""
    stable = {
        k: apart for k, (agreement, apart) in tried.items() if agreement >= params.stable_from
    }
    if stable:
        return max(stable, key=lambda k: (stable[k], -k))
    return max(tried, key=lambda k: (tried[k][0], -k))


def _terms(profiles: Profiles, members: npt.NDArray[np.bool_], at_most: int) -> list[str]:
    """Return the categories a group buys more of than all do, the most telling first."""
    own = np.asarray(profiles.counts[members].sum(axis=0)).ravel()
    overall = np.asarray(profiles.counts.sum(axis=0)).ravel()
    share, base = own / max(own.sum(), 1), overall / overall.sum()
    telling = np.where(share > base, share * np.log(np.maximum(share, 1e-300) / base), 0.0)
    best = np.argsort(-telling.round(9), kind="stable")[:at_most]
    return [profiles.categories[place] for place in best if telling[place] > 0]


def _tastes(profiles: Profiles, group: Ints, telling: list[list[str]]) -> Tastes:
    """Return what the groups' telling categories make up of their customers' lines."""
    categories = list(dict.fromkeys(term for terms in telling for term in terms))
    places = [profiles.categories.index(one) for one in categories]
    n_lines = np.asarray(profiles.counts.sum(axis=1))
    share: Floats = profiles.counts[:, places].toarray() / np.maximum(n_lines, 1)
    n_groups, n = len(telling), len(group)
    members = sp.csr_matrix((np.ones(n), (group, np.arange(n))), shape=(n_groups, n))
    mean: Floats = (members @ share) / np.maximum(members.sum(axis=1).A, 1)
    spread = share.std(axis=0)
    away = mean - share.mean(axis=0)
    return Tastes(categories, mean, np.divide(away, spread, out=np.zeros_like(away),
                                              where=spread > 0))  # fmt: skip
