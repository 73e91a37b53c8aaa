"""Wordings of the shop's intents, put together by rule: what the starter model learns them from.

A frame is a sentence with slots, a slot a list of ways to say one thing. Nobody wrote the
sentences; the project may ship them. What is said of a frame in one form is one group: folds never
tear it apart. The planted company writes with sentences of its own (crm_tasks/planted/phrases.py).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

SLOT = re.compile(r"<(\w+)>")

SLOTS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "thing": ("my order", "order {o}", "the parcel", "my package", "the {p}", "my shipment", "the {p} I ordered",
                  "what I bought", "the delivery", "my goods", "number {o}", "the box", "the items"),
        "good": ("the {p}", "my {p}", "this {p}", "the new {p}", "the item", "it", "one {p}"),
        "long": ("two weeks", "ten days", "a month", "nine days", "a fortnight", "several weeks", "6 days", "ages", "forever"),
        "past": ("last Monday", "yesterday", "on the 5th", "last week", "three days ago", "before the weekend", "on Thursday",
                 "in time for the holidays"),
        "soon": ("today", "tomorrow", "this week", "before Friday", "by the weekend", "soon"),
        "who": ("my son", "my wife", "a child of eight", "my parents", "a beginner", "an old man", "a friend", "my office",
                "a small flat", "the garden", "daily use", "travelling", "winter", "sensitive skin"),
        "part": ("screen", "handle", "button", "seam", "strap", "lid", "motor", "cable", "battery", "plug", "wheel", "cover",
                 "hinge", "glass", "sole", "buckle", "lens", "string", "page", "zipper"),
        "fault": ("broke off", "came loose", "is cracked", "is scratched", "fell off", "is missing", "is bent", "does not work",
                  "ripped", "is defective", "is faulty", "came apart", "burst", "is stained", "jams"),
        "faulty": ("won't turn on", "does not start", "is dead", "drips", "leaks", "makes a strange noise", "smells odd", "gets far too hot",
                   "shuts off by itself", "faded", "shrank", "fell apart", "arrived smashed", "arrived in pieces",
                   "has a hole", "has a dent", "is incomplete", "keeps failing", "wobbles", "rusts", "flickers", "doesn't charge"),
        "money": ("my money", "the money", "the amount", "my payment", "the sum", "what I paid", "the charge", "{o} dollars"),
        "back": ("send back", "return", "give back", "bring back", "hand back"),
        "detail": ("e-mail address", "phone number", "postal address", "name", "birthday", "delivery address", "mobile number",
                   "street", "bank details", "surname"),
        "login": ("log in", "sign in", "get in", "access my account", "open my profile", "get past the login page"),
        "nice": ("great", "fantastic", "wonderful", "brilliant", "amazing", "lovely", "perfect", "superb", "awesome", "outstanding",
                 "first class", "excellent"),
        "help": ("your team", "your support", "the lady at the counter", "the man on the phone", "your colleague", "the service",
                 "the staff", "your shop", "the driver"),
        "ask": ("please", "could you", "can you", "would you", "I would like you to", "kindly"),
    },
    "zh": {
        "thing": ("我的订单", "订单{o}", "包裹", "我买的{p}", "我的快递", "我的货", "{o}这个单子", "买的东西", "那个箱子", "我订的{p}"),
        "good": ("{p}", "这个{p}", "我的{p}", "新买的{p}", "东西", "其中一个{p}"),
        "long": ("两个礼拜", "十天", "一个月", "九天", "半个月", "好几周", "六天", "好久", "这么久", "快二十天"),
        "past": ("上周一", "昨天", "五号", "上个星期", "三天前", "周末以前", "星期四", "节前"),
        "soon": ("今天", "明天", "这周", "周五前", "周末前", "最近"),
        "who": ("我儿子", "我老婆", "八岁的小孩", "爸妈", "初学者", "老人", "朋友", "办公室", "小户型", "花园", "平时用", "出差", "冬天", "敏感皮肤"),
        "part": ("屏幕", "把手", "按钮", "缝线", "带子", "盖子", "电机", "线", "电池", "插头", "轮子", "外壳", "铰链", "玻璃", "鞋底", "扣子", "镜头", "弦", "书页", "拉链"),
        "fault": ("断了", "松了", "裂了", "有划痕", "掉了", "少了", "弯了", "坏了", "破了", "有问题", "失灵", "散架了", "爆了", "脏了", "卡住了"),
        "faulty": ("打不开", "启动不了", "没反应", "滴水", "漏水", "有怪声", "有怪味", "烫得不行", "自己关机", "褪色", "缩水了", "散了", "碎了",
                   "到手就是烂的", "有个洞", "瘪了", "缺零件", "老出毛病", "晃得厉害", "生锈了", "一闪一闪", "充不进电"),
        "money": ("钱", "我的钱", "那笔钱", "付的款", "货款", "款项", "扣的钱", "{o}元"),
        "back": ("退回去", "退货", "寄回", "送回来", "退掉"),
        "detail": ("邮箱", "手机号", "收货地址", "姓名", "生日", "联系电话", "住址", "门牌", "银行卡", "姓氏"),
        "login": ("登录", "登进去", "进去", "进我的账户", "打开个人中心", "登上"),
        "nice": ("太好了", "真棒", "特别好", "太赞了", "完美", "好极了", "真不错", "一流", "很出色", "无可挑剔"),
        "help": ("你们团队", "客服", "店员", "电话里的小哥", "你们的同事", "服务", "工作人员", "这家店", "快递小哥"),
        "ask": ("请", "麻烦", "能不能", "可以", "请您", "帮忙"),
    },
}  # fmt: skip

FRAMES: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "order_status": (
            "Where is <thing>?", "Any update on <thing>?", "Any news about <thing>?", "<ask> check <thing> for me?",
            "Has <thing> left your warehouse?", "Was <thing> dispatched?", "Is <thing> on its way?", "When will <thing> get here?",
            "When can I expect <thing>?", "What is the expected arrival date of <thing>?", "How do I follow <thing> online?",
            "The tracking link of <thing> shows nothing.", "I have no tracking code.", "Status of <thing>, please.",
            "Which carrier brings <thing>?", "Did you send <thing> already?", "Is <thing> confirmed?",
            "How long until <thing> is here?", "What is happening with <thing>?", "Will <thing> come <soon>?",
            "I ordered <past> and would like to know how far it is.",                         "On which day will <thing> be delivered?", "Is delivery of <thing> planned for <soon>?",
                    ),
        "late_delivery": (
            "<thing> is late.", "<thing> is overdue.", "<thing> was due <past>.", "<thing> should have been here <past>.",
            "It has been <long> and <thing> is still not here.", "I have been waiting <long> for <thing>.",
            "Still no sign of <thing> after <long>.", "You promised delivery <past>, nothing came.", "The delivery keeps getting delayed.",
            "It was postponed again and again.", "The courier never showed up.", "Nobody came with <thing> although I stayed at home.",
            "Delivery took <long>, that is too slow.", "<thing> came <long> after the promised date.", "Why is <thing> delayed so much?",
                                                "<long> and nothing. Unacceptable.", "Another delay, I am angry.",
        ),
        "defect": (
            "<good> <faulty>.", "The <part> of <good> <fault>.", "<good> <faulty> after two days.",             "<good> is broken.", "<good> is defective.", "I received a damaged {p}.", "The <part> <fault> the first time I used it.",
            "There is a crack in the <part>.", "Poor quality: the <part> <fault>.",
            "<good> stopped working.", "A <part> is missing.", "<good> came with a broken <part>.",             "The <part> snapped.", "The <part> tore.", "<good> was badly made, the <part> <fault>.",
            "Only half of <good> works.",
        ),
        "refund": (
            "I want to <back> <good>.", "How do I <back> <good>?", "I want <money> back.", "Please refund <money>.",
            "Cancel <thing> and pay <money> back.", "When do I get <money> back?", "The refund has not arrived.",
            "You still owe me <money>.", "Please reimburse me.", "<money> was not credited.",             "I sent <good> off <past>, where is <money>?", "I do not want <good> any more, take it back.",             "How long does a refund take?",             "<good> does not suit me, I want to <back> it.",
            "Can I still <back> <good>?",             "Where do I send the return?",
        ),
        "price": (
            "How much is <good>?", "What does <good> cost?", "Is there a discount code?", "Do you have a voucher for <good>?",
            "Is <good> on sale <soon>?", "It is cheaper in another shop, can you match that?", "What is the price for ten {p}?",
            "How much is shipping?", "Why did the price of <good> go up?", "<good> is too expensive, any deal?",
            "Do you offer a rebate when I take several?", "Will it be reduced <soon>?",
            "Are there promotions on {p}?", "What do I pay in total?",                         "Is there a bulk price?",
        ),
        "advice": (
            "Which {p} is best for <who>?", "Do you recommend <good> for <who>?", "Would <good> fit <who>?", "Is <good> right for <who>?",
            "What is the difference between the two?", "I need help choosing a {p}.", "Is <good> waterproof?", "Does <good> work with my old one?",
            "I am looking for a gift for <who>.", "Which size should I take?", "Can you suggest something for <who>?",
            "What goes well with <good>?",             "What would you choose for <who>?", "Does it suit <who>?",
                        "Is the {p} good enough for <who>?",         ),
        "account": (
            "I cannot <login>.", "I can't <login> any more.", "I forgot my password.", "The reset link does not arrive.",
            "Please change my <detail>.", "How do I update my <detail>?", "Please close my account.", "Delete my data, please.",
            "I do not get the login code.", "My <detail> is wrong in your records.",
            "My <detail> has changed.", "My account is blocked.",
            "Which <detail> do you have on file?",             "Somebody else uses my account.", "How do I verify my <detail>?",             "I want a new password.",
                    ),
        "praise": (
            "<nice>!", "<good> is <nice>.", "<help> was <nice>.", "Thank you, <nice> service.", "I love <good>.", "Many thanks to <help>!",
            "Everything came quickly and well packed, thanks.", "Exactly what I wanted.", "Well done!", "Keep it up!",
            "I will buy again.", "<good> works perfectly, thank you.",             "So happy with <good>!", "My family is delighted.", "Best shop I know.", "I am impressed, <nice>.",             "<who> loves it, thank you!", "Compliments to <help>.",
                    ),
    },
    "zh": {
        "order_status": (
            "<thing>到哪了？", "<thing>有消息吗？", "<ask>查一下<thing>。", "<thing>出库了吗？", "<thing>寄出了没有？", "<thing>在路上了吗？",
            "<thing>什么时候能到？", "<thing>预计几号到？", "怎么在网上看<thing>的进度？", "物流一直没有更新。", "我没有收到单号。", "<thing>现在什么状态？",
            "<thing>是哪家快递？", "<thing>你们寄了吗？", "<thing>确认了吗？", "还有多久能收到<thing>？", "<thing><soon>能到吗？", "<past>下的单，想知道进展。",
            "<thing>哪天派送？", "<soon>会送<thing>吗？",
            "快递单号查不到信息。",
        ),
        "late_delivery": (
            "<thing>晚了。", "<thing>超时了。", "<thing><past>就该到了。", "说好<past>到，到现在没有。", "都<long>了，<thing>还没到。", "我等<thing>等了<long>。",
            "<long>过去了还没见到<thing>。", "又延期了。", "快递员根本没来。", "我在家等了一天，没人送。", "送了<long>，太慢了。",
            "<thing>比约定晚了<long>。", "为什么<thing>拖这么久？",             "<long>了还没到，无法接受。",
            "又晚，气死了。", "<thing>迟迟不到。",
        ),
        "defect": (
            "<good><faulty>。", "<good>的<part><fault>。", "<good>用了两天就<faulty>。", "<good>是坏的。", "<good>有毛病。",
            "收到一个破的{p}。", "第一次用<part>就<fault>。", "<part>上有条裂缝。", "质量不行，<part><fault>。", "<good>不工作了。", "少了一个<part>。",
            "<good>来的时候<part><fault>。", "<part>折断了。", "<part>撕开了。", "做工差，<part><fault>。",
            "<good>只有一半能用。",
        ),
        "refund": (
            "我想把<good><back>。", "<good>怎么<back>？", "把<money>退给我。", "请退<money>。", "取消<thing>，退<money>。", "<money>什么时候退？", "退款没到账。", "你们还欠我<money>。",
            "请返还<money>。", "<money>没有退回来。", "<past>寄回去了，<money>呢？", "<good>不要了，<back>。",             "退款要多久？", "<good>不合适，想<back>。", "<good>还能<back>吗？",             "退货寄到哪里？",
        ),
        "price": (
            "<good>多少钱？", "<good>什么价？", "有优惠码吗？", "<good>有券吗？", "<good><soon>搞活动吗？", "别处便宜，能一样价吗？", "十个{p}什么价？", "运费多少？",
            "<good>怎么涨价了？", "<good>太贵，能少点吗？", "多买有折吗？", "<soon>会降吗？", "{p}有促销吗？", "一共付多少？",             "批发价多少？",
        ),
        "advice": (
            "哪款{p}适合<who>？", "<good>适合<who>吗？", "<who>用<good>行吗？", "推荐给<who>什么？", "两个有什么不同？", "不知道怎么选{p}。", "<good>能配我的旧款吗？",
            "想给<who>买礼物。", "该选几码？", "有适合<who>的吗？", "<good>配什么好？", "您会给<who>选哪个？",
            "<who>合适吗？", "{p}给<who>够用吗？",         ),
        "account": (
            "<login>不了。", "我没法<login>。", "密码忘了。", "重置链接收不到。", "请改我的<detail>。", "怎么更新<detail>？", "请注销我的账号。", "请删除我的资料。",             "验证码收不到。", "你们记的<detail>不对。", "我的<detail>变了。", "账号被封了。", "你们登记的<detail>是什么？",             "有人在用我的账号。", "怎么验证<detail>？", "想要新密码。",         ),
        "praise": (
            "<nice>！", "<good><nice>。", "<help><nice>。", "谢谢，服务<nice>。", "我很爱<good>。", "感谢<help>！", "又快包装又好，谢谢。", "正是我想要的。", "做得好！", "继续加油！",
            "还会再买。", "<good>很好用，谢谢。", "<good>让我很高兴！", "全家都喜欢。", "最好的店。", "印象深刻，<nice>。",             "<who>很喜欢，谢谢！", "给<help>点赞。",         ),
    },
}  # fmt: skip


def wordings(rng: np.random.Generator, per_frame: int) -> Iterator[tuple[str, str, str, str]]:
    """Yield so many sentences of each frame: language, intent, sentence, group (its frame)."""
    for language, by_intent in FRAMES.items():
        for intent, frames in by_intent.items():
            for at, frame in enumerate(frames):
                for _ in range(per_frame):
                    yield (
                        language,
                        intent,
                        _filled(rng, language, frame),
                        f"{language}/{intent}/f{at}",
                    )


def _filled(rng: np.random.Generator, language: str, frame: str) -> str:
    """Return a frame with every slot said in one of its ways, its first letter a capital."""
    slots = SLOTS[language]

    def one(found: re.Match[str]) -> str:
        options = slots[found[1]]
        return options[int(rng.integers(len(options)))]

    text = SLOT.sub(one, frame)
    return text[:1].upper() + text[1:]
