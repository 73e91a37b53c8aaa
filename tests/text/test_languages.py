"""Two languages are read, eight others are told apart from them, and no text is left out."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tasks.planted import phrases
from crm_tasks.text.languages import language_codes

KNOWN_AT_LEAST = OTHER_AT_LEAST = 0.95
#: Sentences of eight other languages beside the planted ones.
OTHERS = (
    "Pouvez-vous me dire quand le colis arrivera ?", "Très déçu de la qualité du produit.",
    "Ich möchte mein Geld zurück, die Ware ist beschädigt.", "Vielen Dank für die schnelle Hilfe!",
    "Me gustaría cambiar la talla del vestido.", "El envío llegó tarde y sin aviso.",
    "O atendimento foi excelente, muito obrigado.", "Onde posso ver o estado da encomenda?",
    "Очень доволен покупкой, спасибо.", "Когда вернут деньги за заказ?",
    "とても良い商品でした。", "返金はいつになりますか。", "배송이 너무 늦어요.", "정말 만족합니다.",
    "المنتج ممتاز وشكرا لكم", "متى سيصل الطلب؟",
)  # fmt: skip


def planted(language):
    """Return every planted sentence of a language the product reads."""
    told = [
        sentence.format(p="music set" if language == "en" else "音乐用品", o="123456")
        for both in phrases.BY_LANGUAGE[language].values()
        for sentence in (*both.train, *both.test)
    ]
    reviews = (v for (code, _), v in phrases.REVIEWS.items() if code == language)
    return [*told, *(text for texts in reviews for text in texts), phrases.REPLIES[language]]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_the_product_reads_is_known(language):
    texts = planted(language)
    assert len(texts) > 70
    assert Counter(language_codes(texts))[language] / len(texts) >= KNOWN_AT_LEAST


def test_eight_other_languages_are_other_or_und():
    given_texts = [t.format(o="12") for texts in phrases.OTHER_LANGUAGES.values() for t in texts]
    assert len(phrases.OTHER_LANGUAGES) == 8
    codes = language_codes([*given_texts, *OTHERS])
    told = Counter(code in ("other", "und") for code in codes)
    assert told[True] / len(codes) >= OTHER_AT_LEAST, codes


@pytest.mark.parametrize(
    "text", ["", " ", "12345", "👍👍", "?!", "[phone]", "https://shop.example"]
)
def test_what_does_not_tell_is_und(text):
    assert language_codes([text]) == ["und"]


def test_the_language_most_of_a_mixed_text_is_in_holds():
    mixed = ["我买的 iPhone case 坏了，怎么退货", "The 红包 coupon does not work, why is that so?"]
    assert language_codes(mixed) == ["zh", "en"]


def test_mail_addresses_and_masks_are_no_words():
    assert language_codes(["请回复到anna.smith@example.org谢谢", "[name] [address]"]) == [
        "zh",
        "und",
    ]


@given(st.lists(st.text(max_size=12), max_size=5))
def test_no_text_is_left_out(texts):
    codes = language_codes(texts)
    assert len(codes) == len(texts)
    assert set(codes) <= {"zh", "en", "other", "und"}
