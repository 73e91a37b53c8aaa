"""Opinions put together from parts: what a starter model learns sentiment from.

Made by rule from general words of praise and complaint in Chinese and English; nobody wrote them,
and none stands in the planted company's reviews.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

THINGS = {
    "en": ("quality", "service", "delivery", "packaging", "price", "material", "taste", "screen",
           "battery", "fabric", "size", "colour", "food", "room", "book", "staff", "product", "item"),
    "zh": ("质量", "服务", "物流", "包装", "价格", "做工", "味道", "屏幕", "电池", "面料", "尺寸", "颜色", "菜",
           "房间", "书", "客服", "东西", "产品", "手机", "水果", "衣服", "配送", "电脑", "口感"),
}  # fmt: skip
ADJECTIVES = {
    ("en", 1): ("great", "excellent", "perfect", "amazing", "very good", "fantastic", "lovely", "superb",
                "better than expected", "top", "impressive", "reliable", "comfortable", "fast", "fresh"),
    ("en", -1): ("terrible", "awful", "bad", "very poor", "disappointing", "horrible", "useless", "cheap looking",
                 "worse than expected", "broken", "dirty", "slow", "rude", "fake", "faulty", "unacceptable"),
    ("en", 0): ("okay", "average", "acceptable", "as expected", "nothing special", "so so", "fair", "alright"),
    ("zh", 1): ("很好", "不错", "非常好", "特别好", "很棒", "很满意", "挺好的", "超级好", "很快", "很舒服", "很漂亮",
                "很实惠", "很新鲜", "好吃", "很正", "很给力", "完美", "值得购买", "很精致", "很流畅", "很划算", "很喜欢"),
    ("zh", -1): ("很差", "太差了", "很不好", "很烂", "不行", "差劲", "太慢了", "很难吃", "有异味", "很粗糙", "太小了",
                 "是假的", "不新鲜", "掉色", "坏了", "很卡", "让人失望", "太贵了", "不值", "破了", "很恶劣", "有问题", "没法用"),
    ("zh", 0): ("一般", "还行", "还可以", "凑合", "普通", "马马虎虎", "中等", "过得去", "说得过去", "没什么特别"),
}  # fmt: skip
CALLS = {
    ("en", 1): ("I love it.", "Would buy again.", "Highly recommended!", "Five stars.", "Thank you so much.",
                "Exactly what I wanted.", "Works perfectly.", "My family loves it.", "Worth every penny."),
    ("en", -1): ("I want my money back.", "Do not buy this.", "Never again.", "Waste of money.", "It stopped working.",
                 "I am very disappointed.", "It does not work.", "Stay away.", "Not as described.", "I regret buying it."),
    ("en", 0): ("It does the job.", "Neither good nor bad.", "Nothing to complain about, nothing to praise.",
                "You get what you pay for.", "It is what it is."),
    ("zh", 1): ("下次还会买。", "强烈推荐！", "五星好评。", "物美价廉。", "老公很喜欢。", "孩子特别爱。", "值得信赖。", "比想象中好。",
                "赞一个！", "支持。", "用起来很顺手。", "性价比高。", "正品，放心。", "送货快。", "包装严实。", "会继续光顾。"),
    ("zh", -1): ("再也不买了。", "千万别买！", "后悔死了。", "浪费钱。", "上当了。", "骗人的。", "要求退货。", "垃圾。", "差评！", "太失望了。",
                 "根本不能用。", "没人理我。", "态度恶劣。", "跟图片不一样。", "用了几天就坏。", "打电话也不接。", "退款也不给。", "等了很久。"),
    ("zh", 0): ("没什么感觉。", "不好不坏。", "一分价钱一分货。", "跟描述差不多。", "先用用看。", "谈不上好坏。"),
}  # fmt: skip
FRAMES = {
    "en": ("The {t} is {a}.", "{t} was {a}", "I find the {t} {a}.", "{a} {t}.", "Really {a} {t}!"),
    "zh": ("{t}{a}。", "{t}{a}", "这个{t}{a}！", "感觉{t}{a}，", "{a}，{t}也是。"),
}
NAMES = {1: "positive", 0: "neutral", -1: "negative"}
JOINT = {"en": " ", "zh": ""}


def opinions(n: int, seed: int) -> Iterator[tuple[str, str, str]]:
    """Yield so many texts of each language and sentiment: text, sentiment, group.

    The group is the word of praise or complaint a text was built upon.
    """
    rng = np.random.default_rng(seed)
    for (language, sign), adjectives in ADJECTIVES.items():
        things, calls, frames = THINGS[language], CALLS[language, sign], FRAMES[language]
        for _ in range(n):
            adjective = adjectives[rng.integers(len(adjectives))]
            parts = []
            if rng.random() < 0.75:  # noqa: PLR2004
                frame = frames[rng.integers(len(frames))]
                parts.append(frame.format(t=things[rng.integers(len(things))], a=adjective))
            if not parts or rng.random() < 0.6:  # noqa: PLR2004
                call = calls[rng.integers(len(calls))]
                parts.insert(int(rng.integers(2)) if parts else 0, call)
                adjective = adjective if len(parts) > 1 else call
            yield JOINT[language].join(parts), NAMES[sign], f"{language}/{sign}/{adjective}"
