# ruff: noqa: RUF001 (Chinese text has its own punctuation)
"""What pictures say, in English and Chinese."""

from __future__ import annotations

from typing import Literal

Language = Literal["en", "zh"]

LAYERS = {
    "purchase_similarity": ("buy alike", "购买相似"),
    "trust": ("trust", "信任"),
    "cooperation": ("work together", "合作"),
    "referral": ("referred", "推荐"),
    "reply": ("replied", "回复"),
    "mention": ("mentioned", "提及"),
    "works_for": ("works for", "任职"),
    "same_household": ("same household", "同一家庭"),
}

TEXTS: dict[str, tuple[str, str]] = {
    "circle_title": (
        "Customer {id} and the {n} most strongly tied", "客户 {id} 与联系最强的 {n} 位",
    ),
    "circle_title_alone": ("Customer {id} has no ties", "客户 {id} 没有任何联系"),
    "circle_how": (
        "Closer to the middle and a thicker line: a stronger tie. As of {date}",
        "离中心越近、线越粗，关系越强。截至 {date}",
    ),
    "circle_left_out": ("{n} weaker ties are not drawn", "另有 {n} 条较弱的联系未画出"),
    "colour": ("Colour and shape: community", "颜色与形状：社群"),
    "no_community": ("no community", "无社群"),
    "other_communities": ("other communities", "其他社群"),
    "organizations": ("A pentagon is an organization", "五边形为企业"),
    "size": ("Size: number of ties", "大小：联系数量"),
    "few_ties": ("few", "少"),
    "many_ties": ("many", "多"),
    "line": ("Line: kind of tie", "线条：联系类型"),
    "between": ("a tie between neighbours", "邻居之间的联系"),
    "overview_title": (
        "{n} communities of customers who buy alike", "{n} 个购买相似的客户社群",
    ),
    "overview_how": (
        "Circle: a community, larger with more members. Line: the thicker, the more ties. {date}",
        "每个圆是一个社群，越大成员越多；线越粗，两个社群之间联系越多。{date}",
    ),
    "members": ("{n} customers", "{n} 位客户"),
    "inside": ("{share} % of ties stay inside", "{share}% 的联系在社群内部"),
    "unnamed": ("mixed purchases", "购买分散"),
    "overview_ties": ("Lines", "线条"),
    "overview_which_ties": (
        "each community's strongest\nlinks to others", "每个社群与其他社群\n最强的联系",
    ),
    "overview_shade": ("Shade", "颜色深浅"),
    "overview_number": ("Number in a circle: customers", "圆内数字：客户数"),
    "overview_left_out": (
        "{n} smaller communities\nwith {m} customers are not drawn",
        "另有 {n} 个较小的社群\n（共 {m} 位客户）未画出",
    ),
    "pseudonyms": ("Ids are pseudonyms", "编号均为假名"),
}  # fmt: skip


def say(key: str, language: Language, **values: object) -> str:
    """Return a text with its values filled in.

    >>> say("members", "en", n="1,200"), say("members", "zh", n="1,200")
    ('1,200 customers', '1,200 位客户')
    """
    return TEXTS[key][language == "zh"].format(**values)


def layer_name(layer: str, language: Language) -> str:
    """Return what a kind of tie is called; one the house does not know keeps its own name."""
    return LAYERS[layer][language == "zh"] if layer in LAYERS else layer.replace("_", " ")
