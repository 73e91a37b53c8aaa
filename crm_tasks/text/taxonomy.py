"""What follows from an intent, and what a text is about: need, topic, urgency, time to answer.

Declared in one place, in words of the trade; a profile adds intents of its own or says those of
the shop anew. An intent that nobody declared counts as a question to be answered within a day.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from crm_tasks.errors import ProfileError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crm_tasks.profiles import Texts


@dataclass(frozen=True)
class IntentFacts:
    """What an intent means for the company.

    Parameters
    ----------
    need : str or None
        What the customer needs.
    topic : str
        What it is about; reviews are told by words of the same topics.
    is_complaint : bool
        Whether something went wrong for the customer.
    needs_answer : bool
        Whether it waits for somebody.
    answer_within_hours : int
        Time to answer before it is overdue; urgent texts get a third of it.
    """

    need: str | None
    topic: str
    is_complaint: bool = False
    needs_answer: bool = True
    answer_within_hours: int = 24


INTENTS = {
    "order_status": IntentFacts("delivery_information", "delivery"),
    "late_delivery": IntentFacts("punctual_delivery", "delivery", True, True, 12),
    "defect": IntentFacts("product_quality", "quality", True, True, 12),
    "refund": IntentFacts("refund", "returns"),
    "price": IntentFacts("lower_price", "price", answer_within_hours=48),
    "advice": IntentFacts("product_advice", "advice", answer_within_hours=48),
    "account": IntentFacts("account_help", "account"),
    "praise": IntentFacts(None, "praise", needs_answer=False),
}
UNDECLARED = IntentFacts(None, "other")
URGENT_SHARE = 3
DIGEST_LENGTH = 6

#: Words that say what a text is about; the topic with most of them holds, the first of equals.
TOPICS = {
    "delivery": r"deliver|shipp|courier|parcel|arriv|\blate\b|delay|tracking|快递|物流|配送|送货|发货|送到|到货"
    r"|送得|送达|外卖员|骑手|迟到",
    "returns": r"refund|return|money back|exchange|退款|退货|退钱|换货|退换",
    "packaging": r"packag|\bbox\b|wrapp|包装|箱子|盒子|封口",
    "quality": r"qualit|broke|defect|damag|crack|faulty|works?\b|stopped|坏|质量|破损|裂|做工|掉色|异味|假货|正品"
    r"|耐用|好用|难用",
    "price": r"\bprice|cheap|expensive|discount|coupon|worth|value for|money\b|cost|价格|便宜|贵|优惠|折扣|性价比"
    r"|划算|不值|降价",
    "service": r"service|staff|friendly|rude|reply|support|helpful|客服|服务|态度|卖家|店家|热情|售后",
    "account": r"account|password|log ?in|profile|账号|账户|密码|登录|注册",
    "taste": r"tast|delicious|fresh|flavou?r|好吃|难吃|味道|口感|新鲜|分量",
    "fit": r"\bsize|fits?\b|too (?:big|small|tight)|尺寸|尺码|大小|合身|偏大|偏小",
}  # fmt: skip
_TOPICS = {name: re.compile(words, re.IGNORECASE) for name, words in TOPICS.items()}
URGENT = re.compile(
    r"\burgent|\basap\b|immediately|right away|at once\b|as soon as possible|emergency|by tomorrow"
    r"|need it today|last warning|lawyer|legal action|紧急|加急|急用|急需|马上|立刻|立即|尽快|赶紧|赶快|投诉到"
    r"|消协|工商|律师|十万火急",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Taxonomy:
    """The intents there are for a company, and what its people call them.

    Parameters
    ----------
    intents : mapping
        Facts by intent: the shop's and the profile's own.
    labels : mapping
        Words of label files and tags, by the intent each stands for; every intent stands for
        itself.
    digest : str
        Of what the profile says; empty if it says nothing.
    """

    intents: Mapping[str, IntentFacts]
    labels: Mapping[str, str]
    digest: str = ""

    @classmethod
    def of(cls, texts: Texts, where: str) -> Taxonomy:
        """Return the taxonomy of a profile.

        Raises
        ------
        ProfileError
            A label stands for an intent that there is not; the nearest is named.
        """
        own = {name: IntentFacts(**one.model_dump()) for name, one in texts.intents.items()}
        intents = {**INTENTS, **own}
        for label, intent in texts.labels.items():
            if intent not in intents:
                raise ProfileError(
                    f"{where}: texts.labels.{label}: no intent {intent!r}"
                    f"{nearest(intent, intents)} Declare it below texts.intents"
                )
        said = json.dumps({n: asdict(f) for n, f in own.items()}, sort_keys=True) if own else ""
        digest = sha256(said.encode()).hexdigest()[:DIGEST_LENGTH] if own else ""
        return cls(intents, {**{name: name for name in intents}, **texts.labels}, digest)

    def facts_of(self, intent: str) -> IntentFacts:
        """Return what an intent means.

        >>> SHOP.facts_of("defect").is_complaint, SHOP.facts_of("card_arrival").answer_within_hours
        (True, 24)
        """
        return self.intents.get(intent, UNDECLARED)

    def consequences(self, intent: str, *, is_urgent: bool) -> dict[str, Any]:
        """Return the columns of ml.text_labels that follow from an intent.

        >>> SHOP.consequences("late_delivery", is_urgent=True)["answer_within_hours"]
        4
        """
        facts = self.facts_of(intent)
        hours = facts.answer_within_hours // (URGENT_SHARE if is_urgent else 1)
        return {
            "need": facts.need, "topic": facts.topic, "is_complaint": facts.is_complaint,
            "needs_answer": facts.needs_answer,
            "answer_within_hours": hours if facts.needs_answer else None,
        }  # fmt: skip


SHOP = Taxonomy(INTENTS, {name: name for name in INTENTS})


def topic_of(text: str) -> str | None:
    """Return what a text is about by its words, or None.

    >>> topic_of("Arrived late and damaged, the courier was late"), topic_of("质量太差"), topic_of("ok")
    ('delivery', 'quality', None)
    """
    counts = {name: len(words.findall(text)) for name, words in _TOPICS.items()}
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] else None


def is_urgent(text: str) -> bool:
    """Return whether a text says that it cannot wait.

    >>> is_urgent("Please answer ASAP"), is_urgent("请尽快处理"), is_urgent("no hurry")
    (True, True, False)
    """
    return URGENT.search(text) is not None
