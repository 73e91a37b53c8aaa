"""The encodings a source may declare, by what a scanner of bytes may rely on."""

from __future__ import annotations

#: Supersets of ASCII: quotes, delimiters and line ends are the bytes they are in ASCII.
SINGLE_BYTE = (
    "ascii", "latin-1", "iso8859-2", "iso8859-5", "iso8859-7", "iso8859-9", "iso8859-15",
    "cp437", "cp850", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1257", "koi8-r",
    "mac_roman",
)  # fmt: skip
#: The second byte of a character may be anything from @ to ~: none of these may be a mark.
DOUBLE_BYTE = (
    "gbk",
    "gb18030",
    "gb2312",
    "big5",
    "cp932",
    "shift_jis",
    "cp949",
    "euc_kr",
    "euc_jp",
)
UTF16 = ("utf-16", "utf-16-le", "utf-16-be")
ENCODINGS = ("utf-8", *UTF16, *DOUBLE_BYTE, *SINGLE_BYTE)
