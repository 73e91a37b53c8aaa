"""`crm brief`: the plan on one page, for whoever decides."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from crm_tasks.cli.console import HomeOption, output
from crm_tasks.errors import CrmError, RunStateError
from crm_tasks.settings import load_settings
from crm_tasks.warehouse.files import file_aside
from crm_tasks.warehouse.home import Home
from crm_tasks.warehouse.query import query_served

NEWEST = """
select content from strategy.decision_briefs
where language = $language and format = $format
order by as_of_date desc
limit 1
"""


class Language(StrEnum):
    """Language of the page."""

    EN = "en"
    ZH = "zh"


class Format(StrEnum):
    """Form of the page."""

    HTML = "html"
    MD = "md"


def brief(
    language: Annotated[Language, typer.Option("--lang", help="Language")] = Language.EN,
    form: Annotated[Format, typer.Option("--format", help="html or md (Markdown)")] = Format.MD,
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write; without one it is printed")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Show the decision brief of the run published last: what to do, why, and what to expect.

    The HTML page needs nothing beside itself: `crm brief --format html --out week.html`.
    """
    place = Home(load_settings(home=home).home_path)
    rows = query_served(place, NEWEST, {"language": language.value, "format": form.value})
    if not rows.num_rows:
        raise RunStateError("no brief is published yet; `crm run` writes one")
    page: str = rows.column(0)[0].as_py()
    if out is None:
        sys.stdout.write(page)
        return
    if not out.parent.is_dir():
        raise CrmError(f"--out: there is no folder {out.parent}")
    with file_aside(out) as file:
        file.write(page.encode())
    output.print(f"written {out}", markup=False, highlight=False)
