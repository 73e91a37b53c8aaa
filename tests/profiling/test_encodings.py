"""Which encoding a file is in: decided, with a confidence, or said to be open."""

from __future__ import annotations

import pytest

from crm_tasks.profiling.decisions import DOUBTFUL, SURE
from crm_tasks.profiling.encodings import propose_encoding
from crm_tasks.profiling.samples import RawSample
from crm_tasks.profiling.scripts import plausibility

CHINESE = "客户编号,姓名,城市,备注\n" + "".join(
    f"{n},王小{'明红军丽'[n % 4]},{'北京上海广州深圳'[n % 4 * 2 : n % 4 * 2 + 2]},购买了商品\n"
    for n in range(60)
)
FRENCH = (
    "nom,ville\nFrançois Müller,Zürich\nRené,Genève\nJosé – “ami”,São Paulo\nÉlodie’s café,Nîmes\n"
)
TEXTS = {
    "gbk": CHINESE,
    "big5": "客戶編號,姓名,城市\n1,王小明,臺北\n2,李美麗,高雄\n3,陳大文,香港\n",
    "cp932": "顧客番号,名前,住所\n1,山田さくら,東京のマンション\n2,鈴木たろう,大阪のアパート\n",
    "euc_jp": "顧客番号,名前,住所\n1,山田さくら,東京のマンション\n2,鈴木たろう,大阪のアパート\n",
    "cp1251": "имя,город\nИван Петров,Москва\nОльга Иванова,Санкт-Петербург\n",
    "koi8-r": "имя,город\nИван Петров,Москва\nОльга Иванова,Санкт-Петербург\n",
    "cp1252": FRENCH,
    "mac_roman": FRENCH,
    "cp850": "nom,ville\nFrançois Müller,Zürich\nRené,Genève\nJosé,São Paulo\n",
    "cp1250": "imię,miasto\nŁukasz Zając,Łódź\nGrażyna Jęczyńska,Poznań\nŚwiętosława,Gdańsk\n",
}


def decided(data: bytes):
    return propose_encoding(RawSample((data,), len(data)))


def test_ascii_is_read_as_utf_8():
    assert decided(b"a,b\n1,2\n").value == "utf-8"
    assert decided(b"a,b\n1,2\n").confidence >= SURE


def test_valid_utf_8_is_utf_8():
    found = decided(CHINESE.encode())
    assert (found.value, found.confidence >= 0.95) == ("utf-8", True)


@pytest.mark.parametrize(("codec", "name"), [("utf-8-sig", "utf-8"), ("utf-16", "utf-16-le")])
def test_a_byte_order_mark_decides(codec, name):
    found = decided(CHINESE.encode(codec))
    assert (found.value, found.confidence) == (name, 1.0)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_known_by_its_zero_bytes(encoding):
    assert decided(CHINESE.encode(encoding)).value == encoding
    assert decided(b"a,b\n1,2\n".decode().encode(encoding)).value == encoding


@pytest.mark.parametrize("encoding", TEXTS)
def test_text_is_read_in_the_encoding_it_was_written_in(encoding):
    text = TEXTS[encoding]
    found = decided(text.encode(encoding))
    assert text.encode(encoding).decode(found.value) == text
    assert 0.2 <= found.confidence < 0.96
    assert found.remark.zh


def test_what_needs_gb18030_is_not_called_gbk():
    assert decided((CHINESE + "61,𠮷田,东京,购买\n").encode("gb18030")).value == "gb18030"


def test_plenty_of_chinese_is_sure_and_few_signs_are_not():
    assert decided(CHINESE.encode("gbk")).confidence >= SURE
    assert decided("a,b\n1,é\n".encode("cp1252")).confidence < SURE


def test_the_next_best_encoding_and_the_second_opinion_are_named():
    remark = decided(FRENCH.encode("mac_roman")).remark.en
    assert "next: " in remark
    assert "charset-normalizer" in remark


def test_bytes_that_are_no_text_are_doubtful_and_said_so():
    found = decided(b"".join(b"a%cB\n" % byte for byte in range(128, 256)))
    assert found.confidence < DOUBTFUL


def test_letters_fit_their_neighbours_in_script_and_case():
    assert plausibility("Furnésh", "mac_roman") == 1.0
    assert plausibility("FurnŽsh", "cp1252") == 0.0
    assert plausibility("don’t", "cp1252") == 1.0
    assert plausibility("a\x81b", "latin-1") == 0.0
    assert plausibility("abc", "cp1252") == 0.0  # nothing to judge
