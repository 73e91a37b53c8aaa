"""Cleaning that keeps the meaning: markup becomes its text, invisible signs go, words stay.

Whatever a text says, to a person, a program or a language model, stays a text: nothing of it is
ever executed, followed or formatted.
"""

from __future__ import annotations

import html
import re

#: Longer texts are cut: what a customer wants stands before.
CHARACTERS_AT_MOST = 20_000
TAG = re.compile(r"<(?:/?[a-zA-Z]|!--|!doctype)", re.IGNORECASE)
UNSEEN_TAGS = ("script", "style", "template", "head", "noscript")
#: What starts a new line when a browser shows it.
BLOCK_TAGS = ("br", "p", "div", "li", "tr", "h1", "h2", "h3", "blockquote")
ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")
#: Control characters, zero-width signs, byte order marks and signs that turn the direction of
#: writing; the joiner inside an emoji (U+200D) stays.
INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2064"
    "\u2066-\u2069\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
BLANKS = re.compile(r"[^\S\n]+")
LINES = re.compile(r" ?\n[ \n]*")
#: What follows the question mark of an address may name a person or open a door.
URL_QUERY = re.compile(r"(https?://[^\s?#<>\"']+)[?#][^\s<>\"']*")
ENDINGS = re.compile(r"(?<=[。！？!?…])(?![。！？!?…”\"'）)])|(?<=[.;])\s+|\n")


def cleaned(text: str) -> str:
    r"""Return a text without markup and invisible signs, blanks and lines collapsed.

    Letters, digits, punctuation, emoji and negations stay as they were written.

    Examples
    --------
    >>> cleaned("<p>Not&nbsp;good<br>at all &amp; late</p><script>alert(1)</script>")
    'Not good\nat all & late'
    >>> cleaned("I <3 it,  really\u200b 👍")
    'I <3 it, really 👍'
    >>> cleaned("see https://shop.example/a?token=abc now")
    'see https://shop.example/a now'
    """
    text = text[:CHARACTERS_AT_MOST]
    if TAG.search(text):
        text = _seen(text)
    elif ENTITY.search(text):
        text = html.unescape(text)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = INVISIBLE.sub("", text)
    if "://" in text:
        text = URL_QUERY.sub(r"\1", text)
    return LINES.sub("\n", BLANKS.sub(" ", text)).strip()


def _seen(markup: str) -> str:
    """Return what a browser would show of a text with tags."""
    import warnings

    from bs4 import BeautifulSoup, MarkupResemblesLocatorWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MarkupResemblesLocatorWarning)
        soup = BeautifulSoup(markup, "html.parser")
    for tag in soup(UNSEEN_TAGS):
        tag.decompose()
    for tag in soup(BLOCK_TAGS):
        tag.insert_before("\n")
    return str(soup.get_text())


def sentences(text: str) -> list[str]:
    """Return the sentences of a cleaned text, in order: each stands in the text as it is.

    >>> sentences("你好！订单123没到。很生气!! OK? Yes. Fine")
    ['你好！', '订单123没到。', '很生气!!', 'OK?', 'Yes.', 'Fine']
    """
    return [part.strip() for part in ENDINGS.split(text) if part and part.strip()]
