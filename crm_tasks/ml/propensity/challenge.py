"""Champion and challenger: a new model takes over unless the former one is surely better."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from crm_tasks.ml.judgement import Judgement, Mean, judge, log_losses
from crm_tasks.ml.propensity.learning import DECISIVE

if TYPE_CHECKING:
    from crm_tasks.ml.propensity.learning import Outcome
    from crm_tasks.ml.propensity.panel import Panels
    from crm_tasks.ml.propensity.params import PropensityParams
    from crm_tasks.ml.propensity.standing import Standing

FORMER = "former_champion"


def duel(
    outcome: Outcome,
    former: Standing | None,
    panels: Panels,
    as_of: dt.date,
    params: PropensityParams,
) -> Judgement | None:
    """Return the new champion's judgement against the former one, or None without a fair duel.

    The former one is asked only if the test begins on or after the day it was trained: else it has
    seen answers of the test. Its ``champion`` is the new one unless that is worse beyond chance.
    """
    target = outcome.target
    origin = as_of - dt.timedelta(days=target.horizon_days)
    if former is None or outcome.judged_model is None or former.trained_as_of > origin:
        return None
    test = panels.of(target, (origin,))
    family = outcome.judgements[0].champion
    losses = {
        FORMER: Mean(log_losses(test.labels, former.model.on(origin).probabilities(test.matrix))),
        family: Mean(
            log_losses(test.labels, outcome.judged_model.on(origin).probabilities(test.matrix))
        ),
    }
    found = judge(target.name, DECISIVE, FORMER, losses, params.judgement)
    stays = found.rows[0]["verdict"] == "worse"
    rows = tuple({**row, "is_champion": not stays} for row in found.rows)
    return replace(found, champion=FORMER if stays else family, rows=rows)
