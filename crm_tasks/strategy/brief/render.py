"""Put the facts of a plan into words: HTML, autoescaped and self-contained, and Markdown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from crm_tasks.strategy.brief.words import WORDS
from crm_tasks.strategy.wording import why_not

if TYPE_CHECKING:
    import datetime as dt

    from crm_tasks.strategy.brief.facts import Facts

TEMPLATES = Path(__file__).parent
FORMATS = {"html": "brief.html.j2", "md": "brief.md.j2"}


def write_briefs(facts: Facts, as_of: dt.date, title: str, currency: str) -> pa.Table:
    """Return the rows of strategy.decision_briefs: each language in each format.

    Parameters
    ----------
    facts : Facts
        What the plan is (see :func:`crm_tasks.strategy.brief.facts.collect_facts`).
    as_of : date
        The day the plan is made for.
    title, currency : str
        Name of the company's data, and the ISO code of all amounts.
    """
    rows = [
        {
            "language": language,
            "format": form,
            "content": _render(template, _context(facts, as_of, title, currency, language)),
            "as_of_date": as_of,
        }
        for language in WORDS
        for form, template in FORMATS.items()
    ]
    return pa.Table.from_pylist(rows)


def _context(
    facts: Facts, as_of: dt.date, title: str, currency: str, language: str
) -> dict[str, Any]:
    return {
        "facts": facts,
        "w": WORDS[language],
        "language": language,
        "title": title,
        "currency": currency,
        "as_of": as_of,
        "last_day": max((row["day"] for row in facts.days), default=as_of),
        "between": facts.answers_between,
        "name": "name_zh" if language == "zh" else "name",
        "reason": f"text_{language}",
        "why_not": lambda code: why_not(code, language),
    }


def _render(template: str, context: dict[str, Any]) -> str:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = _cell
    environment.filters["share"] = lambda value: f"{100 * value:.1f} %"
    environment.filters["money"] = lambda value: f"{float(value):,.2f}"
    return environment.get_template(template).render(context)


def _cell(value: object) -> str:
    r"""Return a text that can stand in a Markdown table: no bar, no line of its own, no markup.

    >>> _cell("a | b <script>")
    'a \\| b &lt;script>'
    """
    text = " ".join(str(value).split()).replace("&", "&amp;").replace("<", "&lt;")
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("[", "\\[").replace("`", "'")
