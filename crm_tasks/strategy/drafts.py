"""Drafts of messages in English and Chinese, from sandboxed templates with a closed set of fields.

A template can name the fields below, call nothing and reach nothing else; it is checked whole
before the first message, so that no message leaves with a gap in it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from jinja2 import StrictUndefined, TemplateError
from jinja2.meta import find_undeclared_variables
from jinja2.nodes import Call, Filter, Getattr, Getitem, Name
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel, ConfigDict

from crm_tasks.errors import DraftsError, listed, nearest
from crm_tasks.strict_yaml import line_of, load_strict

CONTENT_TYPES = ("promotion", "entertainment", "education")
LANGUAGES = ("en", "zh")
TEXTS = Path(__file__).with_name("draft_texts.yml")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(_Strict):
    """What one message says in one language."""

    subject: str
    body: str


class Languages(_Strict):
    """What one message says, in every language the house writes."""

    en: Text
    zh: Text


class Texts(_Strict):
    """A file of texts, by content type; those it lacks are the house's."""

    promotion: Languages | None = None
    entertainment: Languages | None = None
    education: Languages | None = None


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
    """The templates of all content types and languages, each checked as a whole."""

    def __init__(self) -> None:
        self._environment = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True
        )
        self._texts: dict[str, Languages] = {}

    @classmethod
    def load(cls, own: Path | None = None) -> Drafts:
        """Return the drafts of a file of texts, and for what it lacks those the house ships.

        Raises
        ------
        DraftsError
            The file is no strict YAML, or a template does not parse, names a field that is none,
            or calls or reaches into something; the message names file, line and the nearest
            valid key or field.
        """
        drafts = cls()
        for file in (TEXTS, own):
            if file is not None:
                drafts._add(file)
        return drafts

    def _add(self, file: Path) -> None:
        texts = load_strict(file, Texts, DraftsError)
        for content_type in CONTENT_TYPES:
            languages: Languages | None = getattr(texts, content_type)
            if languages is None:
                continue
            for language in LANGUAGES:
                for part in ("subject", "body"):
                    keys = (content_type, language, part)
                    self._check(file, keys, getattr(getattr(languages, language), part))
            self._texts[content_type] = languages

    def write(self, content_type: str, language: str | None, fields: Fields) -> Draft:
        """Return the draft in a customer's language; English where it is another or unknown."""
        spoken = (language or "").split("-")[0].lower()
        known = spoken if spoken in LANGUAGES else "en"
        text: Text = getattr(self._texts[content_type], known)
        subject, body = (self._render(one, fields) for one in (text.subject, text.body))
        return Draft(known, " ".join(subject.split()), body)

    def _render(self, text: str, fields: Fields) -> str:
        return self._environment.from_string(text).render(asdict(fields))

    def _check(self, file: Path, keys: tuple[str, ...], text: str) -> None:
        """Refuse a template that does not parse, or does more than name fields and conditions."""

        def wrong(what: str, line: int) -> DraftsError:
            at = line_of(file, keys, DraftsError) + line - 1
            return DraftsError(f"{file}, line {at}: {'.'.join(keys)}: {what}")

        try:
            parsed = self._environment.parse(text)
        except TemplateError as error:
            raise wrong(error.message or "no template", getattr(error, "lineno", 1)) from None
        for node in parsed.find_all((Call, Filter, Getattr, Getitem)):
            raise wrong("a template names fields and conditions only", node.lineno)
        allowed = set(Fields.__annotations__)
        unknown = find_undeclared_variables(parsed) - allowed
        for node in parsed.find_all(Name):
            if node.name in unknown:
                hint = nearest(node.name, allowed)
                raise wrong(f"no field {node.name!r}{hint}; allowed are {listed(allowed)}",
                            node.lineno)  # fmt: skip
