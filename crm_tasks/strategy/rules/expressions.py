"""What a rule may say of a customer: a small language, parsed and typed before it meets any data.

An expression is SQL of one value: columns of features.feat_customers_wide, scores (``score_<id>``)
and classes (``class_<scheme>``) of the same rule book, numbers, texts, comparisons, arithmetic and
the functions below. It is parsed by sqlglot; whatever is not on the list is refused, so no
expression can reach another table, a file or the clock.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from crm_tasks.contracts import find_table
from crm_tasks.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind = Literal["number", "text", "truth", "unknown"]

DIALECT = "duckdb"
FEATURES = "features.feat_customers_wide"
SCORE, CLASS = "score_", "class_"
#: Columns of the features that are no fact about a customer.
NO_FACTS = frozenset({"customer_id", "feature_set_version", "is_synthetic", "as_of_date"})
NUMBERS = ("BIGINT", "INTEGER", "SMALLINT", "TINYINT", "DOUBLE", "DECIMAL(18,2)", "DECIMAL(18,4)")

COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div)
#: Functions of numbers, by the name a rule writes.
OF_NUMBERS: dict[str, type[exp.Expr]] = {
    "abs": exp.Abs, "ceil": exp.Ceil, "exp": exp.Exp, "floor": exp.Floor, "ln": exp.Ln,
    "power": exp.Pow, "round": exp.Round, "sqrt": exp.Sqrt,
}  # fmt: skip
#: Functions whose arguments are all of one kind.
OF_ONE_KIND: dict[str, type[exp.Expr]] = {
    "coalesce": exp.Coalesce, "greatest": exp.Greatest, "least": exp.Least, "nullif": exp.Nullif,
}  # fmt: skip
FUNCTIONS = (*OF_NUMBERS, *OF_ONE_KIND, "case", "if")


@cache
def feature_kinds() -> dict[str, Kind]:
    """Return the columns a rule may name, each with its kind."""
    columns = find_table(FEATURES).columns
    return {c.name: _kind_of_type(c.type) for c in columns if c.name not in NO_FACTS}


def parse_condition(text: str) -> exp.Expr:
    """Return a parsed condition.

    Raises
    ------
    ValueError
        It is no single expression, names what it may not, or is not true or false.
    """
    return _parse(text, "truth")


def parse_value(text: str) -> exp.Expr:
    """Return a parsed number.

    Raises
    ------
    ValueError
        It is no single expression, names what it may not, or is no number.
    """
    return _parse(text, "number")


def names_in(parsed: exp.Expr) -> tuple[str, ...]:
    """Return the names of columns, scores and classes an expression reads, sorted.

    >>> names_in(parse_condition("frequency = 1 and recency_days > 7"))
    ('frequency', 'recency_days')
    """
    return tuple(sorted({column.name for column in parsed.find_all(exp.Column)}))


def _parse(text: str, wanted: Kind) -> exp.Expr:
    try:
        statements = sqlglot.parse(text, read=DIALECT)
    except SqlglotError as problem:
        raise ValueError(f"cannot be read: {str(problem).splitlines()[0]}") from None
    if len(statements) != 1 or statements[0] is None:
        raise ValueError("expected one expression")
    parsed = statements[0]
    if any(node.comments for node in parsed.walk()):
        raise ValueError("a comment has no place in an expression")
    found = _kind(parsed)
    if found not in (wanted, "unknown"):
        words = {"truth": "a condition", "number": "a number", "text": "a text"}
        raise ValueError(f"expected {words[wanted]}, found {words[found]}")
    for node in parsed.find_all(exp.Least, exp.Greatest):
        node.set("ignore_nulls", False)  # the least of 10 and something unknown is unknown
    return parsed


def _kind_of_type(sql_type: str) -> Kind:
    if sql_type in NUMBERS:
        return "number"
    return "truth" if sql_type == "BOOLEAN" else "text"


def _kind(node: exp.Expr | None) -> Kind:
    """Return the kind of a node whose parts are all allowed."""
    if isinstance(node, exp.Column):
        return _kind_of_column(node)
    if isinstance(node, exp.Paren):
        return _kind(node.this)
    if isinstance(node, exp.Literal):
        return "text" if node.is_string else "number"
    if isinstance(node, exp.Null | exp.Boolean):
        return "truth" if isinstance(node, exp.Boolean) else "unknown"
    return _kind_of_operation(node)


def _kind_of_column(node: exp.Column) -> Kind:
    name = node.name
    if node.table or node.this.args.get("quoted"):
        raise ValueError(f"a column is named without table and quotes, not {node.sql(DIALECT)}")
    if name.startswith(SCORE):
        return "number"
    if name.startswith(CLASS):
        return "text"
    known = feature_kinds()
    if name not in known:
        raise ValueError(f"{name} is no column of {FEATURES} a rule may name{nearest(name, known)}")
    return known[name]


def _kind_of_operation(node: exp.Expr | None) -> Kind:
    if node is None:
        return "unknown"
    if isinstance(node, exp.And | exp.Or | exp.Not):
        return _all_of(_parts(node), "truth", "truth")
    if isinstance(node, (*ARITHMETIC, exp.Neg)):
        return _all_of(_parts(node), "number", "number")
    if isinstance(node, (*COMPARISONS, exp.Is, exp.Between, exp.In)):
        _same(_compared(node))
        return "truth"
    return _kind_of_function(node)


def _compared(node: exp.Expr) -> list[exp.Expr]:
    """Return what a comparison compares."""
    if isinstance(node, exp.Between):
        return [node.this, node.args["low"], node.args["high"]]
    if isinstance(node, exp.Is):
        if not isinstance(node.expression, exp.Null | exp.Boolean):
            raise ValueError("after `is` stands null, not null, true or false")  # noqa: TRY004
        return [node.this, node.expression]
    if isinstance(node, exp.In):
        if not node.expressions or any(node.args.get(a) for a in ("query", "unnest", "field")):
            raise ValueError("after `in` stands a list of values in parentheses")
        return [node.this, *node.expressions]
    return _parts(node)


def _kind_of_function(node: exp.Expr) -> Kind:
    if isinstance(node, tuple(OF_NUMBERS.values())):
        return _all_of(_parts(node), "number", "number")
    if isinstance(node, tuple(OF_ONE_KIND.values())):
        return _same(_parts(node))
    if isinstance(node, exp.Case) and node.this is None:
        return _kind_of_branches(node.args["ifs"], node.args.get("default"))
    if isinstance(node, exp.If):
        return _kind_of_branches([node], node.args.get("false"))
    name = node.name if isinstance(node, exp.Anonymous) else type(node).__name__.lower()
    raise ValueError(
        f"{name} is not allowed; functions are {', '.join(sorted(FUNCTIONS))}"
        f"{nearest(name, FUNCTIONS)}"
    )


def _kind_of_branches(ifs: list[exp.If], default: exp.Expr | None) -> Kind:
    _all_of([branch.this for branch in ifs], "truth", "truth")
    values = [branch.args["true"] for branch in ifs]
    return _same([*values, default] if default is not None else values)


def _parts(node: exp.Expr) -> list[exp.Expr]:
    """Return the expressions directly below a node; arguments that are none hold no columns."""
    listed = [
        v for value in node.args.values() for v in (value if isinstance(value, list) else [value])
    ]
    return [part for part in listed if isinstance(part, exp.Expr)]


def _all_of(parts: Iterable[exp.Expr], wanted: Kind, result: Kind) -> Kind:
    for part in parts:
        if _kind(part) not in (wanted, "unknown"):
            raise ValueError(f"{part.sql(DIALECT).lower()} is no {wanted}")
    return result


def _same(parts: Iterable[exp.Expr]) -> Kind:
    listed = list(parts)
    kinds = {kind for kind in map(_kind, listed) if kind != "unknown"}
    if len(kinds) > 1:
        texts = " and ".join(part.sql(DIALECT).lower() for part in listed[:3])
        raise ValueError(f"{texts} are of different kinds: {', '.join(sorted(kinds))}")
    return kinds.pop() if kinds else "unknown"
