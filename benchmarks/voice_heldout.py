"""Messages to judge the starter model by: written apart from the sentences it learns from.

None shares its wording with what the model learns from (tests/text/test_starter.py compares runs of
six words and of seven characters), and nothing was written for the model with one of their mistakes
in sight. But their figure was looked at six times while the model was widened, and the last of them
was kept, so it is no longer that of a single look. All are invented, by the hand that wrote
what the model learns from: what a real company's customers write is judged by its own labels
(`crm text train`). The set that decides is a later one, looked at once (voice_apart.py).
"""

from __future__ import annotations

SEALED = {
    "en": {
        "order_status": (
            "Morning, could you find out what became of my order from Friday?",
            "Is the sofa coming this week or next?",
            "I have a message that says 'handed over', handed over to whom?",
            "Order 918273: please give me the current state.",
            "Is there a chance that the lamp reaches me before I fly on Sunday?",
        ),
        "late_delivery": (
            "The washing machine was promised for May and we have June.",
            "Eleven days for a pair of socks, really?",
            "I am sitting here again and no delivery man is in sight.",
            "It got here a week after I needed it.",
            "Your estimate was wrong by a whole fortnight.",
        ),
        "defect": (
            "The speaker crackles at any volume.",
            "Two keys of the keyboard do not respond.",
            "The vase has a chip on the rim.",
            "My new boots let water in.",
            "The fan started to squeak and then stood still.",
        ),
        "refund": (
            "I sent the boots back on the 1st, when is my account going to be credited?",
            "I would like to withdraw and have the 120 euros returned.",
            "Where can I drop off what I do not want to keep?",
            "The wrong sum was taken, please pay back the difference.",
            "The vase was a present I have no use for, may I return it?",
        ),
        "price": (
            "How much for two tickets and a programme?",
            "Do you ever lower the price of the speaker?",
            "Is there a reduction for pensioners?",
            "I was quoted 90 on the phone, why does the basket say 110?",
            "What would shipping to Norway add to the bill?",
        ),
        "advice": (
            "I have a small balcony, which barbecue makes sense?",
            "Are the boots fine for wide feet?",
            "Can you tell me which keyboard is quieter?",
            "My dog is afraid of noise, would this vacuum be a problem?",
            "What would you give a colleague who retires?",
        ),
        "account": (
            "I get an error whenever I enter my password.",
            "Please replace my old e-mail address with this one.",
            "Take my name off your list, I want no more messages.",
            "I cannot find where to change my telephone number.",
            "How do I delete my profile for good?",
        ),
        "praise": (
            "The speaker sounds heavenly, thank you.",
            "Your colleague Ben was a star.",
            "I have rarely been treated so well.",
            "Best boots ever!",
            "All perfect from start to finish.",
        ),
    },
    "zh": {
        "order_status": (
            "早上好，周五的订单怎么样了？",
            "沙发是这周来还是下周来？",
            "短信说已交接，交给谁了？",
            "918273的最新情况请告诉我。",
            "周日出门前台灯有可能到吗？",
        ),
        "late_delivery": (
            "洗衣机说五月送，现在都六月了。",
            "一双袜子走了十一天，有没有搞错？",
            "我又在这干坐着，送货的人影都没有。",
            "用不上了一个星期它才来。",
            "你们估的时间整整差了半个月。",
        ),
        "defect": (
            "音箱不管多大声都有杂音。",
            "键盘有两个键按了没反应。",
            "花瓶口上磕了一块。",
            "新靴子进水。",
            "风扇先是吱吱叫，后来不转了。",
        ),
        "refund": (
            "靴子一号就寄回了，钱哪天到我卡上？",
            "我想撤回购买，把120退给我。",
            "不想留的东西交到哪里？",
            "扣的金额不对，请把差额退我。",
            "花瓶是别人送的，用不着，能退吗？",
        ),
        "price": (
            "两张票加一本节目单多少钱？",
            "音箱会不会降价？",
            "退休的人有优惠吗？",
            "电话里说90，购物车怎么是110？",
            "寄挪威运费要加多少？",
        ),
        "advice": (
            "阳台小，选哪种烧烤炉好？",
            "脚宽穿这靴子行吗？",
            "哪个键盘声音小？",
            "我家狗怕吵，这个吸尘器会不会有问题？",
            "同事退休送什么好？",
        ),
        "account": (
            "一输密码就报错。",
            "请把旧邮箱换成这个。",
            "别再给我发消息了，把我从名单里去掉。",
            "找不到在哪改电话号码。",
            "怎么彻底删除我的资料？",
        ),
        "praise": (
            "音箱音质太美了，谢谢。",
            "你们的小本真棒。",
            "很少有人对我这么好。",
            "最好的靴子！",
            "从头到尾都很完美。",
        ),
    },
}


def held_out(table: dict[str, dict[str, tuple[str, ...]]]) -> list[tuple[str, str, str]]:
    """Return the messages of a table: language, intent, text."""
    return [
        (language, intent, text)
        for language, by_intent in table.items()
        for intent, texts in by_intent.items()
        for text in texts
    ]
