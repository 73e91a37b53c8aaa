"""Finds constructs that one SQL engine understands differently from another.

The models are rendered without dbt: what macros/portable.sql dispatches becomes a call of
``portable_<name>``, everything else stays as a model or macro wrote it. A line may be excused by
``-- portable-ok: <reason>``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import jinja2

from crm_tasks.settings import PROJECT
from tests.dbt.stubs import adapter, exceptions, modules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

DBT_PROJECT = PROJECT / "dbt_project"
VARIABLES: dict[str, object] = {
    "as_of": "2018-01-02",
    "currency_code": "USD",
    # Not UTC, so that the conversions are written out.
    "time_zone": "Asia/Shanghai",
    "is_synthetic": False,
    "consent_when_unknown": "deny",
}

#: Functions with another name, another result or another rounding from engine to engine.
SPELLED_DIFFERENTLY = """
    array concat concat_ws date_add date_diff date_format date_sub dateadd datediff datesub
    dayofweek decode epoch explode generate_series get_json_object hash if iff ifnull instr isodow
    isoyear json_extract list_value ln log make_date md5 median months_between nvl percentile_cont
    percentile_disc quantile quantile_cont quantile_disc range regexp_extract regexp_matches
    regexp_replace rlike sequence sha2 sha256 strftime strpos strptime struct_pack timestampdiff
    to_char to_days try_cast unnest week weekday weekofyear
"""
#: Functions whose answer depends on the order of rows, on the clock or on chance.
UNREPEATABLE = """
    any_value approx_count_distinct approx_quantile arbitrary arg_max arg_min array_agg collect_list
    first gen_random_uuid getdate group_concat last list listagg max_by min_by mode now rand random
    string_agg today uuid
"""
UNCALLED = """
    asof current_date current_time current_timestamp exclude ilike interval lateral localtimestamp
    pivot qualify tablesample unpivot
"""
FORBIDDEN_CALLS = frozenset((SPELLED_DIFFERENTLY + UNREPEATABLE).split())
FORBIDDEN_WORDS = frozenset(UNCALLED.split())
FORBIDDEN_SIGNS = {"::": "cast by ::", "//": "//", "%": "%", "\\": "backslash"}
AGGREGATES = frozenset(
    ("sum", "count", "min", "max", "avg", "stddev_samp", "var_samp", "portable_percentile")
)
WINDOW_FUNCTIONS = frozenset(
    ("row_number", "rank", "dense_rank", "ntile", "lag", "lead", "first_value")
)
MOMENTS = ("_date", "_day", "_at", "_month", "month_start")

#: What makes an order complete where no identifier ends it, and within what it is unique.
TIE_BREAKS = {
    "record_no": "a landed batch",
    "known_from": "a customer, once the last landed of one moment is chosen",
    "iso_weekday": "a customer",
    "hour_of_day": "a customer",
    "category": "a customer",
    "date_day": "a deal",
    "stage_number": "a deal",
    "baseline": "a target, metric and candidate, all ordered by before it",
    "topic": "a customer, once complaints are counted by topic",
    "arm": "a campaign, once outcome, estimand and estimator are the same",
}
#: Identifiers of few things: a window per one of them is almost a window over all rows.
OF_FEW_THINGS = frozenset(("batch_id", "campaign_id", "channel_id", "community_id", "segment_id"))

TOKEN = re.compile(
    r"""(?P<text>'(?:[^']|'')*') | (?P<quoted>"[^"]*") | (?P<number>\d+(?:\.\d+)?)
      | (?P<word>[A-Za-z_]\w*) | (?P<sign>\|\||<>|<=|>=|::|//|\S)""",
    re.VERBOSE,
)
WAIVER = re.compile(r"--\s*portable-ok:\s*\S+")


@dataclass(frozen=True)
class Token:
    """One token: lower-case word, sign or literal, with its line."""

    text: str
    line: int


@dataclass(frozen=True)
class Finding:
    """One forbidden construct: the rule it breaks and the line it stands in."""

    rule: str
    line: int


def rendered_models() -> dict[str, str]:
    """Return the SQL of every model and singular test by its path within the dbt project."""
    paths = [*DBT_PROJECT.glob("models/**/*.sql"), *DBT_PROJECT.glob("tests/*.sql")]
    return {str(p.relative_to(DBT_PROJECT)): rendered(p.read_text("utf-8")) for p in sorted(paths)}


def rendered(template: str, variables: Mapping[str, object] = VARIABLES) -> str:
    """Return a template rendered with all macros of the project and stand-ins for dbt's own."""
    macros = "".join(_text(path) for path in sorted((DBT_PROJECT / "macros").glob("*.sql")))
    environment = jinja2.Environment(  # noqa: S701 (SQL, not HTML)
        extensions=["jinja2.ext.do"], undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
    context = {
        "adapter": adapter,
        "modules": modules,
        "exceptions": exceptions,
        "execute": True,
        "var": lambda name, default=None: variables.get(name, default),
        "env_var": lambda _, default="": default,
        "ref": lambda name: name,
        "source": lambda schema, name: f"{schema}_{name}",
        "config": lambda **_: "",
        "is_incremental": lambda: False,
        "this": "this",
    }
    return environment.from_string(macros + template).render(context).lstrip()


def findings(sql: str) -> list[Finding]:
    """Return every forbidden construct of a rendered statement, in the order of lines."""
    waived = {n for n, line in enumerate(sql.splitlines(), 1) if WAIVER.search(line)}
    statement = Statement(sql)
    found = {f for rule in RULES for f in rule(statement) if f.line not in waived}
    return sorted(found, key=lambda finding: (finding.line, finding.rule))


def waivers(sql: str) -> int:
    """Return the number of lines that are excused."""
    return sum(bool(WAIVER.search(line)) for line in sql.splitlines())


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


class Statement:
    """A statement as tokens that know the bracket they stand in."""

    def __init__(self, sql: str) -> None:
        without_comments = re.sub(r"--[^\n]*", "", sql)
        self.tokens = [
            Token(match.group().lower(), without_comments.count("\n", 0, match.start()) + 1)
            for match in TOKEN.finditer(without_comments)
        ]

    def __getitem__(self, index: int) -> str:
        inside = 0 <= index < len(self.tokens)
        return self.tokens[index].text if inside else ""

    def words(self, *texts: str) -> Iterator[int]:
        """Yield the places where one of the tokens stands."""
        return (i for i, token in enumerate(self.tokens) if token.text in texts)

    @cached_property
    def brackets(self) -> list[tuple[int, ...]]:
        """For each token the places of the open brackets around it, outermost first."""
        around: list[tuple[int, ...]] = []
        stack: list[int] = []
        for i, token in enumerate(self.tokens):
            if token.text == ")" and stack:
                stack.pop()
            around.append(tuple(stack))
            if token.text == "(":
                stack.append(i)
        return around

    @cached_property
    def closing(self) -> dict[int, int]:
        """The place of the closing bracket by that of the opening one."""
        pairs: dict[int, int] = {}
        stack: list[int] = []
        for i, token in enumerate(self.tokens):
            if token.text == "(":
                stack.append(i)
            elif token.text == ")" and stack:
                pairs[stack.pop()] = i
        return pairs

    @cached_property
    def opening(self) -> dict[int, int]:
        """The place of the opening bracket by that of the closing one."""
        return {close: open_ for open_, close in self.closing.items()}

    def clause(self, place: int) -> str:
        """Return the last clause word before a place, within the same bracket."""
        clauses = ("select", "from", "where", "having", "group", "order", "on")
        around = self.brackets[place]
        for i in range(place, -1, -1):
            if self.brackets[i] == around and self[i] in clauses:
                return self[i]
        return ""

    def is_cast(self, place: int) -> bool:
        """Return whether some bracket around a place, within its query, is that of a cast."""
        for bracket in reversed(self.brackets[place]):
            if self[bracket + 1] in ("select", "with"):
                return False
            if self[bracket - 1] == "cast":
                return True
        return False

    def finding(self, rule: str, place: int) -> Finding:
        return Finding(rule, self.tokens[place].line)


def _calls(statement: Statement) -> Iterator[Finding]:
    for i in statement.words(*FORBIDDEN_CALLS):
        if statement[i + 1] == "(" and statement[i - 1] != ".":
            yield statement.finding(f"{statement[i]}()", i)


def _words(statement: Statement) -> Iterator[Finding]:
    for i in statement.words(*FORBIDDEN_WORDS):
        yield statement.finding(statement[i], i)
    for i in statement.words("union"):
        if statement[i + 1] not in ("all", "distinct"):
            yield statement.finding("union without all or distinct", i)
    for i in statement.words("all"):
        if statement[i - 1] == "by":
            yield statement.finding("by all", i)


def _signs(statement: Statement) -> Iterator[Finding]:
    for i, token in enumerate(statement.tokens):
        if token.text in FORBIDDEN_SIGNS:
            yield statement.finding(FORBIDDEN_SIGNS[token.text], i)
        elif token.text.startswith('"'):
            yield statement.finding("quoted identifier", i)
        elif token.text.startswith("'") and "\\" in token.text:
            yield statement.finding("backslash", i)


def _date_arithmetic(statement: Statement) -> Iterator[Finding]:
    for i in statement.words("-", "+"):
        if _is_moment_before(statement, i) or _is_moment_after(statement, i):
            yield statement.finding("arithmetic on dates", i)


def _is_moment_before(statement: Statement, place: int) -> bool:
    left = statement[place - 1]
    if left == ")":
        opened = statement.opening.get(place - 1, 0)
        cast_to_moment = statement[place - 2] in ("date", "timestamp")
        return statement[opened - 1] == "cast" and cast_to_moment
    return left.endswith(MOMENTS)


def _is_moment_after(statement: Statement, place: int) -> bool:
    column = place + 3 if statement[place + 2] == "." else place + 1
    if statement[place + 1] == "cast":
        return statement[statement.closing[place + 2] - 1] in ("date", "timestamp")
    return statement[column].endswith(MOMENTS) and statement[column + 1] != "("


def _division(statement: Statement) -> Iterator[Finding]:
    for i in statement.words("/"):
        numerator_is_double = statement[i - 1] == ")" and statement[i - 2] == "double"
        end = statement.closing.get(i + 2, i)
        is_safe = statement[i + 1] == "nullif" and "double" in {
            statement[place] for place in range(i, end)
        }
        if not (numerator_is_double and is_safe):
            yield statement.finding("division that is not double / nullif(double, 0)", i)


def _uncast_results(statement: Statement) -> Iterator[Finding]:
    for i in statement.words(*AGGREGATES, *WINDOW_FUNCTIONS):
        is_call = statement[i + 1] == "("
        if is_call and statement.clause(i) != "having" and not statement.is_cast(i):
            yield statement.finding("aggregate or window without a cast", i)


def _orders(statement: Statement) -> Iterator[Finding]:
    for i in statement.words("order"):
        items = _order_items(statement, i + 2)
        for item in items:
            if statement[item[-1]] not in ("first", "last") or statement[item[-2]] != "nulls":
                yield statement.finding("order without nulls first or last", item[0])
        last = [statement[place] for place in items[-1]]
        column = last[2] if last[1:2] == ["."] else last[0]
        if not column.endswith("_id") and column not in TIE_BREAKS:
            yield statement.finding("order without a unique tie-break", items[-1][0])


def _order_items(statement: Statement, start: int) -> list[list[int]]:
    """Return the places of each expression of an order by that begins at ``start``."""
    around = statement.brackets[start]
    items: list[list[int]] = [[]]
    for i in range(start, len(statement.tokens)):
        is_outside = len(statement.brackets[i]) < len(around)
        if is_outside or statement[i] in ("limit", "rows", "range"):
            break
        if statement[i] == "," and statement.brackets[i] == around:
            items.append([])
        else:
            items[-1].append(i)
    return items


def _windows(statement: Statement) -> Iterator[Finding]:
    for i in statement.words("over"):
        inside = [statement[place] for place in range(i + 2, statement.closing[i + 1])]
        if "partition" not in inside:
            yield statement.finding("window over all rows", i)
            continue
        end = inside.index("order") if "order" in inside else len(inside)
        keys = [word for word in inside[inside.index("partition") : end] if word.endswith("_id")]
        if not set(keys) - OF_FEW_THINGS:
            yield statement.finding("window over few partitions", i)


def _limits(statement: Statement) -> Iterator[Finding]:
    for i in statement.words("limit"):
        if statement.clause(i) != "order":
            yield statement.finding("limit without order", i)


def _self_joins(statement: Statement) -> Iterator[Finding]:
    for i in statement.words("from"):
        around = statement.brackets[i]
        for k in range(i + 1, len(statement.tokens)):
            same = statement.brackets[k] == around
            ends = len(statement.brackets[k]) < len(around)
            if ends or (same and statement[k] in ("select", "where", "group", "union")):
                break
            if same and statement[k] == "join" and statement[k + 1] == statement[i + 1]:
                yield statement.finding("self-join", k)


RULES = (
    _calls,
    _words,
    _signs,
    _date_arithmetic,
    _division,
    _uncast_results,
    _orders,
    _windows,
    _limits,
    _self_joins,
)
