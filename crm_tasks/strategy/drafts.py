"""Drafts of messages in English and Chinese, from sandboxed templates with a closed set of fields.

A template can name the fields below, call nothing and reach nothing else; it is checked whole
before the first message, so that no message leaves with a gap in it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from jinja2 import StrictUndefined, TemplateError
from jinja2.meta import find_undeclared_variables
from jinja2.nodes import Call, Filter, Getattr, Getitem
from jinja2.sandbox import ImmutableSandboxedEnvironment

from crm_tasks.errors import ContractError, listed, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

CONTENT_TYPES = ("promotion", "entertainment", "education")
LANGUAGES = ("en", "zh")
TEXTS = Path(__file__).with_name("draft_texts.yml")

Texts = dict[str, dict[str, dict[str, str]]]


@dataclass(frozen=True)
class Fields:
    """All that a template may say; nothing here identifies anybody."""

    shop: str
    offer: str
    category: str | None
    valid_until: str
    unsubscribe: str


@dataclass(frozen=True)
class Draft:
    """A message ready to be sent."""

    language: str
    subject: str
    body: str


class Drafts:
    """The templates of all content types and languages, checked.

    Raises
    ------
    ContractError
        A content type, language or part is missing or unknown, a template does not parse, names a
        field that is none, or calls or reaches into something.
    """

    def __init__(self, texts: Mapping[str, Mapping[str, Mapping[str, str]]]) -> None:
        self._environment = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True
        )
        self._texts = texts
        _check_names(texts, CONTENT_TYPES, "content type")
        for content_type, languages in texts.items():
            _check_names(languages, LANGUAGES, f"{content_type}: language")
            for language, parts in languages.items():
                where = f"{content_type}.{language}"
                _check_names(parts, ("subject", "body"), f"{where}: part")
                for part, text in parts.items():
                    self._check(f"{where}.{part}", text)

    @classmethod
    def load(cls, path: Path = TEXTS) -> Drafts:
        """Return the drafts of a file of texts."""
        return cls(yaml.safe_load(path.read_text(encoding="utf-8")))

    def write(self, content_type: str, language: str | None, fields: Fields) -> Draft:
        """Return the draft in a customer's language; English where it is another or unknown."""
        spoken = (language or "").split("-")[0].lower()
        known = spoken if spoken in LANGUAGES else "en"
        parts = self._texts[content_type][known]
        said = {name: self._render(text, fields) for name, text in parts.items()}
        return Draft(known, " ".join(said["subject"].split()), said["body"])

    def _render(self, text: str, fields: Fields) -> str:
        return self._environment.from_string(text).render(asdict(fields))

    def _check(self, where: str, text: str) -> None:
        try:
            parsed = self._environment.parse(text)
        except TemplateError as error:
            raise ContractError(f"draft {where}: {error.message}") from None
        allowed = set(Fields.__annotations__)
        unknown = sorted(find_undeclared_variables(parsed) - allowed)
        if unknown:
            hint = nearest(unknown[0], allowed)
            raise ContractError(
                f"draft {where}: no field {listed(unknown)}{hint}; allowed are {listed(allowed)}"
            )
        if any(parsed.find_all((Call, Filter, Getattr, Getitem))):
            raise ContractError(f"draft {where}: a template names fields and conditions only")


def _check_names(found: object, wanted: tuple[str, ...], what: str) -> None:
    names = set(found) if isinstance(found, dict) else set()
    if names != set(wanted):
        missing, unknown = listed(set(wanted) - names), listed(map(str, names - set(wanted)))
        raise ContractError(f"draft texts, {what}: missing [{missing}], unknown [{unknown}]")
