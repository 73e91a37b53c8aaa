"""Messages to judge the starter model by: written apart from the sentences it learns from.

None shares its wording with what the model learns from (tests/text/test_starter.py compares runs of
four words and of five characters). ``LOOKED_AT`` was looked at three times while the wordings grew;
``SEALED`` was written when they had been finished and is the published figure. All are invented, by
the hand that wrote the wordings: what a real company's customers write is judged by its own labels
(`crm text train`).
"""

from __future__ import annotations

LOOKED_AT = {
    "en": {
        "order_status": (
            "I placed an order on Monday and have heard nothing since, could somebody look it up?",
            "Number 482113 here. Is it still being packed or already with the carrier?",
            "The app only says 'processing'. What stage has my purchase reached?",
            "Just checking in on the lamp I bought, roughly which day should I be at home?",
            "I never got the email with the shipment code.",
            "Can you see from your side whether the box has left the depot?",
            "My neighbour wants to know too: is parcel 771200 out for delivery today?",
            "Do you know if both items travel together or in two packages?",
        ),
        "late_delivery": (
            "Three weeks and counting. This is beyond a joke, where does it take that long?",
            "You wrote Tuesday. It is now Saturday and my doorstep is empty.",
            "The gift turned up two days after the party, useless to me by then.",
            "Your driver did not come again even though I took a day off.",
            "How can next-day shipping need nine days?",
            "Nothing has come although the deadline you gave me was last Friday.",
            "I am fed up with these hold-ups, every shipment from you runs behind schedule.",
            "My tent is overdue by ten days, we leave tomorrow!",
        ),
        "defect": (
            "The kettle leaks from the bottom and trips the fuse.",
            "After one wash the jacket lost all its colour.",
            "Out of the carton came a lamp in two pieces.",
            "The zip on the tent tore off the first evening.",
            "My new phone case doesn't close, the clip snapped.",
            "The camera will not switch on, even fully charged.",
            "Half of the screws are missing and the leg is bent.",
            "It rattles and smells of burning when I plug it in.",
        ),
        "refund": (
            "I changed my mind about the jacket, how can I hand it back?",
            "You received my return ten days ago but my bank shows nothing.",
            "Kindly reverse the charge of 49.90 on my credit card.",
            "The shoes pinch, I'd rather have the money than another pair.",
            "Where do I find the label to ship this back to you?",
            "I was billed twice, please give me back one of the payments.",
            "Cancel everything and reimburse me, please.",
            "How many days until I see the credit for the guitar I sent off?",
        ),
        "price": (
            "Is that the final amount or does VAT come on top?",
            "Do students pay less?",
            "My friend got a 10% code, may I have one as well?",
            "What would twenty pieces come to?",
            "Last week it was 20 euros less, will it drop again?",
            "Another shop lists the same set at 35, can you do that too?",
            "How expensive is express postage to Vienna?",
            "Are there any special offers on cameras for Black Friday?",
        ),
        "advice": (
            "My daughter turns six, would the guitar be too big for her?",
            "Not sure between the blue and the green model, what speaks for each?",
            "I hike in the rain a lot. Does the tent keep dry?",
            "Will the case fit a phone from 2021?",
            "I usually take a medium elsewhere, does yours run small?",
            "What do most people get to go with this lamp?",
            "We need something for a kitchen of six square metres, any ideas?",
            "Can somebody without experience put this together?",
        ),
        "account": (
            "It says my credentials are invalid although I typed them carefully.",
            "We moved house, please put the new street on file.",
            "I no longer use this mailbox, send everything to my other one from now on.",
            "The confirmation text for signing in does not reach my mobile.",
            "Remove all information you hold on me.",
            "I married and my surname is different now.",
            "There seem to be two logins in my name, can they be merged?",
            "I forgot what I chose as a passphrase.",
        ),
        "praise": (
            "Hats off to your packing crew, everything arrived snug and early.",
            "The book made my evening, what a find!",
            "You lot are brilliant.",
            "My mother has not stopped smiling since the guitar came.",
            "Ordering from you is always a pleasure.",
            "Could not be happier, five stars from me.",
            "The lady on the phone solved it in a minute, lovely.",
            "Superb kettle, worth every cent.",
        ),
    },
    "zh": {
        "order_status": (
            "周一下的单，到现在一点消息都没有，能帮忙看看吗？",
            "482113这单还在打包还是已经给快递了？",
            "页面一直显示处理中，进行到哪一步了？",
            "台灯大概哪天能到，我好安排人在家。",
            "没有收到运单短信。",
            "能看到箱子离开仓库了没有？",
            "包裹771200今天会派送吗？",
            "两样东西是一起寄还是分开寄的？",
        ),
        "late_delivery": (
            "都三个星期了，太离谱了，怎么会这么久？",
            "说的是周二，今天都周六了门口还是空的。",
            "礼物在生日过了两天才来，已经没用了。",
            "我专门请了一天假，送货员又没来。",
            "次日达居然要九天？",
            "你们给的最后期限是上周五，可什么都没来。",
            "每次买都拖拖拉拉，真受够了。",
            "帐篷超时十天了，我们明天就出发！",
        ),
        "defect": (
            "水壶底下漏水，一插电就跳闸。",
            "外套洗了一次颜色全掉光了。",
            "从纸箱里拿出来台灯已经断成两截。",
            "帐篷的拉链第一晚就扯掉了。",
            "手机壳扣不上，卡扣断了。",
            "相机充满电也开不了机。",
            "螺丝少了一半，腿也是弯的。",
            "一插上就嗡嗡响，还有烧焦味。",
        ),
        "refund": (
            "外套我不想要了，怎么寄还给你们？",
            "你们十天前就签收了我退的货，银行卡里什么都没有。",
            "麻烦把信用卡上那笔49.9元撤销。",
            "鞋子夹脚，我不换了，把钱给我就行。",
            "寄回去的运单在哪里打印？",
            "扣了我两次款，请返还其中一笔。",
            "全部取消，把付的钱还给我。",
            "吉他寄出去了，几天能看到款项？",
        ),
        "price": (
            "这是最终金额还是另外要加税？",
            "学生可以少付点吗？",
            "我朋友拿到了九折码，我也能有一个吗？",
            "买二十个一共要多少？",
            "上周还少二十块，还会再降吗？",
            "另一家同样的只卖35，你们能做到吗？",
            "加急邮费到维也纳贵不贵？",
            "双十一相机有什么活动吗？",
        ),
        "advice": (
            "女儿六岁，这把吉他对她来说会不会太大？",
            "蓝色款和绿色款拿不定主意，各有什么好处？",
            "我常在雨天徒步，帐篷防水吗？",
            "这个壳能装2021年的手机吗？",
            "我平时穿M，你们家偏小吗？",
            "大家一般拿什么来配这盏灯？",
            "厨房只有六平米，有什么合适的？",
            "没有经验的人能自己装好吗？",
        ),
        "account": (
            "明明输得很仔细，却提示用户名无效。",
            "我们搬家了，请把新地址登记一下。",
            "这个邮箱不用了，以后发到我另一个。",
            "验证短信一直收不到，进不去。",
            "请把你们保存的我的信息全部清除。",
            "我改姓了，名字要换。",
            "我好像有两个会员，能合并吗？",
            "忘了当初设的口令。",
        ),
        "praise": (
            "打包的师傅真用心，到得又早又完好。",
            "这本书让我开心了一整晚！",
            "你们太厉害了。",
            "自从吉他到了，妈妈一直笑个不停。",
            "每次在你们家买都很愉快。",
            "再满意不过了，给五颗星。",
            "接电话的女士一分钟就解决了，真贴心。",
            "水壶一级棒，花得值。",
        ),
    },
}


SEALED = {
    "en": {
        "order_status": (
            "Hi, what's going on with the camera I bought on the 3rd?",
            "Can I catch the courier at the office or is the parcel going to my flat tonight?",
            "You took my payment on Sunday, but did the guitar actually leave?",
            "Please tell me where 559310 is right now.",
            "Is there any way to see the van on a map?",
        ),
        "late_delivery": (
            "We are in week four and the shoes are nowhere to be seen.",
            "Your site promised two days. That was nine days ago.",
            "Sat at the window from eight to six, no van.",
            "I ordered well ahead of the wedding and it came the Monday after.",
            "Same story as last time: slow, slow, slow.",
        ),
        "defect": (
            "The lamp flickers and then goes dark after a minute.",
            "Water runs out of the side of the kettle.",
            "Two of the tent poles are splintered.",
            "The book has thirty blank pages in the middle.",
            "One shoe is glued so badly that the sole hangs down.",
        ),
        "refund": (
            "I'd like to give the tent back, what do I have to do?",
            "The parcel shop took my return on the 9th and I am still out of pocket.",
            "You debited 80 instead of 40, please correct that.",
            "I never received anything, so please pay me back.",
            "Can I get cash rather than a voucher for the returned jacket?",
        ),
        "price": (
            "Any chance of a lower price if I take the floor model?",
            "What do you charge for gift wrapping?",
            "I see 59 in the app and 64 on the website, which one is right?",
            "Is the kettle going to be in the summer sale?",
            "Would you give us a better rate for an order of a hundred?",
        ),
        "advice": (
            "I play a little piano, which guitar should I start with?",
            "Will a family of five be comfortable in this tent?",
            "Is the leather jacket warm enough for January?",
            "Between the 50 and the 85 millimetre lens, which would you take for portraits?",
            "Can the lamp be dimmed with an ordinary switch?",
        ),
        "account": (
            "The page keeps asking me to set a new password and then forgets it.",
            "Could you correct the spelling of my family name?",
            "I want to stop being a customer, delete the lot.",
            "Which phone number is stored with you? I have a new one.",
            "The website throws me out a second after signing in.",
        ),
        "praise": (
            "What a lovely surprise, the jacket fits like a glove.",
            "Big thank you to Tom from the help desk!",
            "Nothing to complain about, quite the opposite.",
            "The kids adore the tent.",
            "Ten out of ten, see you again soon.",
        ),
    },
    "zh": {
        "order_status": (
            "我三号买的相机怎么样了？",
            "559310现在在什么地方？",
            "周日付的款，吉他到底寄走没有？",
            "今晚送到家还是放驿站？",
            "能在地图上看到车子走到哪吗？",
        ),
        "late_delivery": (
            "第四周了，鞋子连影子都没有。",
            "写着两天送达，已经九天了。",
            "从早上八点坐到晚上六点，车都没见着。",
            "婚礼前很早就订了，结果婚礼后才来。",
            "跟上次一样，慢得要命。",
        ),
        "defect": (
            "台灯闪一会儿就灭了。",
            "水从水壶侧面流出来。",
            "帐篷有两根杆子劈了。",
            "书中间有三十页是空白的。",
            "一只鞋的胶没粘牢，鞋底耷拉着。",
        ),
        "refund": (
            "帐篷想还给你们，要怎么操作？",
            "九号就交给驿站退回了，钱到现在没见到。",
            "应该扣40却扣了80，请更正。",
            "什么都没收到，把钱打回来吧。",
            "退的外套能给现金而不是券吗？",
        ),
        "price": (
            "样品机能算便宜些吗？",
            "礼品包装怎么收费？",
            "手机上59，电脑上64，到底哪个对？",
            "水壶会参加夏季大促吗？",
            "订一百件能给个好价吗？",
        ),
        "advice": (
            "会一点钢琴，入门该买哪把吉他？",
            "这顶帐篷一家五口住得下吗？",
            "皮外套一月份穿够暖吗？",
            "拍人像用50还是85的镜头？",
            "普通开关能调这盏灯的亮度吗？",
        ),
        "account": (
            "网页老让我设新密码，设完又不认。",
            "我的姓打错字了，请改正。",
            "不想再当会员了，全都删了吧。",
            "你们那里存的是哪个手机号？我换号了。",
            "刚登上去就把我踢出来。",
        ),
        "praise": (
            "太惊喜了，外套特别合身。",
            "谢谢客服小汤！",
            "没什么可抱怨的，恰恰相反。",
            "孩子们爱死这个帐篷了。",
            "十分满分，下次见。",
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
