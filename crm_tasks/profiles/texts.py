"""What a profile says about texts: intents of its own, words of label files, a language model."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from crm_tasks.profiles.base import Name, SecretName, Strict
from crm_tasks.profiles.outlets import safe_url


class Intent(Strict):
    """An intent of the company's own, and what follows from it."""

    need: Annotated[Name | None, Field(description="What a customer who writes so needs")] = None
    topic: Annotated[Name, Field(description="What it is about")] = "other"
    is_complaint: Annotated[
        bool, Field(description="Whether something went wrong for the customer")
    ] = False
    needs_answer: Annotated[bool, Field(description="Whether it waits for somebody")] = True
    answer_within_hours: Annotated[
        int, Field(ge=1, le=2_160, description="Time to answer; urgent texts get a third of it")
    ] = 24


class LanguageModel(Strict):
    """A server that speaks OpenAI's protocol of chats; texts go there by consent only."""

    url: Annotated[
        str,
        AfterValidator(safe_url),
        Field(description="Where the protocol begins: https://host/v1"),
    ]
    model: Annotated[
        str, Field(pattern=r"^[^\x00-\x1f\s]{1,120}$", description="Name of the model")
    ]
    token: Annotated[
        SecretName | None, Field(description="Setting that holds the key, if it asks for one")
    ] = None
    purpose: Annotated[
        Name, Field(description="Purpose for which a customer's consent must stand")
    ] = "text_analysis"
    texts_per_run: Annotated[
        int, Field(ge=1, le=100_000, description="So many texts are asked about at most")
    ] = 500
    timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 30.0


class Texts(Strict):
    """How texts are read: what may be wanted in them, and what agents call it."""

    intents: Annotated[
        dict[Name, Intent],
        Field(description="Intents beside those of a shop, or a shop's own said anew"),
    ] = Field(default_factory=dict)
    labels: Annotated[
        dict[Annotated[str, Field(min_length=1, max_length=80)], Name],
        Field(description="Words of label files and agents' tags, and the intent each stands for"),
    ] = Field(default_factory=dict)
    language_model: Annotated[
        LanguageModel | None,
        Field(description="Asked where the model of the house is not sure; off without it"),
    ] = None
