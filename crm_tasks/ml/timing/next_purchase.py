"""When each customer buys next, judged out of time: the date, and whether it is within a month.

Two questions, each with its own naive method, candidates and answer: the date by which half of such
customers have bought, never before the as-of date, and the probability of a purchase within 30
days. A method answers a question only if it is better than the naive one beyond chance.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from crm_tasks.contracts.ml import PREDICTIONS
from crm_tasks.ml.judgement import Judgement, JudgementParams, Mean, judge, log_losses, not_judged
from crm_tasks.ml.timing.beside import (
    BASE_RATE,
    DATE_FOREST,
    FARTHEST,
    FOREST,
    OWN_GAP,
    BaseRate,
    Forest,
    OwnGap,
)
from crm_tasks.ml.timing.hazard import HAZARD, Hazard, days_until_next, features_at
from crm_tasks.ml.timing.registered import Registration
from crm_tasks.ml.timing.rows import BUYS, DATE, HORIZON, date_rows, within_rows

if TYPE_CHECKING:
    import datetime as dt

    import numpy.typing as npt

    from crm_tasks.ml.artifacts import Artifact
    from crm_tasks.ml.cards import ModelCard
    from crm_tasks.ml.timing.beside import Method, Sharing
    from crm_tasks.ml.value.histories import PurchaseDays, Seen

    Floats = npt.NDArray[np.float64]

TARGET, WITHIN = DATE, f"{BUYS}:{HORIZON}d"
WINDOW, LEARNING_DAYS = 90, 60
CANDIDATES = {TARGET: (HAZARD, DATE_FOREST), WITHIN: (HAZARD, FOREST)}


@dataclass(frozen=True)
class TimingParams:
    """Parameters; made without arguments, the house's own.

    Attributes
    ----------
    customers_at_most : int
        Customers learned from and judged by, those with the lowest digests; all are scored.
    rows_at_most : int
        Customers times weeks the hazard learns from.
    judgement : JudgementParams
    """

    customers_at_most: int = 100_000
    rows_at_most: int = 400_000
    judgement: JudgementParams = field(default_factory=JudgementParams)


@dataclass(frozen=True, eq=False)
class TimingOutlook:
    """What is said of next purchases: rows of ml.predictions, judgements, cards, artifacts."""

    predictions: pa.Table
    judgements: tuple[Judgement, Judgement]
    cards: tuple[ModelCard, ...] = ()
    artifacts: dict[str, Artifact] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class _Cases:
    """Customers at an origin: what was seen, features, and days until the next purchase."""

    seen: Seen
    features: Floats
    until_next: Floats

    @classmethod
    def of(cls, days: PurchaseDays, seen: Seen, until: int) -> _Cases:
        return cls(seen, features_at(days, seen), days_until_next(days, seen, until))

    @property
    def buys(self) -> npt.NDArray[np.int64]:
        return (self.until_next < HORIZON).astype(np.int64)


def next_purchases(days: PurchaseDays, as_of: dt.date, params: TimingParams) -> TimingOutlook:
    """Return each customer's next purchase: the date, and the probability of one within 30 days.

    Learned from the period before the last, judged by the last; what answers learns from the last.
    """
    end = (as_of - days.first_day).days
    seen, window = days.until(end), min(WINDOW, (end - LEARNING_DAYS) // 2)
    before = days.until(max(end - 2 * window, 0)).sample(params.customers_at_most)
    if window < HORIZON or len(before.x) < params.judgement.cases_at_least:
        return _naive(days, seen, as_of, _too_little(window, before, params.judgement))
    learned = _Cases.of(days, before, end - window)
    test = days.until(end - window).sample(params.customers_at_most)
    tested = _Cases.of(days, test, end)
    hazards = [Hazard.fit(one.features, one.until_next, window, params.rows_at_most)
               for one in (learned, tested)]  # fmt: skip
    dates = _dates(learned, tested, hazards, window, params)
    shares = _shares(learned, tested, hazards, params)
    counted = (len(tested.features), len(seen.x))
    cards = [
        card
        for target, (judged, methods, final, said) in {TARGET: dates, WITHIN: shares}.items()
        for card in Registration(days, as_of, judged, *counted).cards(
            target, methods, final, said, tested.buys
        )
    ]
    version = {card.target: card.version for card in cards if card.status == "champion"}
    rows = [
        date_rows(days, seen, dates[2], version[TARGET], as_of),
        within_rows(days, seen, shares[2], version[WITHIN], as_of),
    ]
    kept = {version[TARGET]: dates[2].artifact(), version[WITHIN]: shares[2].artifact()}
    return TimingOutlook(pa.concat_tables(rows), (dates[0], shares[0]), tuple(cards), kept)


def _dates(
    learned: _Cases, tested: _Cases, hazards: list[Hazard], window: int, params: TimingParams
) -> tuple[Judgement, dict[str, Method], Hazard | OwnGap, dict[str, Floats]]:
    """Return judgement, methods, the one that answers, and what makes the hazard's figures.

    ``hazards``: the one that is judged, and the same fitted to the latest answers.
    """
    methods: dict[str, Method] = {OWN_GAP: OwnGap(), HAZARD: hazards[0]}
    said = {
        OWN_GAP: OwnGap().waits(tested.seen),
        HAZARD: hazards[0].days_at(tested.features, (0.5,), FARTHEST)[0],
    }
    is_seen = np.isfinite(learned.until_next)
    if is_seen.any():
        came_on = learned.seen.end + learned.until_next[is_seen]
        forest = Forest.of_dates(learned.features[is_seen], came_on, params.judgement.seed)
        methods[DATE_FOREST] = forest
        said[DATE_FOREST] = forest.dates(tested.features) - tested.seen.end
    # Who did not buy in the period would have been waited for at least that long.
    came = np.minimum(tested.until_next, window)
    errors = {name: Mean(np.abs(np.clip(one, -np.inf, window) - came))
              for name, one in said.items()}  # fmt: skip
    judged = judge(TARGET, "mae_days", OWN_GAP, errors, params.judgement, preference=(HAZARD,))
    if judged.champion == DATE_FOREST:
        judged = _only_shown(judged)
    final = hazards[1] if judged.champion == HAZARD else OwnGap()
    return judged, methods, final, {}


def _only_shown(judged: Judgement) -> Judgement:
    """Return the judgement without the forest of dates as champion: its dates are all over."""
    reason = "names no date after those it has seen: shown, never asked"
    rows = tuple(
        {**row, "is_champion": False, "reason": reason if row["candidate"] == DATE_FOREST else None}
        for row in judged.rows
    )
    return replace(judged, champion=OWN_GAP, rows=rows)


def _shares(
    learned: _Cases, tested: _Cases, hazards: list[Hazard], params: TimingParams
) -> tuple[Judgement, dict[str, Method], Sharing, dict[str, Floats]]:
    """Return judgement, methods, the one that answers, and what each said of the judged."""
    seed = params.judgement.seed
    methods: dict[str, Sharing] = {
        BASE_RATE: BaseRate(float(learned.buys.mean())),
        HAZARD: hazards[0],
        FOREST: Forest.of_buyers(learned.features, learned.buys, seed),
    }
    said = {name: one.p_within(tested.features, HORIZON) for name, one in methods.items()}
    losses = {name: Mean(log_losses(tested.buys, p)) for name, p in said.items()}
    judged = judge(WITHIN, "log_loss", BASE_RATE, losses, params.judgement)
    final: Sharing = BaseRate(float(tested.buys.mean()))
    if judged.champion == HAZARD:
        final = hazards[1]
    elif judged.champion == FOREST:
        final = Forest.of_buyers(tested.features, tested.buys, seed)
    return judged, dict(methods), final, said


def _too_little(window: int, before: Seen, judging: JudgementParams) -> str:
    if window < HORIZON:
        needed = LEARNING_DAYS + 2 * HORIZON
        return f"a judgement needs {needed} days: to learn from, to be answered, to be judged by"
    return f"{len(before.x)} customers at the first origin; {judging.cases_at_least} are needed"


def _naive(days: PurchaseDays, seen: Seen, as_of: dt.date, reason: str) -> TimingOutlook:
    """Return each customer's own gap; of a purchase within a month nothing is said."""
    timing = not_judged(TARGET, "mae_days", OWN_GAP, CANDIDATES[TARGET], reason)
    within = not_judged(WITHIN, "log_loss", BASE_RATE, CANDIDATES[WITHIN], reason)
    if not len(seen.x):  # of nobody nothing was learned: there is no model to register
        return TimingOutlook(PREDICTIONS.arrow_schema.empty_table(), (timing, within))
    naive = OwnGap()
    registered = Registration(days, as_of, timing, len(seen.x), len(seen.x))
    nobody = np.empty(0, dtype=np.int64)
    (card,) = registered.cards(TARGET, {OWN_GAP: naive}, naive, {}, nobody)
    rows = date_rows(days, seen, naive, card.version, as_of)
    return TimingOutlook(rows, (timing, within), (card,), {card.version: naive.artifact()})
