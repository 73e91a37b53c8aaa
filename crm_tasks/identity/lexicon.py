"""Words a name is read with: surnames, titles, short forms; general knowledge, nobody's data."""

from __future__ import annotations


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text.

    >>> sorted(words_of("mr mrs"))
    ['mr', 'mrs']
    """
    return frozenset(text.split())


#: The Chinese surnames that nearly everybody bears, simplified, by falling frequency; a display
#: name that does not begin with one of them is not taken for a name.
SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚"
    "卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康"
    "施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成"
    "苗谷盛曲翁冉骆蓝路游辛靳欧管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党"
    "宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封"
    "谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海阚花权强帅屠豆朴盖练廉禹井祖漆巴"
    "丰支卿国狄平计索宣晋相初门云容敬来扈晁芮都普阙浦戈伏鹿薄邸雍辜羊阿乌母裘亓修邰赫杭况那宿鲜印逯隆茹诺战慕"
)
#: Surnames of two characters; all other Chinese surnames have one.
COMPOUND_SURNAMES = words_of(
    "欧阳 上官 司马 东方 诸葛 皇甫 尉迟 公孙 慕容 令狐 司徒 夏侯 长孙 宇文 "
    "轩辕 端木 南宫 西门 独孤 百里 呼延 司空 东郭 澹台 公冶 宗政 濮阳 淳于 "
    "单于 太史 申屠 仲孙 钟离 鲜于 闾丘 拓跋 赫连 万俟 闻人 第五"
)
#: Characters read differently as a surname.
SURNAME_READINGS = {
    "曾": "zeng", "单": "shan", "解": "xie", "仇": "qiu", "任": "ren", "区": "ou", "查": "zha",
    "朴": "piao", "盖": "ge", "翟": "zhai", "缪": "miao", "折": "she", "祭": "zhai", "黑": "he",
    "种": "chong", "员": "yun", "秘": "bi", "冼": "xian", "洗": "xian", "华": "hua", "乐": "yue",
    "尉": "wei", "宓": "mi", "覃": "qin", "燕": "yan", "令": "ling", "那": "na", "繁": "po",
    "盛": "sheng", "召": "shao", "曲": "qu", "石": "shi", "纪": "ji", "应": "ying", "宁": "ning",
    "尉迟": "yuchi", "万俟": "moqi", "长孙": "zhangsun", "单于": "chanyu", "澹台": "tantai",
    "鲜于": "xianyu", "令狐": "linghu",
}  # fmt: skip

#: Words before or after a name that are no part of it (compared without full stops).
TITLES = words_of(
    "mr mrs ms miss mx dr doctor prof professor sir madam mme mlle herr frau dipl ing phd md "
    "mba esq hon rev capt lt col sgt"
)
SUFFIXES = words_of("jr sr ii iii iv")
ZH_TITLES = ("先生", "女士", "小姐", "太太", "夫人", "老师", "教授", "博士", "经理", "同学", "总")

#: English short forms and the given name they stand for.
SHORT_FORMS = {
    short: name
    for name, shorts in {
        "alexander": "alex alec sandy", "alexandra": "alexa lexi", "andrew": "andy drew",
        "anthony": "tony", "barbara": "barb babs", "benjamin": "ben benny", "catherine": "cathy",
        "charles": "charlie chuck", "christine": "chrissy", "christopher": "chris kit",
        "daniel": "dan danny", "david": "dave davey", "deborah": "debbie deb", "donald": "don",
        "dorothy": "dot dottie", "edward": "ed eddie ted teddy ned", "elizabeth":
        "liz lizzie beth betty eliza lisbeth", "francis": "frank", "frederick": "fred freddie",
        "gerald": "gerry", "gregory": "greg", "harold": "hal", "henry": "hank", "jacob": "jake",
        "james": "jim jimmy jamie", "jeffrey": "jeff", "jennifer": "jen jenny", "jessica": "jess",
        "john": "johnny", "jonathan": "jon", "joseph": "joe joey", "joshua": "josh",
        "katherine": "kate katie kathy kat", "kenneth": "ken kenny", "lawrence": "larry",
        "leonard": "len lenny", "margaret": "maggie meg peggy", "matthew": "matt",
        "michael": "mike mick mickey", "nathaniel": "nate", "nicholas": "nick nicky",
        "pamela": "pam", "patricia": "patty trish", "peter": "pete", "philip": "phil",
        "raymond": "ray", "rebecca": "becky becca", "richard": "dick rick ricky rich",
        "robert": "bob bobby rob robbie", "ronald": "ron ronnie", "samuel": "sam sammy",
        "stephanie": "steph", "stephen": "steve", "steven": "stevie", "susan": "sue susie",
        "theodore": "theo", "thomas": "tom tommy", "timothy": "tim", "victoria": "vicky",
        "vincent": "vince", "walter": "walt", "william": "bill billy will willy liam",
        "zachary": "zach zack",
    }.items()
    for short in shorts.split()
}  # fmt: skip

#: Mailboxes that belong to an office and not to a person.
ROLE_MAILBOXES = words_of(
    "info sales office contact admin service services support hello team hr mail post "
    "enquiries inquiries billing accounts accounting invoice invoices orders order reception "
    "webmaster postmaster noreply no-reply donotreply help helpdesk marketing press jobs "
    "careers shop company customerservice general kontakt kefu xiaoshou"
)

#: Words of an address and the short form they are compared in.
ADDRESS_WORDS = {
    "street": "st", "str": "st", "road": "rd", "avenue": "ave", "av": "ave", "lane": "ln",
    "drive": "dr", "court": "ct", "crt": "ct", "place": "pl", "close": "cl", "crescent": "cres",
    "cr": "cres", "circuit": "cct", "square": "sq", "terrace": "tce", "highway": "hwy",
    "boulevard": "blvd", "parade": "pde", "gardens": "gdns", "grove": "gr", "apartment": "flat",
    "apt": "flat", "unit": "flat", "suite": "flat", "north": "n", "south": "s", "east": "e",
    "west": "w", "mount": "mt", "saint": "st", "number": "no",
}  # fmt: skip
