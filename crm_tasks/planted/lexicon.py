"""Words the invented people are made of: names in three scripts, cities, streets."""

from __future__ import annotations

import numpy as np

#: Chinese surnames by falling frequency, each simplified, pinyin, traditional where it differs.
_SURNAMES = """王 wang|李 li|张 zhang 張|刘 liu 劉|陈 chen 陳|杨 yang 楊|黄 huang 黃|赵 zhao 趙|吴 wu 吳
周 zhou|徐 xu|孙 sun 孫|马 ma 馬|朱 zhu|胡 hu|郭 guo|何 he|高 gao|林 lin|罗 luo 羅|郑 zheng 鄭
梁 liang|谢 xie 謝|宋 song|唐 tang|许 xu 許|韩 han 韓|冯 feng 馮|邓 deng 鄧|曹 cao|彭 peng|曾 zeng
肖 xiao|田 tian|董 dong|袁 yuan|潘 pan|于 yu|蒋 jiang 蔣|蔡 cai|余 yu|杜 du|叶 ye 葉|程 cheng|苏 su 蘇
魏 wei|吕 lü 呂|丁 ding|任 ren|沈 shen|姚 yao|卢 lu 盧|姜 jiang|崔 cui|钟 zhong 鍾|谭 tan 譚|陆 lu 陸
汪 wang|范 fan|金 jin|石 shi|廖 liao|贾 jia 賈|夏 xia|韦 wei 韋|付 fu|方 fang|白 bai|邹 zou 鄒|孟 meng
熊 xiong|秦 qin|邱 qiu|江 jiang|尹 yin|薛 xue|闫 yan 閆|段 duan|雷 lei|侯 hou|龙 long 龍|史 shi|陶 tao"""
_GIVEN = """伟 wei 偉|芳 fang|娜 na|敏 min|静 jing 靜|丽 li 麗|强 qiang 強|磊 lei|军 jun 軍|洋 yang|勇 yong
艳 yan 艷|杰 jie 傑|娟 juan|涛 tao 濤|明 ming|超 chao|秀 xiu|霞 xia|平 ping|刚 gang 剛|桂 gui|英 ying
华 hua 華|玉 yu|兰 lan 蘭|萍 ping|红 hong 紅|建 jian|国 guo 國|文 wen|辉 hui 輝|志 zhi|海 hai|林 lin
春 chun|梅 mei|云 yun 雲|鹏 peng 鵬|飞 fei 飛|宇 yu|晨 chen|浩 hao|欣 xin|怡 yi|佳 jia|雪 xue|琳 lin
婷 ting|慧 hui|莹 ying 瑩|雨 yu|思 si|梦 meng 夢|博 bo|睿 rui|轩 xuan 軒|子 zi|涵 han|俊 jun|豪 hao
天 tian|宁 ning 寧|瑞 rui|凯 kai 凱|旭 xu|东 dong 東|峰 feng|龙 long 龍|斌 bin|波 bo|新 xin|庆 qing 慶
学 xue 學|荣 rong 榮|成 cheng|康 kang|永 yong|家 jia|昊 hao|嘉 jia|琪 qi|璐 lu|倩 qian|颖 ying 穎|洁 jie 潔
晶 jing|月 yue|珊 shan|蕾 lei|薇 wei|菲 fei|韵 yun 韻|岚 lan 嵐|航 hang|毅 yi|翔 xiang|诚 cheng 誠"""
_FIRST = """James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard
Susan Joseph Jessica Thomas Sarah Charles Karen Christopher Lisa Daniel Nancy Matthew Betty Anthony
Margaret Mark Sandra Donald Ashley Steven Kimberly Paul Emily Andrew Donna Joshua Michelle Kenneth
Carol Kevin Amanda Brian Melissa George Deborah Timothy Stephanie Ronald Rebecca Edward Sharon Jason
Laura Jeffrey Cynthia Ryan Dorothy Jacob Amy Gary Kathleen Nicholas Angela Eric Shirley Jonathan Emma
Stephen Brenda Larry Pamela Justin Nicole Scott Anna Brandon Samantha Benjamin Katherine Samuel
Christine Gregory Debra Alexander Rachel Patrick Olivia Frank Carolyn Raymond Janet Jack Maria Dennis
Heather Jerry Diane Tyler Julie Aaron Joyce"""
_LAST = """Smith Johnson Williams Brown Jones Miller Davis Wilson Anderson Taylor Moore Jackson Martin Lee
Thompson White Harris Clark Lewis Robinson Walker Young Allen King Wright Scott Hill Green Adams
Nelson Baker Hall Campbell Mitchell Carter Roberts Phillips Evans Turner Parker Collins Edwards
Stewart Morris Murphy Cook Rogers Morgan Cooper Reed Bailey Bell Kelly Howard Ward Cox Richardson"""
_HEADS = """Ash Beck Birch Black Brad Bram Brent Brook Burn Clay Cliff Copp Cran Dal Den East Ed Elm Ever
Fair Fal Gar Gold Graf Grim Hal Ham Hart Haw Hazel Hol Ing Kel Ken Kings Lang Lin Long Mar Mead Mil
Nor Oak Over Pem Pres Quar Rad Red Rock Ros Row Rush Sel Shel South Stan Stock Strat Sut Thorn Tor
Under Wal War Water Wen West Whit Wick Win Wood Yar York"""
_TAILS = """ford ley ton wood well by croft dale den field gate ham hurst land low man mere more sey shaw
stead stone thorpe wick worth bridge bourne cott"""
NICKNAMES = """小鱼|sunny|云朵|lucky_star|阿豆|coffee_cat|风起|moonriver|大白|bookworm|柠檬|happyfox|追风|redpanda
青禾|bluebird|橘子|night_owl|山里人|tea_time""".replace("\n", "|").split("|")

ZH_CITIES = """北京 Beijing|上海 Shanghai|广州 Guangzhou|深圳 Shenzhen|成都 Chengdu|杭州 Hangzhou|武汉 Wuhan
西安 Xi'an|南京 Nanjing|重庆 Chongqing|苏州 Suzhou|天津 Tianjin""".replace("\n", "|").split("|")
EN_CITIES = [
    "London",
    "Manchester",
    "Leeds",
    "Bristol",
    "Glasgow",
    "Cardiff",
    "Sheffield",
    "York",
    "Oxford",
    "Norwich",
]
ZH_STREETS = [
    "人民",
    "中山",
    "解放",
    "建设",
    "和平",
    "文化",
    "新华",
    "长江",
    "黄河",
    "胜利",
    "光明",
    "朝阳",
    "学府",
    "滨江",
    "青年",
    "幸福",
    "团结",
    "花园",
]
EN_STREETS = [
    "High",
    "Station",
    "Church",
    "Park",
    "Victoria",
    "Green",
    "Manor",
    "Kings",
    "Queens",
    "Mill",
    "School",
    "Grove",
    "Albert",
]
EN_STREET_KINDS = ("Street", "Road", "Lane", "Avenue", "Close")
#: What people write for the same word.
SHORT_FORMS = {"Street": "St", "Road": "Rd", "Avenue": "Ave", "Lane": "Ln", "号": "號", "路": " 路"}

INDUSTRIES = ("retail", "logistics", "software", "education", "health", "food", "finance", "energy")
ZH_COMPANY = [
    "华",
    "信",
    "达",
    "远",
    "盛",
    "通",
    "恒",
    "瑞",
    "金",
    "安",
    "泰",
    "新",
    "联",
    "科",
    "创",
    "宏",
    "博",
    "天",
    "海",
    "润",
]
EN_COMPANY = [
    "Northgate",
    "Silverline",
    "Oakfield",
    "Bluepeak",
    "Riverside",
    "Summit",
    "Harbour",
    "Granite",
    "Meridian",
    "Lantern",
    "Foxglove",
    "Beacon",
    "Cobalt",
    "Juniper",
    "Aldgate",
    "Falcon",
    "Kestrel",
    "Orchard",
    "Pinnacle",
    "Quayside",
]
DOMAINS = ("qq.example", "163.example", "mail.example", "post.example", "inbox.example")


def _three(text: str) -> tuple[list[str], list[str], list[str]]:
    entries = [entry.split(" ") for line in text.split("\n") for entry in line.split("|")]
    return (
        [entry[0] for entry in entries],
        [entry[1] for entry in entries],
        [entry[-1] if len(entry) > 2 else entry[0] for entry in entries],  # noqa: PLR2004 (fields)
    )


SURNAMES, SURNAMES_PINYIN, SURNAMES_TRADITIONAL = (np.array(part) for part in _three(_SURNAMES))
GIVEN, GIVEN_PINYIN, GIVEN_TRADITIONAL = (np.array(part) for part in _three(_GIVEN))
FIRST_NAMES = np.array(_FIRST.split())
LAST_NAMES = np.array(
    _LAST.split() + [head + tail for head in _HEADS.split() for tail in _TAILS.split()]
)
N_COMMON_LAST_NAMES = len(_LAST.split())
#: Each Chinese character's pinyin, for whoever has to compare scripts.
PINYIN = {
    **dict(zip(GIVEN.tolist(), GIVEN_PINYIN.tolist(), strict=True)),
    **dict(zip(GIVEN_TRADITIONAL.tolist(), GIVEN_PINYIN.tolist(), strict=True)),
    **dict(zip(SURNAMES.tolist(), SURNAMES_PINYIN.tolist(), strict=True)),
    **dict(zip(SURNAMES_TRADITIONAL.tolist(), SURNAMES_PINYIN.tolist(), strict=True)),
}
