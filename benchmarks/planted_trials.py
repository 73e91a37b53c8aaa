"""Campaigns drawn and played again and again on one fixed planted graph, their truth known."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from crm_tasks.evaluation.design import Design, draw_arms
from crm_tasks.evaluation.effects import Trial
from crm_tasks.evaluation.exposure import Company as Ties
from crm_tasks.planted.company import Company
from crm_tasks.planted.people import People
from crm_tasks.planted.ties import block_ties

if TYPE_CHECKING:
    from crm_tasks.planted.company import Size

DIRECT, SPILLOVER, NOISE_SD, LEVEL_SD = 1.0, 1.8, 3.0, 2.0
#: Of all ties, the share that sources show; and how many more they show that are none.
SEEN_SHARE, FALSE_SHARE = 0.5, 0.15


@dataclass(frozen=True, eq=False)
class Stage:
    """What stays the same: who is tied to whom, who may be treated, where all live.

    ``level`` is what a customer's value was before, known without error.
    """

    ties: Ties
    eligible: np.ndarray
    cluster: np.ndarray
    level: np.ndarray

    @property
    def possible(self) -> np.ndarray:
        """Share of each eligible customer's ties that leads to eligible ones."""
        return self.ties.share(self.eligible)[self.eligible]

    @property
    def truth(self) -> dict[str, float]:
        """What each estimand truly is."""
        spillover = SPILLOVER * float(self.possible.mean())
        return {"direct": DIRECT, "spillover": spillover, "total": DIRECT + spillover}


@cache
def seen_ties(seed: int = 7) -> Ties:
    """Return the planted ties as sources show them: many are missing, and some are none."""
    ties = planted_stage().ties
    rng = np.random.default_rng(seed)
    seen = rng.random(len(ties.a)) < SEEN_SHARE
    n, false = ties.shares.shape[0], rng.integers(0, ties.shares.shape[0], (2, len(ties.a)))
    kept = (false[0] != false[1]) & (rng.random(len(ties.a)) < FALSE_SHARE)
    a, b, strength = (
        np.concatenate([true[seen], made[kept]])
        for true, made in zip((ties.a, ties.b, ties.strength), (*false, ties.strength), strict=True)
    )
    return Ties.of(a, b, strength, n)


@cache
def planted_stage(size: Size = "S", seed: int = 20250101) -> Stage:
    """Return the planted company's true ties and who consents."""
    company = Company(size, seed)
    owned = [block_ties(company, block).owned(block) for block in range(company.n_blocks)]
    a, b, strength = (
        np.concatenate([getattr(one, name) for one in owned]) for name in ("a", "b", "strength")
    )
    person = np.arange(company.n_customers)
    return Stage(
        Ties.of(a, b, strength, company.n_customers),
        People(company, person).consents_to_contact,
        company.community(person),
        LEVEL_SD * company.draws.normal("value level", person),
    )


def play(
    stage: Stage,
    seed: int,
    design: Design | None = None,
    effect: float = 1.0,
    seen: Ties | None = None,
) -> tuple[Trial, np.ndarray, np.ndarray]:
    """Return one campaign, drawn by our own design: trial, value, and value before.

    Customers react along the true ties; the trial is told of those that are ``seen``.
    """
    design = design or Design("cluster", seed=seed)
    keep = stage.eligible
    drawn = draw_arms(stage.cluster[keep], stage.level[keep], design)
    treated = np.zeros(len(keep), dtype=bool)
    treated[keep] = drawn.is_treated
    share = stage.ties.share(treated)[keep]
    noise = np.random.default_rng([seed, 1]).normal(0, NOISE_SD, len(share))
    reaction = effect * (DIRECT * drawn.is_treated + SPILLOVER * share)
    known = stage.ties if seen is None else seen
    trial = Trial(
        drawn.is_treated, known.share(treated)[keep], known.share(keep)[keep],
        stage.cluster[keep], drawn.saturation,
        is_clustered=design.kind == "cluster",
    )  # fmt: skip
    return trial, 10 + stage.level[keep] + noise + reaction, stage.level[keep]
