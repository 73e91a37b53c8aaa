"""Names and addresses that the vault knows, found in texts by exact and normalised match.

Values and texts are folded sign by sign (case, accents, full width, traditional characters), so
that a place in the folded text is the same place in the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crm_tasks.identity.lexicon import TITLES, words_of
from crm_tasks.identity.names import simplified
from crm_tasks.text.patterns import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

#: A word of letters and digits; Chinese characters touch such words without being part of them.
WORD = re.compile("[^\\W_\u2e80-\u9fff\uf900-\ufaff]+(?:['’-][^\\W_\u2e80-\u9fff\uf900-\ufaff]+)*")
HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
#: A Chinese value shorter than that says nothing; one word in Latin letters neither: half of the
#: given names are words too. Words of the writer's own name count, capitalised.
HAN_AT_LEAST, WORDS_AT_LEAST, WORDS_AT_MOST = 2, 2, 12
OWN_LETTERS_AT_LEAST = 2
HEAD = 2
#: Chinese names that are words as well: masked in texts of who is called so, and nowhere else.
COMMON_WORDS = words_of(
    """
    高兴 安全 平安 方便 周末 周日 周一 周二 周三 周四 周五 周六 黄金 金额 高级 高端
    白天 白色 黄色 红色 温馨 温柔 平常 常见 常用 关心 关注 关机 成功 成本 时间 时候
    明白 明显 包装 包裹 包邮 万一 何时 何必 如何 向来 向上 向下 于是 由于 任何 任务
    应该 应当 计划 计算 连接 连续 全部 全新 安心 安静 安装 顾客 顾虑 管理 易用 房子
    马上 单号 单子 方法 方面 方式 国家 石头 金属 钱包 花费 水平 阳光 农产 古典 和平
    幸福 幸运 宁可 毛病 毛巾 江湖 海报 雷同 龙头 程序 程度 严重 严格 许多 许久 施工
    解决 解释 解答 从来 边上 项目 相关 相信 相同 终于 经常 家里 文字 文件 明天 天天
    晴天
    """
)


class _Folds(dict[int, int]):
    """The folded form of each sign, worked out when it is first met."""

    def __missing__(self, code: int) -> int:
        sign = chr(code)
        folded = unicodedata.normalize("NFKD", sign)[:1].lower()
        if HAN.match(sign):
            folded = simplified(sign)
        self[code] = ord(folded) if len(folded) == 1 else code
        return self[code]


_FOLDS = _Folds()


def folded(text: str) -> str:
    """Return a text of the same length without case, accents, width and traditional characters.

    >>> folded("Ｊürgen 劉")
    'jurgen 刘'
    """
    return text.translate(_FOLDS)


@dataclass(frozen=True)
class KnownValues:
    """Values that are masked wherever they stand, ordered for a search.

    Parameters
    ----------
    words : mapping of str to mapping of str to str
        By first word, values of several words in Latin letters and their kind.
    han : mapping of str to mapping of str to str
        By first two characters, values written in Chinese and their kind.
    """

    words: Mapping[str, Mapping[str, str]] = field(repr=False)
    han: Mapping[str, Mapping[str, str]] = field(repr=False)

    @classmethod
    def of(cls, values: Iterable[tuple[str, str]]) -> KnownValues:
        """Return the search for values given as (kind, value): kind is ``name`` or ``address``."""
        words: dict[str, dict[str, str]] = defaultdict(dict)
        han: dict[str, dict[str, str]] = defaultdict(dict)
        for kind, value in values:
            for form in _forms(kind, folded(value).strip()):
                if HAN.search(form):
                    han[form[:HEAD]].setdefault(form, kind)
                else:
                    words[form.split(" ", 1)[0]].setdefault(form, kind)
        return cls(dict(words), dict(han))

    def spans(self, text: str, own: Iterable[str] = ()) -> list[Span]:
        """Return where known values stand in a text.

        Parameters
        ----------
        own : iterable of str
            Names of whoever wrote the text: single words of them count as well.
        """
        low = folded(text)
        found = [*self._by_words(low), *self._by_han(low)]
        return [*found, *_own_words(text, low, own)]

    def _by_words(self, low: str) -> Iterator[Span]:
        if not self.words:
            return
        marks = [(m.start(), m.end()) for m in WORD.finditer(low)]
        for at, (start, end) in enumerate(marks):
            forms = self.words.get(low[start:end])
            if forms is None:
                continue
            for last in range(min(at + WORDS_AT_MOST, len(marks)) - 1, at, -1):
                said = " ".join(low[a:b] for a, b in marks[at : last + 1])
                if said in forms:
                    yield Span(start, marks[last][1], forms[said])
                    break

    def _by_han(self, low: str) -> Iterator[Span]:
        if not self.han:
            return
        for match in HAN.finditer(low):
            at = match.start()
            for form, kind in self.han.get(low[at : at + HEAD], {}).items():
                if low.startswith(form, at):
                    yield Span(at, at + len(form), kind)


def _forms(kind: str, value: str) -> Iterator[str]:
    """Yield the forms in which a folded value is looked for."""
    if HAN.search(value):
        tight = re.sub(r"\s+", "", value)
        if len(tight) >= HAN_AT_LEAST and tight not in COMMON_WORDS:
            yield from {value, tight}
        return
    words = WORD.findall(value)
    plain = [word for word in words if word not in TITLES]
    for form in (words, plain) if kind == "name" else (words,):
        if WORDS_AT_LEAST <= len(form) <= WORDS_AT_MOST:
            yield " ".join(form)
    if kind == "name" and len(plain) > 1:  # also family name first, and without middle names
        yield " ".join([plain[-1], *plain[:-1]])
        yield " ".join([*plain[1:], plain[0]])
        yield f"{plain[0]} {plain[-1]}"


def _own_words(text: str, low: str, own: Iterable[str]) -> Iterator[Span]:
    names = [folded(name) for name in own]
    if not names:
        return
    han = {re.sub(r"\s+", "", name) for name in names if HAN.search(name)}
    for name in sorted(han):
        if len(name) >= HAN_AT_LEAST:
            for match in re.finditer(re.escape(name), low):
                yield Span(match.start(), match.end(), "name")
    words = {word for name in names if not HAN.search(name) for word in WORD.findall(name)}
    words = {word for word in words - TITLES if len(word) >= OWN_LETTERS_AT_LEAST}
    for match in WORD.finditer(low) if words else ():
        if match.group() in words and text[match.start()].isupper():
            yield Span(match.start(), match.end(), "name")
