"""What follows from an intent, and what a text is about: need, topic, urgency, time to answer.

Declared in one place, in words of the trade; an intent of the user's own that is not declared here
counts as a question to be answered within a day.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


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


def facts_of(intent: str) -> IntentFacts:
    """Return what an intent means.

    >>> facts_of("defect").is_complaint, facts_of("card_arrival").answer_within_hours
    (True, 24)
    """
    return INTENTS.get(intent, UNDECLARED)


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
