"""Entities of what people say and do beside buying: views, reviews, messages, consents, surveys.

Texts identify whoever they speak of: an entity carries the token of a text, never the text.
"""

from __future__ import annotations

from crm_tasks.contracts.entity import Entity, Field, key, text, token, word

CHANNELS = ("email", "sms", "social", "phone", "mail", "web")

PAGE_VIEWS = Entity(
    name="page_views",
    grain="One row per page seen",
    key=("page_view_source_id",),
    fields=(
        key("page_view_source_id", "Identifier of the view"),
        text("session_source_id", "Session as the source counts it"),
        token("anonymous_token", "Device or cookie of the visitor"),
        text("customer_source_id", "Customer who was logged in; empty for nobody"),
        Field("viewed_at", "timestamp", "When the page was opened", True, True),
        text("event_type", "What was done: view, add_to_cart, checkout, purchase; empty is view"),
        text("url", "Page; what follows a question mark is not kept in core"),
        text("referrer", "Page or site the visitor came from"),
        text("product_source_id", "Product shown, where it is known"),
        Field("engaged_seconds", "number", "Seconds the visitor was active on it", least=0),
        text("device_type", "Device: desktop, mobile, tablet"),
        text("utm_source", "utm_source of the link that led here"),
        text("utm_medium", "utm_medium of the link that led here"),
        text("utm_campaign", "utm_campaign of the link that led here"),
    ),
)

REVIEWS = Entity(
    name="reviews",
    grain="One row per review",
    key=("review_source_id",),
    fields=(
        key("review_source_id", "Identifier of the review"),
        text("customer_source_id", "Customer who wrote it; empty where the source has none"),
        text("product_source_id", "Product it is about"),
        Field("reviewed_at", "timestamp", "When it was written", True, True),
        Field("score", "integer", "Score, 1 worst to 5 best", least=1, most=5),
        token("content_token", "Text of the review"),
    ),
)

MESSAGES = Entity(
    name="messages",
    grain="One row per message to or from a customer",
    key=("message_source_id",),
    fields=(
        key("message_source_id", "Identifier of the message"),
        text("conversation_source_id", "Conversation it belongs to"),
        text("customer_source_id", "Customer on the other side"),
        text("channel", "Channel: email, sms, chat, phone, social"),
        word("direction", "From the customer, or to the customer", ("in", "out")),
        Field("sent_at", "timestamp", "When it was sent", True, True),
        Field("resolved_at", "timestamp", "When its matter was closed"),
        token("text_token", "Text of the message"),
    ),
)

MESSAGE_TAGS = Entity(
    name="message_tags",
    grain="One row per message that a person tagged",
    key=("message_source_id",),
    fields=(
        key("message_source_id", "Message that was tagged"),
        key("intent", "What the writer wants, in the agents' words"),
        Field("tagged_at", "timestamp", "When it was tagged", is_event_time=True),
    ),
)

SOCIAL_INTERACTIONS = Entity(
    name="social_interactions",
    grain="One row per post, follow, direct message, call or ticket",
    key=("interaction_source_id",),
    fields=(
        key("interaction_source_id", "Identifier of the post, call and so on"),
        text("platform", "Platform it happened on"),
        word(
            "interaction_type",
            "What it is; empty: a reply if it has a target, mentions if it names people, or a post",
            ("mention", "reply", "direct_message", "follow", "call", "ticket", "post"),
        ),
        key("actor_source_id", "Who did it: a customer of the same source"),
        text("target_source_id", "Whom it is addressed to"),
        Field("mentioned_source_ids", "list", "Who is named in it"),
        Field("occurred_at", "timestamp", "When it happened", True, True),
        token("text_token", "Text of it"),
    ),
)

CONSENTS = Entity(
    name="consents",
    grain="One row per consent given, denied or withdrawn",
    key=("consent_source_id",),
    fields=(
        key("consent_source_id", "Identifier of the event"),
        key("customer_source_id", "Customer who decided"),
        word("channel", "Channel it is about; empty: every channel", CHANNELS),
        text("purpose", "Purpose it is about; empty: every purpose"),
        word("status", "What was decided", ("granted", "denied", "withdrawn"), is_required=True),
        text("evidence", "Where it was said: form, call, import"),
        Field("occurred_at", "timestamp", "When it was decided", True, True),
    ),
)

SURVEYS = Entity(
    name="surveys",
    grain="One row per answered survey",
    key=("survey_source_id",),
    fields=(
        key("survey_source_id", "Identifier of the answer"),
        text("customer_source_id", "Customer who answered; empty if anonymous"),
        Field("survey_at", "timestamp", "When it was answered", True, True),
        Field("csat", "integer", "Satisfaction, 1 worst to 5 best", least=1, most=5),
        Field("nps", "integer", "Likelihood to recommend, 0 to 10", least=0, most=10),
    ),
)

VOICES = (
    PAGE_VIEWS,
    REVIEWS,
    MESSAGES,
    MESSAGE_TAGS,
    SOCIAL_INTERACTIONS,
    CONSENTS,
    SURVEYS,
)
