"""What the registry says of the methods that foretell purchases."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crm_tasks.ml.artifacts import parameters_digest
from crm_tasks.ml.cards import ModelCard
from crm_tasks.ml.code import code_version
from crm_tasks.ml.judgement import Interval, calibration_error, reliability
from crm_tasks.ml.timing.rows import DATE, HORIZON

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

    from crm_tasks.ml.judgement import Judgement
    from crm_tasks.ml.timing.beside import Method
    from crm_tasks.ml.value.histories import PurchaseDays

    Floats = npt.NDArray[np.float64]

LABELS = {
    DATE: "first day with a purchase",
    f"buys_within:{HORIZON}d": f"a purchase within {HORIZON} days",
}


@dataclass(frozen=True, eq=False)
class Registration:
    """What the cards of a run's methods tell alike.

    Attributes
    ----------
    judged : Judgement
        Of one target; its champion answers.
    n_train, n_population : int
        Customers learned from, and customers there were.
    """

    days: PurchaseDays
    as_of: dt.date
    judged: Judgement
    n_train: int
    n_population: int

    def cards(
        self,
        target: str,
        methods: Mapping[str, Method],
        final: Method,
        said: Mapping[str, Floats],
        came: npt.NDArray[np.int64],
    ) -> tuple[ModelCard, ...]:
        """Return a card per method of a target; that of the champion tells of ``final``.

        ``said`` are probabilities of the judged customers by method, ``came`` what they did.
        """
        shared = self._shared(target)
        return tuple(
            ModelCard(
                family=name, status="champion" if name == final.family else "challenger",
                parameters_sha256=kept.artifact().digest, hyperparameters=kept.settings,
                features=kept.artifact().features, figures=self._figures(name, said, came),
                bins=reliability(came, said[name]) if name in said else (), **shared,
            )
            for name, one in methods.items()
            for kept in (final if name == final.family else one,)
        )  # fmt: skip

    def _shared(self, target: str) -> dict[str, Any]:
        until = (self.as_of - self.days.first_day).days
        here = self.days.day < until
        return {
            "target": target, "code_sha": code_version("timing"),
            "data_hash": parameters_digest([self.days.customer[here], self.days.day[here]]),
            "trained_as_of": self.as_of, "train_from": self.days.first_day,
            "train_to": self.as_of - dt.timedelta(days=1), "label_window": LABELS[target],
            "horizon_days": None if target == DATE else HORIZON, "n_train": self.n_train,
            "n_population": self.n_population, "n_judged": self.judged.n,
        }  # fmt: skip

    def _figures(
        self, name: str, said: Mapping[str, Floats], came: npt.NDArray[np.int64]
    ) -> dict[str, Interval]:
        if name not in self.judged.values:
            return {}
        found = {self.judged.rows[0]["metric"]: self.judged.values[name]}
        if name in said:
            found["ece"] = Interval(*(round(calibration_error(came, said[name]), 6),) * 3)
        return found
