"""What a source profile may say: a strict, frozen model; an unknown key is an error.

A profile says where each source table is (:mod:`crm_tasks.profiles.places`), what class each of its
columns has (:mod:`crm_tasks.profiles.tables`), and how the columns map onto the canonical entities
(:mod:`crm_tasks.profiles.mappings`, :mod:`crm_tasks.contracts.entities`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, PrivateAttr, model_validator

from crm_tasks.profiles.base import RAW_PAYLOAD, Name, Strict, known_zone
from crm_tasks.profiles.mappings import Concat, Constant, Feed, Mapping, Membership
from crm_tasks.profiles.outlets import Outbox
from crm_tasks.profiles.places import KnownAt, Source
from crm_tasks.profiles.tables import IdentifyingColumn, SourceTable, ValueFormats
from crm_tasks.profiles.texts import Texts

__all__ = [
    "RAW_PAYLOAD",
    "Concat",
    "Constant",
    "Contact",
    "Experiment",
    "Fairness",
    "Feed",
    "Generator",
    "IdentifyingColumn",
    "Identity",
    "KnownAt",
    "Mapping",
    "Membership",
    "Outbox",
    "Profile",
    "Source",
    "SourceTable",
    "Texts",
    "ValueFormats",
]

Channel = Literal["email", "sms", "social", "phone", "mail"]


class Fairness(Strict):
    """Bounds on what each group of customers gets of a plan."""

    by: Annotated[
        str,
        Field(
            pattern=r"^[a-z][a-z0-9_]{0,80}$",
            description="Text column of the customers' features, or class_<scheme> of the rules",
        ),
    ]
    at_least: Annotated[
        float, Field(ge=0, le=1, description="Share of each group's reachable customers contacted")
    ] = 0.0
    at_most: Annotated[
        float, Field(gt=0, le=1, description="Share of all places one group may hold")
    ] = 1.0


class Contact(Strict):
    """Which channels may be used, what may be spent, and what holds where consent is unknown."""

    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    consent_when_unknown: Literal["deny", "assume"] = "deny"
    actions_per_day: Annotated[int, Field(ge=1)] = 200
    actions_per_channel_and_day: Annotated[
        dict[Channel, Annotated[int, Field(ge=0)]],
        Field(description="Most actions a day on a channel, where the house has a limit"),
    ] = Field(default_factory=dict)
    budget: Annotated[
        Decimal | None,
        Field(ge=0, max_digits=18, decimal_places=2, description="Most a plan of a week may cost"),
    ] = None
    fairness: Annotated[tuple[Fairness, ...], Field(description="Bounds on groups")] = ()
    issue_deadline_days: Annotated[
        int, Field(ge=0, description="An open issue older than this is answered first")
    ] = 2
    exploration_share: Annotated[
        float,
        Field(
            ge=0, lt=1, description="Share of places whose options are drawn, so that one learns"
        ),
    ] = 0.05
    margin_share: Annotated[
        float, Field(gt=0, le=1, description="What the house keeps of an order's net amount")
    ] = 1.0


class Experiment(Strict):
    """A campaign of ours whose targets are drawn by lot before anybody is contacted."""

    campaign: Annotated[Name, Field(description="Name of the campaign")]
    design: Annotated[
        Literal["cluster", "unit", "none"],
        Field(description="Communities in two stages, single customers, or nobody is drawn"),
    ]
    start_date: dt.date
    end_date: dt.date
    saturations: Annotated[
        tuple[Annotated[float, Field(ge=0, le=1)], ...],
        Field(min_length=2, description="Shares of a community that may be treated"),
    ] = (0.0, 0.5, 1.0)
    treated_share: Annotated[
        float, Field(gt=0, lt=1, description="Share of customers that a unit design treats")
    ] = 0.5
    baselines: Annotated[
        tuple[Literal["propensity", "out_degree", "random"], ...],
        Field(
            description="Usual ways to choose whom to contact, each of which decides on as many of "
            "the treated as the plan does"
        ),
    ] = ()

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.end_date < self.start_date:
            raise ValueError(f"experiment {self.campaign}: end_date lies before start_date")
        if len(set(self.baselines)) < len(self.baselines):
            raise ValueError(f"experiment {self.campaign}: a baseline is named twice")
        if self.baselines and self.design == "none":
            raise ValueError(f"experiment {self.campaign}: baselines need a design that draws")
        return self


class Identity(Strict):
    """How records of one person are found; the thresholds were fixed on data of our own."""

    phone_regions: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[A-Z]{2}$")], ...],
        Field(
            min_length=1,
            description="Countries (ISO 3166) that numbers without country code are read for",
        ),
    ] = ("US",)
    auto_threshold: Annotated[
        float, Field(gt=0.5, lt=1, description="Pairs this probable are linked without a person")
    ] = 0.8
    review_threshold: Annotated[
        float, Field(ge=0.2, lt=1, description="Pairs from here on wait in the review queue")
    ] = 0.5

    @model_validator(mode="after")
    def _review_comes_before_auto(self) -> Self:
        if self.review_threshold > self.auto_threshold:
            raise ValueError("identity: review_threshold must not exceed auto_threshold")
        return self


class Generator(Strict):
    """Files that are made when they are missing; sources' roots count from their folder."""

    name: Literal["planted"]
    size: Annotated[
        Literal["S", "M", "L"], Field(description="2 thousand, 100 thousand or 1 million customers")
    ]
    seed: Annotated[int, Field(ge=0, lt=2**32)]


class Profile(Strict):
    """A company's data: its sources, its calendar and what may be done with its customers."""

    profile: Name
    title: str
    provenance: str
    time_zone: Annotated[str, AfterValidator(known_zone)]
    currency_code: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    default_as_of: dt.date | None = None
    is_synthetic: bool = False
    generator: Generator | None = Field(
        None, description="Makes the source files below the home; only for synthetic data"
    )
    uses_demo_key: bool = False
    dry_run_only: bool = False
    rules: Annotated[
        str | None,
        Field(
            pattern=r"^[^\x00-\x1f]{1,200}$",
            description="File of rules, beside the profile, instead of the house's own",
        ),
    ] = None
    drafts: Annotated[
        str | None,
        Field(
            pattern=r"^[^\x00-\x1f]{1,200}$",
            description="File of message texts, beside the profile; what it lacks is the house's",
        ),
    ] = None
    contact: Contact
    identity: Identity = Field(default_factory=Identity)
    texts: Annotated[Texts, Field(description="How what customers write is read")] = Field(
        default_factory=Texts
    )
    outbox: Annotated[
        Outbox, Field(description="Where messages leave; nothing is sent without it")
    ] = Field(default_factory=Outbox)
    experiments: Annotated[
        tuple[Experiment, ...], Field(description="Campaigns of ours drawn by lot, each once")
    ] = ()
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    _rules_path: Path | None = PrivateAttr(None)
    _rules_sha256: str = PrivateAttr("")
    _drafts_path: Path | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        systems = [source.source_system for source in self.sources]
        for source in self.sources:
            tables = [table.name for table in source.tables]
            if len(set(tables)) < len(tables):
                raise ValueError(f"{source.source_system}: two tables with the same name")
        if len(set(systems)) < len(systems):
            raise ValueError("two sources with the same source_system")
        return self

    @model_validator(mode="after")
    def _draws_each_campaign_once(self) -> Self:
        campaigns = [experiment.campaign for experiment in self.experiments]
        if len(set(campaigns)) < len(campaigns):
            raise ValueError("experiments: two with the same campaign")
        return self

    @model_validator(mode="after")
    def _keeps_the_demo_key_from_people(self) -> Self:
        if self.uses_demo_key and self.has_identifying_columns and not self.is_synthetic:
            raise ValueError(
                "uses_demo_key: the demo key is public; identifying columns need a key of their own"
            )
        return self

    @model_validator(mode="after")
    def _says_that_made_data_are_made(self) -> Self:
        if self.generator is not None and not self.is_synthetic:
            raise ValueError("generator: is_synthetic must be true")
        return self

    @property
    def has_identifying_columns(self) -> bool:
        """Whether any source column goes to the vault."""
        return any(table.identifying for source in self.sources for table in source.tables)

    def with_rules_of(self, path: Path, content: bytes) -> Self:
        """Return the profile with the file of rules it names, found and read."""
        told = self.model_copy()
        told._rules_path = path  # noqa: SLF001 (a copy of its own)
        told._rules_sha256 = hashlib.sha256(content).hexdigest()  # noqa: SLF001
        return told

    def with_drafts_at(self, path: Path) -> Self:
        """Return the profile with the file of message texts it names, found."""
        told = self.model_copy()
        told._drafts_path = path  # noqa: SLF001 (a copy of its own)
        return told

    @property
    def drafts_path(self) -> Path | None:
        """Where the profile's own message texts stand; None for the house's alone."""
        return self._drafts_path

    @property
    def rules_path(self) -> Path | None:
        """Where the profile's own rules stand; None for the house's."""
        return self._rules_path

    @property
    def digest(self) -> str:
        """Digest of everything the profile says, its own rules included."""
        said = self.model_dump_json() + self._rules_sha256
        return hashlib.sha256(said.encode()).hexdigest()

    @property
    def entities_fed(self) -> frozenset[str]:
        """Names of the canonical entities that at least one table feeds."""
        return frozenset(
            feed.entity
            for source in self.sources
            for table in source.tables
            for feed in table.feeds
        )
