"""What customers write: invented sentences by intent, sentiment and language.

Each intent has sentences of the training part and others of the test part; none stands in both.
``{p}`` is a product, ``{o}`` an order number. Greetings, closings and contact lines are shared:
they carry no intent.
"""

from __future__ import annotations

from dataclasses import dataclass

INTENTS = {
    "order_status": 0,
    "late_delivery": -1,
    "defect": -1,
    "refund": -1,
    "price": 0,
    "advice": 0,
    "account": 0,
    "praise": 1,
}
#: Share of messages by intent, apart from complaints, which the churn drivers make.
PLAIN_INTENTS = ("order_status", "refund", "price", "advice", "account", "praise")
PLAIN_SHARES = (0.26, 0.10, 0.18, 0.18, 0.10, 0.18)
COMPLAINTS = ("late_delivery", "defect")


@dataclass(frozen=True)
class Sentences:
    """Sentences of one intent in one language."""

    train: tuple[str, ...]
    test: tuple[str, ...]


EN = {
    "order_status": Sentences(
        (
            "Could you tell me where my order {o} is right now?",
            "I would like to know the status of order {o}.",
            "Has order {o} been shipped yet?",
            "Please send me the tracking number of my order {o}.",
            "When will the parcel with my {p} be shipped?",
            "Can I track order {o} somewhere on your site?",
        ),
        (
            "What is the current status of my order {o}, has it been shipped?",
            "I cannot find the tracking number for order {o}, where is the parcel now?",
            "Please let me know whether order {o} with the {p} has been shipped.",
        ),
    ),
    "late_delivery": Sentences(
        (
            "My order {o} should have arrived last week and I am still waiting, this is too late.",
            "The delivery of the {p} is several days late and nobody told me.",
            "Still waiting for order {o}, the promised delivery date has passed.",
            "Your courier is late again, I waited at home all day for nothing.",
            "Why does delivery take so long? I have been waiting two weeks.",
            "The parcel arrived five days late, that is not acceptable.",
        ),
        (
            "I am still waiting for order {o}, the delivery is already a week late.",
            "The promised date has passed and my {p} has not arrived, far too late.",
            "Delivery was late again and I have been waiting all day, not acceptable.",
        ),
    ),
    "defect": Sentences(
        (
            "The {p} I received is broken and does not work.",
            "One part of the {p} was damaged when I opened the box.",
            "The {p} stopped working after two days, very poor quality.",
            "I received a damaged {p}, the packaging was torn too.",
            "The quality of the {p} is terrible, it broke at once.",
            "There is a crack in the {p}, it cannot be used.",
        ),
        (
            "When I opened the box the {p} was broken, the quality is very poor.",
            "The {p} is damaged and stopped working at once.",
            "My {p} does not work, there is a crack in one part.",
        ),
    ),
    "refund": Sentences(
        (
            "I want to return the {p} and get my money back.",
            "Please refund order {o} to my card.",
            "How do I return an item and when is the refund paid?",
            "I sent back the {p} but the refund has not reached my account.",
            "I would like my money back for order {o}.",
            "Can I still return the {p} for a full refund?",
        ),
        (
            "I sent the {p} back, please refund the money for order {o}.",
            "How can I return order {o} and get a full refund?",
            "The refund for the returned {p} has not been paid to my card.",
        ),
    ),
    "price": Sentences(
        (
            "How much does the {p} cost with the member discount?",
            "Is there a coupon for the {p} this month?",
            "Will the price of the {p} go down during the sale?",
            "The {p} is cheaper elsewhere, can you match the price?",
            "Do I get a discount if I buy three {p}?",
            "What is the price including shipping costs?",
        ),
        (
            "Is there a discount or coupon if I buy two {p}?",
            "Can you match a cheaper price for the {p}?",
            "How much is the {p} during the sale, what does it cost?",
        ),
    ),
    "advice": Sentences(
        (
            "Which {p} would you recommend for a beginner?",
            "I am looking for a gift, is the {p} suitable for children?",
            "What is the difference between the two models of {p}?",
            "Can you recommend something that goes with the {p}?",
            "Which size of the {p} should I choose?",
            "Is the {p} suitable for daily use or would you suggest another model?",
        ),
        (
            "Which model of {p} would you suggest as a gift for a beginner?",
            "What size should I choose and is the {p} suitable for daily use?",
            "Can you recommend a {p}, what is the difference between them?",
        ),
    ),
    "account": Sentences(
        (
            "I cannot log in, please reset my password.",
            "How do I change the e-mail address of my account?",
            "Please update the phone number in my profile.",
            "My account is locked after three log in attempts.",
            "I want to delete my account and my data.",
            "How do I change my password and profile details?",
        ),
        (
            "My account is locked and I cannot reset the password.",
            "Please change the address in my account profile.",
            "I cannot log in any more, how do I update my profile?",
        ),
    ),
    "praise": Sentences(
        (
            "The {p} is wonderful, thank you very much!",
            "Great service and fast reply, I am very happy.",
            "I love the {p}, excellent quality.",
            "Your team was friendly and helpful, thank you!",
            "Best shop ever, I will recommend it to my friends.",
            "Very happy with the {p}, it is excellent.",
        ),
        (
            "Thank you, the service was excellent and the team very friendly!",
            "I am very happy, the {p} is great and I love it.",
            "Wonderful quality, thank you very much for the helpful reply!",
        ),
    ),
}
ZH = {
    "order_status": Sentences(
        (
            "请问我的订单{o}现在到哪里了？",
            "我想查一下订单{o}的物流状态。",
            "订单{o}发货了吗？",
            "麻烦把{p}的快递单号发给我。",
            "我买的{p}什么时候发货？",
            "在哪里可以查询订单{o}的物流信息？",
        ),
        (
            "帮我查询一下订单{o}的物流，现在发货了吗？",
            "请问{p}的快递单号是多少，订单到哪里了？",
            "订单{o}什么时候发货，物流状态没有更新。",
        ),
    ),
    "late_delivery": Sentences(
        (
            "订单{o}说好上周送到，到现在还没收到，太慢了。",
            "{p}晚了好几天，没有人通知我。",
            "等了两个星期还没有送到，配送实在太慢。",
            "快递又迟到了，我在家白等一天。",
            "已经超过承诺的送达时间了，还要等多久？",
            "包裹晚到五天，真让人生气。",
        ),
        (
            "{p}还没收到，已经晚了一个星期，太慢了。",
            "超过承诺时间好几天，快递迟到，白等一天真让人生气。",
            "配送太慢，订单{o}等了很久还没有送到。",
        ),
    ),
    "defect": Sentences(
        (
            "收到的{p}是坏的，根本不能用。",
            "打开箱子发现{p}有破损。",
            "{p}用了两天就坏了，质量太差。",
            "包装破了，里面的{p}也损坏了。",
            "{p}质量很差，一用就断。",
            "{p}上面有裂痕，没法使用。",
        ),
        (
            "打开包装{p}就是坏的，质量很差。",
            "{p}有裂痕，用了一次就坏了，根本没法使用。",
            "收到的{p}破损了，不能用。",
        ),
    ),
    "refund": Sentences(
        (
            "我想退货，请把{p}的钱退给我。",
            "订单{o}请退款到我的银行卡。",
            "怎么申请退货，退款多久到账？",
            "{p}已经寄回去了，退款还没有到账。",
            "我要求订单{o}全额退款。",
            "{p}还可以退货吗？",
        ),
        (
            "{p}寄回去了，退款什么时候到账？",
            "请问订单{o}怎么退货退款？",
            "我要申请退货，请把钱全额退给我。",
        ),
    ),
    "price": Sentences(
        (
            "{p}会员价多少钱？",
            "这个月{p}有优惠券吗？",
            "促销的时候{p}会降价吗？",
            "别家的{p}更便宜，可以便宜一点吗？",
            "买三件{p}有折扣吗？",
            "含运费的价格是多少？",
        ),
        (
            "{p}多少钱，有没有优惠券？",
            "买两件{p}可以打折便宜一点吗？",
            "促销价格是多少，会员有折扣吗？",
        ),
    ),
    "advice": Sentences(
        (
            "新手适合哪一款{p}，可以推荐一下吗？",
            "想买来送人，{p}适合孩子用吗？",
            "这两款{p}有什么区别？",
            "有什么可以和{p}搭配的，推荐一下。",
            "{p}应该选多大的尺寸？",
            "{p}适合日常使用吗，还是推荐另一款？",
        ),
        (
            "送人的话推荐哪一款{p}，有什么区别？",
            "{p}适合新手吗，选什么尺寸？",
            "可以推荐一款适合孩子日常使用的{p}吗？",
        ),
    ),
    "account": Sentences(
        (
            "我登录不了，请帮我重置密码。",
            "怎么修改账号绑定的邮箱？",
            "请更新我资料里的手机号码。",
            "输错三次密码账号被锁定了。",
            "我要注销账号，删除我的资料。",
            "怎么修改密码和个人资料？",
        ),
        (
            "账号被锁定，登录不了，密码也重置不了。",
            "请帮我修改账号里的个人资料。",
            "怎么更新账号绑定的手机和密码？",
        ),
    ),
    "praise": Sentences(
        (
            "{p}非常好，谢谢你们！",
            "服务很好，回复很快，非常满意。",
            "很喜欢{p}，质量很棒。",
            "客服很热情，帮了大忙，谢谢！",
            "最好的店，会推荐给朋友。",
            "对{p}很满意，非常棒。",
        ),
        (
            "客服热情，服务很棒，谢谢你们！",
            "非常满意，很喜欢{p}，质量很好。",
            "{p}很棒，谢谢，会推荐给朋友！",
        ),
    ),
}
BY_LANGUAGE = {"en": EN, "zh": ZH}

GREETINGS = {
    "en": ("Hello,", "Hi there,", "Good morning,", "Dear team,", ""),
    "zh": ("你好，", "您好！", "在吗？", "客服你好，", ""),
}
CLOSINGS = {
    "en": ("Kind regards", "Thanks", "Best wishes", "", ""),
    "zh": ("谢谢。", "麻烦了。", "等待回复。", "", ""),
}
FILLERS = {
    "en": (
        "I have been a customer for some time.", "I am writing from my phone.",
        "My neighbour told me to ask you.", "It is about something I bought.", "",
    ),
    "zh": (
        "我是你们的老客户。", "我用手机写的。", "朋友让我来问一下。", "是关于我买的东西。", "",
    ),
}  # fmt: skip
CONTACT_LINES = {
    "en": ("You can reach me at {v}.", "My number is {v}.", "Please write to {v}."),
    "zh": ("可以联系我：{v}。", "我的电话是{v}。", "请回复到{v}。"),
}
REPLIES = {
    "en": "Thank you for your message, we are looking into it.",
    "zh": "感谢您的来信，我们正在处理。",
}
#: Eight languages the product does not speak: their texts are 'other', none may be dropped.
OTHER_LANGUAGES = {
    "fr": ("Bonjour, où est ma commande {o} ?", "Je voudrais être remboursé, merci."),
    "de": ("Guten Tag, wo bleibt meine Bestellung {o}?", "Das Gerät ist leider kaputt angekommen."),
    "es": ("Hola, quiero devolver el producto, gracias.", "¿Cuándo llega mi pedido {o}?"),
    "pt": ("Olá, o meu pedido {o} ainda não chegou.", "Gostaria de trocar este produto, obrigado."),
    "ru": ("Здравствуйте, где мой заказ {o}?", "Товар пришёл сломанным, верните деньги."),
    "ja": ("注文{o}はいつ届きますか？", "商品が壊れていました。返品したいです。"),
    "ko": ("주문 {o} 배송이 언제 되나요?", "상품이 고장났어요. 환불해 주세요."),
    "ar": ("مرحبا، أين طلبي {o}؟", "المنتج وصل مكسورا وأريد استرداد المبلغ."),
}
REVIEWS = {
    ("en", -1): (
        "Broke after a week.",
        "Not worth the money.",
        "Arrived late and damaged.",
        "Poor.",
    ),
    ("en", 0): ("It is okay.", "Does what it should.", "Average quality.", "Fine for the price."),
    ("en", 1): ("Excellent, would buy again.", "Love it!", "Great quality.", "Very happy with it."),
    ("zh", -1): ("用了一周就坏了。", "不值这个价。", "送得慢，还有破损。", "质量太差。"),
    ("zh", 0): ("一般般。", "还可以。", "中规中矩。", "对得起价格。"),
    ("zh", 1): ("非常好，会回购。", "很喜欢！", "质量很棒。", "非常满意。"),
}
POSTS = {
    "en": (
        "Weekend plans around {i}, who joins?", "New to {i}, any tips?", "My {i} corner is ready.",
        "Read a good piece about {i} today.", "Sunny day, perfect for {i}.",
    ),
    "zh": (
        "周末一起{i}吗？", "刚开始接触{i}，求建议。", "我的{i}角落布置好了。",
        "今天看了一篇讲{i}的好文章。", "天气真好，适合{i}。",
    ),
}  # fmt: skip
ZH_INTERESTS = ("户外", "烹饪", "阅读", "健身", "园艺", "音乐", "摄影", "育儿")
