"""Words of the trade by intent: what a shop's customers say it with, in Chinese and English.

General vocabulary, put together as a thesaurus would; the starter model learns each within a few
neutral sentences. One expression is one group of a fold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

KEYWORDS: dict[str, dict[str, str]] = {
    "en": {
        "order_status": (
            "order status|tracking|tracking number|track my order|where is it|whereabouts|in transit|shipped|not shipped yet"
            "|dispatch|dispatched|sent out|handed to the courier|with the carrier|on the road|out for delivery|being prepared"
            "|processing|packed|packing|warehouse|depot|sorting centre|estimated arrival|arrival time|delivery date|delivery window"
            "|order confirmation|confirmation e-mail|has it gone out|how far along|progress of the order|which stage|check the order"
            "|look up my order|heard nothing since I ordered|shipment details|parcel number|current location|when do I get it"
            "|which day does it come|ready for pickup|split shipment|one parcel or two|consignment|customs clearance"
            "|how is my order doing|what about my order|has anything been sent|did it leave|latest news on my order"
            "|let me know when it ships|when is it scheduled|location of my parcel|delivery slot|which delivery service"
            "|at what time will the driver come|expected on which date|follow the parcel|order number|my recent purchase"
            "|bought last week|ordered on Sunday|shipment"
        ),
        "late_delivery": (
            "late|too late|delayed|delay|overdue|behind schedule|not on time|still waiting|still not here|weeks late|days late"
            "|missed the deadline|past the promised date|promised for yesterday|was supposed to come|should have come|never turned up"
            "|did not show up|no one came|nothing has arrived|waited all day|waited in vain|taking forever|endless waiting|slow delivery"
            "|far too slow|keeps me waiting|running late|postponed|held up|delivery failed again|rescheduled again|unreliable courier"
            "|broken promise|patience is over|came after the event|took much longer than stated|express was not express|unpunctual"
            "|unacceptable delay|annoyed|angry about waiting|appointment missed|no show|deliveries never on time|always late"
            "|hopeless delivery|when will it finally come|already a week|so long|how much longer|again not delivered"
            "|after Christmas|need it urgently|beyond the date|stuck for days|no movement for days|arrived weeks after"
        ),
        "defect": (
            "broken|defective|faulty|damaged|damage|cracked|crack|smashed|shattered|torn|ripped|scratched|dented|bent|leaking|dripping"
            "|does not work|not working|stopped working|will not start|does not switch on|no power|dead on arrival|malfunction|short circuit"
            "|overheats|smoke|burnt smell|strange noise|rattling|buzzing|loose part|missing part|missing screws|incomplete|falls apart"
            "|fell to pieces|broke in two|came off|snapped off|stains|faded colour|lost its colour|shrunk|peeling|rust|mould|poor workmanship"
            "|bad quality|low quality|shoddy|jammed|stuck|does not close|does not charge|battery dead|screen black|error message|hole in it"
        ),
        "refund": (
            "refund|full refund|partial refund|money back|give me my money back|return|return it|send it back|ship it back|take it back"
            "|return label|return address|return form|withdraw from the purchase|right of withdrawal|cancel my order|cancellation"
            "|reimburse|reimbursement|credit note|credited|credit to my card|chargeback|charged twice|double charge|billed wrongly"
            "|overcharged|payment back|transfer back|repay|paid back|not refunded yet|waiting for my refund|undo the purchase"
            "|do not want it any more|does not fit, returning it|exchange for money|sent back already|returned goods|drop-off point for returns"
            "|bank|credit card|account statement|cancel|undo|give back|wrong amount|debited|deducted|returns portal|label"
            "|post back|parcel shop|not what I need|sending it back|return received|want to return|send the money"
        ),
        "price": (
            "price|prices|price list|cost|costs|how much|how expensive|total amount|final price|cheap|cheaper|cheapest|expensive|too pricey"
            "|discount|discount code|promo code|coupon|voucher|rebate|special offer|offers|promotion|sale|clearance|reduced|price drop"
            "|price match|best price|bulk discount|volume price|quote|quotation|student price|member price|loyalty discount|gift card value"
            "|shipping costs|postage|delivery fee|tax included|VAT|customs duty|instalments|free shipping|bundle price|three for two|bargain"
            "|pay|how much do I pay|euros|dollars|percent off|code|offer|in total|per piece|for ten pieces|lower price"
            "|same item cheaper elsewhere|competitor|go down|special|season sale|express fee|abroad|extra cost|surcharge"
            "|how many euros"
        ),
        "advice": (
            "recommend|recommendation|advice|suggest|suggestion|which one|which model|which size|what size|right size|suitable|suitable for"
            "|good for beginners|for children|for kids|as a gift|gift idea|difference between|compare|comparison|better choice|help me choose"
            "|cannot decide|unsure|undecided|pros and cons|compatible|does it fit|will it fit|does it match|goes with|goes well with"
            "|waterproof|for outdoors|how big is it|dimensions|what material|how does it work|easy to use|easy to install|alternatives"
            "|what would you take|age recommendation|too small or too large|is it heavy|how long does it last|washable|do I need anything else"
            "|would it suit|would it be right for|too big|too small|beginner|experience|my daughter|my husband|for hiking"
            "|for travelling|kitchen|living room|any tips|most popular|what do people take|assemble|colour|keeps warm"
            "|strong enough|older model|what would be right|can it be used for|which would be better"
        ),
        "account": (
            "account|my account|log in|login|cannot log in|sign in|sign up|register|registration|password|forgot password|reset password|user name"
            "|locked out|account locked|blocked account|verification code|security code|two-factor|authentication|profile|personal details"
            "|change my address|new address|moved house|change e-mail|new e-mail|change phone number|new number|update my details|change my name"
            "|spelling of my name|delete account|close account|delete my data|erase my data|privacy|data protection|duplicate account|merge accounts"
            "|membership|newsletter settings|unsubscribe|invoice address|saved cards|login link|session expired|access denied"
            "|wrong name|postcode|text message code|mobile|information about me|personal data|stored data|PIN|second account"
            "|records|contact details|change my data|update my information|correct my data|e-mail settings"
            "|my login does not work|access to my account"
        ),
        "praise": (
            "thank you|thanks|many thanks|thanks a lot|great|excellent|wonderful|fantastic|amazing|awesome|superb|brilliant|perfect|love it|loved it"
            "|happy|very happy|delighted|pleased|satisfied|impressed|thrilled|overjoyed|highly recommended|recommend you to everyone|top|top quality"
            "|first class|well done|good job|great job|keep it up|bravo|kudos|congratulations|best purchase|best shop|best service|friendly|kind"
            "|helpful|polite|patient|professional|quick and friendly|fast delivery, thank you|beautifully packed|exceeded my expectations"
            "|better than expected|a joy|a dream|made us smile|made me happy|worth it|would buy again|no complaints at all|everything went smoothly"
            "|lovely|smile|made my day|so kind|solved quickly|arrived early|packed with care|you are great|fabulous|charming"
            "|spot on|flawless|top marks|a big compliment|so happy|really pleased|nice people|my compliments"
        ),
    },
    "zh": {
        "order_status": (
            "订单状态|物流|物流信息|快递单号|运单号|查快递|查订单|到哪里了|到哪儿了|在哪|在途|运输中|发货|发货了吗|没发货|什么时候发|寄出|寄了没|揽收|出库"
            "|配送中|派送|派件|打包|备货|仓库|中转站|处理中|预计送达|几号到|几天到|哪天到|大概什么时候到|订单确认|确认短信|有没有消息|没动静|进度|进展|到哪一步|帮我看看订单"
            "|查一下单子|包裹位置|还要多久|自提|分开发货|一起发|清关|签收了吗|显示什么状态"
        ),
        "late_delivery": (
            "太晚|晚了|晚到|迟到|延迟|延误|拖延|拖了|超时|逾期|过期|还没到|还没来|还没收到|一直没到|迟迟|等太久|等了很久|等了好几天|白等|没按时|不准时|误点|说好的时间|承诺的时间"
            "|过了约定|没送来|没人送|没来送|送得慢|太慢|慢死了|速度太差|催了几次|一推再推|改了几次时间|爽约|耽误|耽误事|赶不上|来不及|错过了|不守时|说话不算数|加急也慢|受不了|何时才能到"
        ),
        "defect": (
            "坏了|坏的|破了|破损|损坏|裂了|裂缝|裂开|碎了|断了|断裂|划痕|凹了|变形|弯了|漏水|漏电|漏气|不能用|用不了|没法用|没反应|打不开|开不了|启动不了|不通电|短路|跳闸|发烫|冒烟"
            "|焦味|异味|异响|噪音|嗡嗡|松动|少零件|缺件|少配件|掉了|脱落|散架|开胶|脱线|起球|掉色|褪色|缩水|发霉|生锈|污渍|做工差|质量差|质量问题|次品|残次|瑕疵|故障|失灵|卡住|死机|黑屏"
            "|充不了电|关不上|扣不上|有洞"
        ),
        "refund": (
            "退款|退钱|退货|退掉|退回|退还|返还|全额退款|部分退款|退差价|把钱退|钱没退|没退款|退款进度|多久到账|未到账|没到账|原路返回|退货地址|退货单|寄回|寄回去|退货运费|取消订单|不要了"
            "|不想要|撤单|撤销付款|重复扣款|多扣钱|扣错钱|多收了|赔付|赔钱|补偿|还钱|还款给我|七天无理由|拒收|退押金|换成钱|已经退了货|退货点|上门取退货|申请售后退款"
        ),
        "price": (
            "价格|价钱|多少钱|几块钱|怎么卖|什么价|报价|总价|一共多少|便宜|便宜点|贵|太贵|贵不贵|优惠|优惠券|优惠码|折扣|打折|几折|满减|活动|促销|特价|清仓|降价|涨价|保价|比价|差价|批发价"
            "|团购价|学生价|会员价|礼品卡|运费|邮费|包邮|免运费|含税|税费|分期|定金|套餐价|买一送一|最低价|划算吗|积分抵扣|红包"
        ),
        "advice": (
            "推荐|建议|哪个好|哪款|哪一款|选哪个|怎么选|选什么|什么尺码|什么尺寸|多大|适合|适不适合|合适吗|适合新手|适合孩子|适合老人|送人|送礼|礼物|区别|有什么不同|对比|比较|拿不准|纠结"
            "|犹豫|优缺点|兼容|能用吗|能配|搭配|配什么|防水吗|户外用|尺寸多少|什么材质|怎么用|好不好用|容易安装|好装吗|替代|有别的吗|几岁用|偏大|偏小|重不重|能用多久|可以水洗吗|还需要买什么"
        ),
        "account": (
            "账号|账户|登录|登不上|登录不了|注册|密码|忘记密码|重置密码|改密码|用户名|被锁|锁定|封号|验证码|安全码|短信验证|认证|实名|个人资料|个人信息|改地址|新地址|搬家|换邮箱|新邮箱|换手机号|新号码"
            "|更新资料|改名字|名字写错|注销|销户|删除账号|删除资料|清除信息|隐私|数据保护|重复账号|合并账号|会员|会员卡|会员等级|取消订阅|退订|发票抬头|绑定|解绑|绑定的卡|登录链接|没有权限|密保"
        ),
        "praise": (
            "谢谢|多谢|感谢|非常感谢|太好了|很好|非常好|特别好|真好|棒|很棒|真棒|太棒了|赞|点赞|好评|五星|满分|完美|喜欢|很喜欢|超喜欢|满意|很满意|开心|高兴|惊喜|感动|贴心|暖心|用心|细心|热情"
            "|耐心|专业|靠谱|给力|厉害|优秀|一流|顶级|强烈推荐|推荐给朋友|会再买|回购|下次还来|超出预期|比想象的好|值得|物超所值|很值|辛苦了|加油|越来越好|全家都喜欢|没得挑|顺利|又快又好"
        ),
    },
}  # fmt: skip
ROUND: dict[str, tuple[str, ...]] = {
    "en": ("{k}", "{k}?", "My question: {k}.", "{k}, that is why I write.", "About {p}: {k}.", "{k}, what now?", "So, {k}.", "Well, {k}!"),
    "zh": ("{k}", "{k}？", "我想说：{k}。", "{k}，所以写信。", "关于{p}：{k}。", "{k}，怎么办？", "就是{k}。", "{k}！"),
}  # fmt: skip


def expressions(
    rng: np.random.Generator, per_expression: int
) -> Iterator[tuple[str, str, str, str]]:
    """Yield so many sentences round each expression: language, intent, sentence, group."""
    for language, by_intent in KEYWORDS.items():
        frames = ROUND[language]
        for intent, listed in by_intent.items():
            for expression in listed.split("|"):
                for _ in range(per_expression):
                    text = frames[int(rng.integers(len(frames)))].replace("{k}", expression)
                    yield language, intent, text, f"{language}/{intent}/k/{expression}"
