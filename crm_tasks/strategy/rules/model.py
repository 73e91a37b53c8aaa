"""What a rule book may say: a strict, frozen model; an unknown key is an error with its line."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from crm_tasks.errors import nearest
from crm_tasks.strategy.rules.expressions import (
    CLASS,
    SCORE,
    feature_kinds,
    names_in,
    parse_condition,
    parse_value,
)

if TYPE_CHECKING:
    from sqlglot.expressions import Expr

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Version = Annotated[int, Field(ge=1)]
Sentence = Annotated[str, Field(min_length=4)]
ContentType = Literal["promotion", "entertainment", "education"]
Objective = Literal["satisfaction", "loyalty", "value", "retention"]


def _is_condition(text: str) -> str:
    parse_condition(text)
    return text


def _is_value(text: str) -> str:
    parse_value(text)
    return text


def _shows_its_figure(text: str) -> str:
    if "{value}" not in text:
        raise ValueError("a reason shows its figure: {value} is missing")
    return text


Condition = Annotated[str, AfterValidator(_is_condition)]
Value = Annotated[str, AfterValidator(_is_value)]
Reason = Annotated[Sentence, AfterValidator(_shows_its_figure)]


class Strict(BaseModel):
    """Frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Term(Strict):
    """One part of a score: an expression and its weight."""

    name: Id
    weight: float
    value: Value


class Score(Strict):
    """A number per customer from terms; those that are unknown are left out.

    ``weighted_mean`` (g, h, k of the methods) is sum(w x) / sum(w); ``logistic`` (f) is
    1 / (1 + exp(-(a + sum b x))).
    """

    id: Id
    version: Version
    meaning: Sentence
    form: Literal["weighted_mean", "logistic"]
    intercept: float = 0.0
    terms: Annotated[tuple[Term, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _weights_can_be_divided_by(self) -> Self:
        names = [term.name for term in self.terms]
        if len(set(names)) < len(names) or "intercept" in names:
            raise ValueError(f"score {self.id}: two terms with one name, or one named intercept")
        if self.form == "weighted_mean" and (
            self.intercept or any(term.weight <= 0 for term in self.terms)
        ):
            raise ValueError(f"score {self.id}: a mean has weights above 0 and no intercept")
        return self


class Conditional(Strict):
    """A rule that holds for a customer or does not."""

    id: Id
    version: Version
    when: Condition


class Classification(Conditional):
    """A label: of a scheme's rules the first that applies names the customer's class."""

    scheme: Id
    label: Id


class Expansion(Conditional):
    """What a customer may be offered, and why: contents that become candidates of the plan.

    ``lever`` stands in for an estimate where no contact was drawn at random: the part of a
    response, 0 to 1, that the plan counts; a judgement of the house, not a measurement.
    """

    objective: Objective
    contents: Annotated[tuple[Id, ...], Field(min_length=1)]
    lever: Annotated[float, Field(gt=0, le=1)]
    figure: Value
    reason_en: Reason
    reason_zh: Reason


class Restriction(Conditional):
    """A condition with what it is about: some types of content, some channels, or all."""

    content_types: tuple[ContentType, ...] = ()
    channels: tuple[Id, ...] = ()
    text_en: Sentence
    text_zh: Sentence


class Example(Strict):
    """A customer whose outcome is known: the test of a rule book that it carries along."""

    name: Sentence
    customer: dict[str, bool | int | float | str | None]
    fires: tuple[Id, ...] = ()
    does_not_fire: tuple[Id, ...] = ()
    scores: dict[Id, float] = Field(default_factory=dict)
    classes: dict[Id, str] = Field(default_factory=dict)


class RuleBook(Strict):
    """All rules of a house; order is precedence."""

    rule_book: Id
    version: Version
    scores: tuple[Score, ...] = ()
    classifications: tuple[Classification, ...] = ()
    expansions: Annotated[tuple[Expansion, ...], Field(min_length=1)]
    eligibilities: tuple[Restriction, ...] = ()
    suppressions: tuple[Restriction, ...] = ()
    examples: tuple[Example, ...] = ()

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        ids = self.rule_ids
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"two rules are named {', '.join(twice)}")
        return self

    @model_validator(mode="after")
    def _reads_what_it_says(self) -> Self:
        scores = {SCORE + score.id for score in self.scores}
        classes = {CLASS + rule.scheme for rule in self.classifications}
        for score in self.scores:
            for term in score.terms:
                _refuse_unknown(score.id, term.value, parse_value(term.value), set())
        for label in self.classifications:
            _refuse_unknown(label.id, label.when, parse_condition(label.when), scores)
        for rule in (*self.expansions, *self.eligibilities, *self.suppressions):
            _refuse_unknown(rule.id, rule.when, parse_condition(rule.when), scores | classes)
        for offer in self.expansions:
            _refuse_unknown(offer.id, offer.figure, parse_value(offer.figure), scores)
        return self

    @model_validator(mode="after")
    def _examples_speak_of_rules(self) -> Self:
        known = {
            "fires": set(self.rule_ids),
            "does_not_fire": set(self.rule_ids),
            "scores": {score.id for score in self.scores},
            "classes": {rule.scheme for rule in self.classifications},
            "customer": set(feature_kinds()),
        }
        for example in self.examples:
            for key, names in known.items():
                for name in getattr(example, key):
                    if name not in names:
                        hint = nearest(name, names)
                        raise ValueError(f"example {example.name!r}, {key}: unknown {name!r}{hint}")
        return self

    @property
    def rule_ids(self) -> list[str]:
        """The ids of all rules, in order."""
        groups = (self.scores, self.classifications, self.expansions, self.eligibilities,
                  self.suppressions)  # fmt: skip
        return [rule.id for group in groups for rule in group]

    @property
    def digest(self) -> str:
        """Digest of everything the book says."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


def _refuse_unknown(rule: str, text: str, parsed: Expr, known: set[str]) -> None:
    """Raise where an expression reads a score or class that does not exist when it is computed."""
    for name in names_in(parsed):
        if name.startswith((SCORE, CLASS)) and name not in known:
            raise ValueError(f"rule {rule}: unknown {name!r} in `{text}`{nearest(name, known)}")
