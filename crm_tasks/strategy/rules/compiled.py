"""A rule book as SQL over ``customers``, built as a syntax tree; no text of a rule is pasted.

Three statements, each over the result of the one before: scores with their terms, then classes,
then one truth and one list of inputs per rule.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlglot import exp

from crm_tasks.strategy.rules.expressions import (
    CLASS,
    DIALECT,
    SCORE,
    names_in,
    parse_condition,
    parse_value,
)
from crm_tasks.strategy.rules.model import Classification, Expansion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crm_tasks.strategy.rules.model import Restriction, RuleBook, Score, Term

    Rule = Score | Classification | Expansion | Restriction

DECIMALS = 6
#: Prefixes of the columns the statements add.
TERM, FIRED, FIGURE, INPUTS = "x__", "fired__", "figure__", "inputs__"
HIT_COLUMNS = {
    "rule_id": "varchar", "term": "varchar", "kind": "varchar", "rule_version": "integer",
    "outcome": "varchar", "inputs": "varchar", "figure": "double", "weight": "double",
    "score_part": "double", "score": "double",
}  # fmt: skip


def scored(book: RuleBook) -> str:
    """Return the statement that adds every term and score to ``customers``."""
    terms = [
        exp.alias_(_number(parse_value(term.value)), term_column(score.id, term.name))
        for score in book.scores
        for term in score.terms
    ]
    read = [exp.column(name, table="customers") for name in features_read(book)]
    key = exp.column("customer_id", table="customers")
    valued = exp.select(key, *read, *terms).from_("customers")
    totals = [exp.alias_(_total(score), SCORE + score.id) for score in book.scores]
    return _sql(exp.select("valued.*", *totals).with_("valued", as_=valued).from_("valued"))


def features_read(book: RuleBook) -> list[str]:
    """Return the columns of the features that any rule reads, sorted."""
    rules = (*book.classifications, *book.expansions, *book.eligibilities, *book.suppressions)
    parsed = [parse_condition(rule.when) for rule in rules]
    parsed += [parse_value(rule.figure) for rule in book.expansions]
    parsed += [parse_value(term.value) for score in book.scores for term in score.terms]
    names = {name for expression in parsed for name in names_in(expression)}
    return sorted(name for name in names if not name.startswith((SCORE, CLASS)))


def classified(book: RuleBook) -> str:
    """Return the statement that adds the class of every scheme to ``scored``."""
    schemes: dict[str, list[Classification]] = {}
    for rule in book.classifications:
        schemes.setdefault(rule.scheme, []).append(rule)
    labels = [exp.alias_(_first_label(rules), CLASS + name) for name, rules in schemes.items()]
    return _sql(exp.select("scored.*", *labels).from_("scored"))


def judged(book: RuleBook) -> str:
    """Return the statement that says of every customer which rules hold, and on what."""
    columns: list[exp.Expr] = []
    for rule in (*book.classifications, *book.expansions, *book.eligibilities, *book.suppressions):
        condition = parse_condition(rule.when)
        read = set(names_in(condition))
        holds: exp.Expr = condition
        if isinstance(rule, Expansion):
            # A rule whose figure is unknown has nothing to say, so it does not apply.
            figure = _number(parse_value(rule.figure))
            read |= set(names_in(figure))
            holds = exp.and_(
                condition, exp.Not(this=exp.Is(this=figure.copy(), expression=exp.Null()))
            )
            columns.append(exp.alias_(figure, FIGURE + rule.id))
        is_true = exp.Coalesce(this=exp.Paren(this=holds), expressions=[exp.false()])
        columns.append(exp.alias_(is_true, FIRED + rule.id))
        columns.append(exp.alias_(_inputs(sorted(read)), INPUTS + rule.id))
    for score in book.scores:
        for term in score.terms:
            read = set(names_in(parse_value(term.value)))
            name = INPUTS + term_column(score.id, term.name)
            columns.append(exp.alias_(_inputs(sorted(read)), name))
    kept = [f"classified.{name}" for name in kept_columns(book)]
    return _sql(exp.select("classified.customer_id", *kept, *columns).from_("classified"))


def kept_columns(book: RuleBook) -> list[str]:
    """Return the columns of terms, scores and classes, which the rows of hits repeat."""
    terms = [term_column(s.id, term.name) for s in book.scores for term in s.terms]
    scores = [SCORE + score.id for score in book.scores]
    schemes = dict.fromkeys(CLASS + rule.scheme for rule in book.classifications)
    return [*terms, *scores, *schemes]


def hits(book: RuleBook) -> str:
    """Return the statement of all hits, a row each, from ``judged``; ``$as_of`` dates them."""
    rows = [row for score in book.scores for row in _score_rows(score)]
    for kind, rules in (
        ("classification", book.classifications), ("expansion", book.expansions),
        ("eligibility", book.eligibilities), ("suppression", book.suppressions),
    ):  # fmt: skip
        rows += [_rule_row(kind, rule) for rule in rules]
    tree: exp.Expr = rows[0]
    for row in rows[1:]:
        # Each row is made here and used once: copies of all before it would grow with their square.
        tree = exp.union(tree, row, distinct=False, copy=False)
    day = exp.cast(exp.Parameter(this=exp.var("as_of")), "date")
    dated = exp.select("hits.*", exp.alias_(day, "as_of_date"))
    return _sql(dated.from_(tree.subquery("hits", copy=False)))  # type: ignore[attr-defined]


@dataclass(frozen=True)
class _Book:
    """A rule book that is told from others by its digest."""

    digest: str
    content: RuleBook = field(compare=False)


def statements(book: RuleBook) -> tuple[tuple[str, str], ...]:
    """Return the statements in order, each with the name of its result."""
    return _statements(_Book(book.digest, book))


@lru_cache(maxsize=8)
def _statements(book: _Book) -> tuple[tuple[str, str], ...]:
    made = {"scored": scored, "classified": classified, "judged": judged, "hits": hits}
    return tuple((name, make(book.content)) for name, make in made.items())


def _rule_row(kind: str, rule: Classification | Expansion | Restriction) -> exp.Select:
    said: dict[str, exp.Expr] = {
        "kind": exp.Literal.string(kind),
        "outcome": exp.Literal.string(_outcome(rule)),
        "inputs": exp.column(INPUTS + rule.id),
    }
    if isinstance(rule, Expansion):
        said["figure"] = exp.column(FIGURE + rule.id)
    return _row(rule, said).where(exp.column(FIRED + rule.id))


def _outcome(rule: Classification | Expansion | Restriction) -> str:
    """Return what a rule says of whom it holds for."""
    if isinstance(rule, Classification):
        return rule.label
    if isinstance(rule, Expansion):
        return ", ".join(rule.contents)
    return ", ".join((*rule.content_types, *rule.channels)) or "all"


def _score_rows(score: Score) -> list[exp.Select]:
    said: dict[str, exp.Expr] = {
        "kind": exp.Literal.string("score"),
        "outcome": exp.Literal.string(score.id),
        "score": exp.column(SCORE + score.id),
    }
    rows = []
    for term in score.terms:
        x = exp.column(term_column(score.id, term.name))
        of_term = {
            "term": exp.Literal.string(term.name),
            "inputs": exp.column(INPUTS + x.name),
            "figure": x,
            "weight": exp.Literal.number(term.weight),
            "score_part": _part(score, term),
        }
        rows.append(_row(score, said | of_term).where(exp.Not(this=x.is_(exp.Null()))))
    if score.form == "logistic":
        constant = exp.Literal.number(score.intercept)
        of_constant = {
            "term": exp.Literal.string("intercept"), "weight": constant, "score_part": constant,
        }  # fmt: skip
        rows.append(_row(score, said | of_constant))
    return rows


def _row(rule: Rule, said: dict[str, exp.Expr]) -> exp.Select:
    """Return the hits of one rule; of what is not said texts are empty and numbers NULL."""
    said = {"rule_id": exp.Literal.string(rule.id),
            "rule_version": exp.Literal.number(rule.version), **said}  # fmt: skip
    empty = exp.Literal.string("")
    columns = [
        exp.alias_(exp.cast((said.get(name) or (empty if kind == "varchar" else exp.Null())).copy(),
                   kind), name)
        for name, kind in HIT_COLUMNS.items()
    ]  # fmt: skip
    return exp.select("customer_id", *columns).from_("judged")


def term_column(score: str, term: str) -> str:
    """Return the column that holds a term's value."""
    return f"{TERM}{score}__{term}"


def _part(score: Score, term: Term) -> exp.Expr:
    """Return what a term adds: w x / sum(w) in a mean, b x in a logistic."""
    product = exp.Mul(
        this=exp.Literal.number(term.weight),
        expression=exp.column(term_column(score.id, term.name)),
    )
    if score.form == "logistic":
        return product
    return exp.Div(this=product, expression=_none_if_zero(_known_weight(score)))


def _total(score: Score) -> exp.Expr:
    parts = [
        _or_zero(exp.Mul(
            this=exp.Literal.number(term.weight),
            expression=exp.column(term_column(score.id, term.name)),
        ))
        for term in score.terms
    ]  # fmt: skip
    if score.form == "weighted_mean":
        total: exp.Expr = exp.Div(
            this=exp.Paren(this=_sum(parts)), expression=_none_if_zero(_known_weight(score))
        )
    else:
        line = _sum([exp.Literal.number(score.intercept), *parts])
        total = exp.Div(
            this=exp.Literal.number(1.0),
            expression=exp.Paren(this=exp.Add(
                this=exp.Literal.number(1.0),
                expression=exp.Exp(this=exp.Neg(this=exp.Paren(this=line))),
            )),
        )  # fmt: skip
    return exp.Round(this=total, decimals=exp.Literal.number(DECIMALS))


def _none_if_zero(value: exp.Expr) -> exp.Expr:
    return exp.Nullif(this=exp.Paren(this=value), expression=exp.Literal.number(0))


def _known_weight(score: Score) -> exp.Expr:
    """Return the sum of the weights of the terms that are known: the others say nothing."""
    return _sum([
        exp.case().when(
            exp.column(term_column(score.id, term.name)).is_(exp.Null()), exp.Literal.number(0)
        ).else_(exp.Literal.number(term.weight))
        for term in score.terms
    ])  # fmt: skip


def _first_label(rules: list[Classification]) -> exp.Expr:
    label = exp.case()
    for rule in rules:
        label = label.when(parse_condition(rule.when), exp.Literal.string(rule.label))
    return label


def _number(value: exp.Expr) -> exp.Expr:
    """Return a value as DOUBLE; what divides by zero is unknown."""
    number = exp.cast(exp.Paren(this=value), "double")
    return exp.case().when(exp.func("isfinite", number), number.copy())


def _or_zero(value: exp.Expr) -> exp.Expr:
    return exp.Coalesce(this=value, expressions=[exp.Literal.number(0)])


def _sum(parts: list[exp.Expr]) -> exp.Expr:
    total = parts[0]
    for part in parts[1:]:
        total = exp.Add(this=total, expression=part)
    return total


def _inputs(names: Iterable[str]) -> exp.Expr:
    """Return the text ``name=value; name=value`` of what a rule read."""
    texts: list[exp.Expr] = []
    for name in names:
        shown = exp.Coalesce(
            this=exp.cast(exp.column(name), "varchar"), expressions=[exp.Literal.string("unknown")]
        )
        texts.append(exp.DPipe(this=exp.Literal.string(f"{name}="), expression=shown))
    return exp.func("concat_ws", exp.Literal.string("; "), *texts)


def _sql(tree: exp.Expr) -> str:
    return tree.sql(DIALECT, comments=False)
