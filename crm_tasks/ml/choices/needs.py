"""What a customer's next message will be about, as agents tag messages: the need.

Learned only where agents have tagged messages. Each case is a customer at an origin with a tagged
message in the days after; features are what was tagged, written and ordered before.
"""

from __future__ import annotations

import datetime as dt
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from crm_tasks.ml.artifacts import Artifact, parameters_digest
from crm_tasks.ml.cards import ModelCard
from crm_tasks.ml.choices.candidates import Scale
from crm_tasks.ml.choices.rows import prediction_rows
from crm_tasks.ml.judgement import HitRate, Judgement, judge, not_judged

if TYPE_CHECKING:
    import numpy.typing as npt

    from crm_tasks.contracts.frames import Scratch
    from crm_tasks.ml.choices.params import ChoiceParams

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

READS: dict[str, tuple[str, tuple[str, ...]]] = {
    "customers": ("core.dim_customers", ("customer_id", "is_erased", "is_deleted")),
    "messages": ("core.fct_messages", ("customer_id", "sent_at", "direction", "agent_intent")),
    "orders": ("core.fct_orders", ("customer_id", "ordered_at")),
}
NEED, NAIVE, METRIC = "need", "most_frequent", "hit_rate_1"
FAMILIES = ("decision_tree", "svm", "neural_network", "logistic")

_WRITTEN = """
create table written as
select
    customer_id,
    cast((sent_at at time zone 'UTC') at time zone $time_zone as date) as day,
    sent_at,
    agent_intent as need
from messages
where customer_id is not null and sent_at is not null and coalesce(direction, 'in') = 'in'
"""
_ORDERED = """
create table ordered as
select
    customer_id,
    cast((ordered_at at time zone 'UTC') at time zone $time_zone as date) as day
from orders
where customer_id is not null and ordered_at is not null
"""
_ASKED = """
with
wrote as (
    select
        customer_id,
        cast(count(*) as double) as n_messages,
        cast(date_diff('day', max(day), $origin) as double) as days_since_message
    from written
    where day < $origin
    group by customer_id
),
bought as (
    select
        customer_id,
        cast(count(*) as double) as n_orders,
        cast(date_diff('day', max(day), $origin) as double) as recency_days
    from ordered
    where day < $origin
    group by customer_id
),
next as (
    select customer_id, first(need order by sent_at, need) as need
    from written
    where day >= $origin and day < $origin + $days and need is not null
    group by customer_id
)
select
    customers.customer_id,
    coalesce(wrote.n_messages, 0) as n_messages,
    coalesce(wrote.days_since_message, 1000) as days_since_message,
    coalesce(bought.n_orders, 0) as n_orders,
    coalesce(bought.recency_days, 1000) as recency_days,
    next.need
from customers
left join wrote on customers.customer_id = wrote.customer_id
left join bought on customers.customer_id = bought.customer_id
left join next on customers.customer_id = next.customer_id
where (next.need is not null or $days = 0)
    and not (coalesce(customers.is_erased, false) or coalesce(customers.is_deleted, false))
    and (wrote.n_messages > 0 or bought.n_orders > 0)
order by customers.customer_id
"""
_TAGGED = """
select customer_id, need, cast(count(*) as double) as n
from written
where day < $origin and need is not null
group by customer_id, need
order by customer_id, need
"""
PLAIN = ("n_messages", "days_since_message", "n_orders", "recency_days")


class _Panel:
    """Cases of some origins: customers, features, needs (places; -1 unknown)."""

    def __init__(self, customers: pa.Array, matrix: Floats, needs: Ints) -> None:
        self.customers, self.matrix, self.needs = customers, matrix, needs


def foresee_needs(
    scratch: Scratch, time_zone: str, as_of: dt.date, code_sha: str, params: ChoiceParams
) -> tuple[pa.Table, list[ModelCard], Judgement, dict[str, Artifact]]:
    """Return rows of ml.predictions, cards, the judgement of the need, and what answers.

    Nothing is predicted where too few messages are tagged: the judgement says so.
    """
    for statement in (_WRITTEN, _ORDERED):
        scratch.query(statement, {"time_zone": time_zone})
    days = dt.timedelta(days=params.message_days)
    test_origin = as_of - days
    origins = [test_origin - n * days - dt.timedelta(days=params.judgement.gap_days)
               for n in range(1, params.message_origins + 1)]  # fmt: skip
    needs = tuple(
        scratch.query(
            "select distinct need from written "
            "where need is not null and day < $test order by need",
            {"test": test_origin},
        )
        .column("need")
        .to_pylist()
    )
    train = _panel(scratch, sorted(origins), params.message_days, needs)
    test = _panel(scratch, [test_origin], params.message_days, needs)
    reason = _too_few(train, test, params)
    if reason:
        return (
            prediction_rows(NEED, pa.array([], pa.string()), as_of, {}),
            [],
            not_judged(NEED, METRIC, NAIVE, FAMILIES, reason),
            {},
        )
    fitted = _fit(train, needs, params)
    answers = {name: answer(kept, test.matrix) for name, kept in fitted.items()}
    hits = {name: HitRate(given == test.needs) for name, given in answers.items()}
    judged = judge(NEED, METRIC, NAIVE, hits, params.judgement)
    about: dict[str, Any] = {
        "target": NEED, "hyperparameters": {}, "code_sha": code_sha, "trained_as_of": as_of,
        "data_hash": parameters_digest([train.matrix, train.needs]),
        "horizon_days": params.message_days, "train_from": min(origins), "train_to": max(origins),
        "label_window": "the first tagged message in the days from the origin on",
        "n_train": len(train.needs), "n_judged": judged.n,
    }  # fmt: skip
    cards = [
        ModelCard(
            family=name, status="champion" if name == judged.champion else "challenger",
            parameters_sha256=kept.digest, features=kept.features,
            figures={METRIC: judged.values[name]}, **about,
        )
        for name, kept in fitted.items()
    ]  # fmt: skip
    scored = _panel(scratch, [as_of], 0, needs)
    place = answer(fitted[judged.champion], scored.matrix)
    version = next(card.version for card in cards if card.status == "champion")
    told = {"value_label": pa.array(needs, pa.string()).take(pa.array(place)),
            "model_version": version}  # fmt: skip
    rows = prediction_rows(NEED, scored.customers, as_of, told)
    return rows, cards, judged, {version: fitted[judged.champion]}


def _panel(scratch: Scratch, origins: list[dt.date], days: int, needs: tuple[str, ...]) -> _Panel:
    customers, parts, labels = [], [], []
    for origin in origins:
        asked = scratch.query(_ASKED, {"origin": origin, "days": days})
        ids = asked.column("customer_id").combine_chunks()
        tagged = scratch.query(_TAGGED, {"origin": origin})
        counts = np.zeros((len(ids), len(needs)))
        rows = pc.index_in(tagged.column("customer_id"), ids).to_numpy()
        places = _places(tagged.column("need"), needs)
        kept = ~np.isnan(rows) & (places >= 0)
        counts[rows[kept].astype(np.int64), places[kept]] = tagged.column("n").to_numpy()[kept]
        plain = np.column_stack([asked.column(name).to_numpy() for name in PLAIN])
        customers.append(ids)
        parts.append(np.log1p(np.column_stack([plain, counts])))
        labels.append(_places(asked.column("need"), needs))
    return _Panel(pa.concat_arrays(customers), np.concatenate(parts), np.concatenate(labels))


def _places(values: pa.ChunkedArray, needs: tuple[str, ...]) -> Ints:
    found = pc.index_in(values, pa.array(needs, pa.string())).fill_null(-1)
    return np.asarray(found.to_numpy(), dtype=np.int64)


def _too_few(train: _Panel, test: _Panel, params: ChoiceParams) -> str | None:
    least = params.judgement.cases_at_least
    for name, panel in (("training", train), ("test", test)):
        n = int((panel.needs >= 0).sum())
        if n < least or len(np.unique(panel.needs)) < 2:  # noqa: PLR2004
            return f"{name}: {n} customers with a message that an agent tagged; needed are {least}"
    return None


def _fit(train: _Panel, needs: tuple[str, ...], params: ChoiceParams) -> dict[str, Artifact]:
    """Return what each method learned."""
    scale = Scale.fit(train.matrix)
    features = (*PLAIN, *(f"n_{need}" for need in needs))
    machines = {
        "decision_tree": DecisionTreeClassifier(max_depth=4, min_samples_leaf=20,
                                                random_state=params.seed),
        "svm": SVC(C=1.0, random_state=params.seed),
        "neural_network": MLPClassifier((16,), alpha=0.1, max_iter=200, random_state=params.seed),
        "logistic": LogisticRegression(C=1.0, max_iter=500),
    }  # fmt: skip
    frequent = int(np.bincount(train.needs).argmax())
    naive = {"family": NAIVE, "needs": list(needs), "place": frequent}
    found = {NAIVE: Artifact(None, (), naive)}
    for name, machine in machines.items():
        with threadpool_limits(1), warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # it is judged as it is
            machine.fit(scale(train.matrix), train.needs)
        told = {"family": name, "needs": list(needs), "scale": scale.told()}
        found[name] = Artifact(machine, features, told)
    return found


def answer(kept: Artifact, matrix: Floats) -> Ints:
    """Return the place of each case's need, by what a method learned."""
    if kept.estimator is None:
        return np.full(len(matrix), kept.told["place"], dtype=np.int64)
    if not len(matrix):
        return np.empty(0, dtype=np.int64)
    scale = Scale.from_told(kept.told["scale"])
    with threadpool_limits(1):
        return np.asarray(kept.estimator.predict(scale(matrix)), dtype=np.int64)
