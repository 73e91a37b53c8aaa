"""The trained linkage model: an artifact with a version, and an input of the runs that use it.

It holds what was learned (m and u of every level, the prior, how members of a household resemble
each other, how often values occur) and what was chosen (the blocking rules). Values stand in it as
keyed digests only. Small probabilities keep six significant digits, since a millionth is more than
many of them.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from math import log2
from typing import TYPE_CHECKING, Any

from crm_tasks.errors import RunStateError
from crm_tasks.identity.comparisons import COMPARISONS
from crm_tasks.privacy.keys import keyed_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

SIGNIFICANT = 6
VERSION_LENGTH = 16


def rounded(probability: float) -> float:
    """Return a probability with six significant digits.

    >>> rounded(0.123456789), rounded(1.23456789e-7)
    (0.123457, 1.23457e-07)
    """
    return float(f"{probability:.{SIGNIFICANT}g}")


@dataclass(frozen=True)
class Household:
    """How two members of one household resemble each other: the third kind of pair.

    Fellegi and Sunter know two kinds, one person and two. Relatives share address, family name and
    sometimes phone or mailbox, so that agreements which are independent between strangers come
    together; counted as such they would make one person of a couple. Each share is estimated from
    pairs at one address with clearly different birth dates, less what records of one person with a
    mistaken date would explain.

    Parameters
    ----------
    share : float
        Share of all pairs that are members of one household; 0 where the data show none.
    names, phones, emails : tuple of float
        How such pairs fall on the levels of name (namesakes apart), phone and e-mail.
    namesakes : tuple of float
        Share of such pairs with one and the same name, by level of the name.
    """

    share: float = 0.0
    names: tuple[float, ...] = ()
    emails: tuple[float, ...] = ()
    phones: tuple[float, ...] = ()
    namesakes: tuple[float, ...] = ()


@dataclass(frozen=True)
class IdentityModel:
    """Everything that decides how probable it is that two records are one person.

    Parameters
    ----------
    prior : float
        Probability that two records drawn at random are one person.
    m, u : mapping of str to tuple of float
        By field: how often each level occurs between records of one person, and of two.
    n_persons : int
        About how many persons the frequencies were counted over.
    frequencies : mapping of str to mapping of str to int
        By column: keyed digest of a value -> number of persons who have it, those above 1.
    rules : tuple of tuple of str
        The blocking rules used (:mod:`crm_tasks.identity.blocking`).
    """

    prior: float
    m: Mapping[str, tuple[float, ...]]
    u: Mapping[str, tuple[float, ...]]
    household: Household
    n_persons: int
    frequencies: Mapping[str, Mapping[str, int]]
    rules: tuple[tuple[str, ...], ...]
    n_records: int = 0
    trained_on: Mapping[str, Any] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """Digest of the learned numbers: the same however the values' digests are keyed."""
        told = asdict(self)
        told["frequencies"] = {
            column: sorted(counts.values()) for column, counts in self.frequencies.items()
        }
        return hashlib.sha256(_json(told)).hexdigest()[:VERSION_LENGTH]

    def to_bytes(self) -> bytes:
        """Return the artifact: JSON with sorted keys, the same bytes for the same model."""
        return _json(asdict(self)) + b"\n"

    @classmethod
    def from_bytes(cls, content: bytes) -> IdentityModel:
        """Return the model an artifact holds.

        Raises
        ------
        RunStateError
            It was trained for other comparisons than this version of Guanxi makes.
        """
        told = json.loads(content)
        model = cls(
            prior=told["prior"],
            m={name: tuple(values) for name, values in told["m"].items()},
            u={name: tuple(values) for name, values in told["u"].items()},
            household=_household(told["household"]),
            n_persons=told["n_persons"],
            frequencies=told["frequencies"],
            rules=tuple(tuple(rule) for rule in told["rules"]),
            n_records=told["n_records"],
            trained_on=told["trained_on"],
        )
        fits = {one.field: len(one.levels) for one in COMPARISONS}
        if {name: len(values) for name, values in model.m.items()} != fits:
            raise RunStateError(
                f"identity model {model.version} was trained for other comparisons; "
                "`crm identity train --accept` makes one that fits"
            )
        return model

    def weights(self, name: str) -> tuple[float, ...]:
        """Return log2(m / u) of each level of a field."""
        return tuple(log2(m / u) for m, u in zip(self.m[name], self.u[name], strict=True))


def _household(told: Mapping[str, Any]) -> Household:
    lists = {name: tuple(value) for name, value in told.items() if name != "share"}
    return Household(share=told["share"], **lists)


def value_digest(key: bytes, column: str, value: str) -> str:
    """Return what stands for a value in an artifact; only the holder of the key can make it."""
    return keyed_digest(key, "frequency", column, value)[:20]


def splink_settings(
    rules: tuple[str, ...], model: IdentityModel | None = None, *, keeps_values: bool = False
) -> dict[str, Any]:
    """Return the comparisons, rules and, if trained, parameters as Splink reads them."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "record",
        "comparisons": [_splink_comparison(number, model) for number in range(len(COMPARISONS))],
        "blocking_rules_to_generate_predictions": [{"blocking_rule": rule} for rule in rules],
        "probability_two_random_records_match": model.prior if model else 0.0001,
        "retain_matching_columns": keeps_values,
        "retain_intermediate_calculation_columns": True,
        "em_convergence": 0.0005,
        "max_iterations": 50,
    }


def _splink_comparison(number: int, model: IdentityModel | None) -> dict[str, Any]:
    comparison = COMPARISONS[number]
    missing = {
        "sql_condition": comparison.missing, "label_for_charts": "missing", "is_null_level": True,
    }  # fmt: skip
    levels: list[dict[str, Any]] = [missing]
    for place, level in enumerate(comparison.levels):
        told: dict[str, Any] = {"sql_condition": level.sql, "label_for_charts": level.name}
        if level.frequency is not None:
            told |= {
                "tf_adjustment_column": level.frequency,
                "tf_adjustment_weight": 1.0,
                "disable_tf_exact_match_detection": True,
            }
        if model is not None:
            told["m_probability"] = model.m[comparison.field][place]
            told["u_probability"] = model.u[comparison.field][place]
        levels.append(told)
    return {"output_column_name": comparison.field, "comparison_levels": levels}


def _json(told: Any) -> bytes:
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()
