"""A sample is cut so that no character, no line and no unit of UTF-16 is torn."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crm_tasks.profiling.samples import RawSample, whole_lines

TEXT = "客户,金额\n" + "".join(f"顾客{n},{n}.50\n" for n in range(400))


def sampled(data: bytes, size: int) -> RawSample:
    """Return beginning, middle and end as a reader cuts them: anywhere."""
    middle = len(data) // 2
    return RawSample((data[:size], data[middle : middle + size], data[-size:]), len(data))


def test_a_file_in_one_part_is_whole_and_loses_nothing():
    sample = RawSample((TEXT.encode(),), len(TEXT.encode()))
    assert sample.is_whole
    assert whole_lines(sample) == (TEXT.encode(),)


def test_the_byte_order_mark_is_no_text():
    sample = RawSample((b"\xef\xbb\xbfa,b\n1,2\n",), 11)
    assert sample.mark == b"\xef\xbb\xbf"
    assert whole_lines(sample) == (b"a,b\n1,2\n",)


@given(st.sampled_from(["utf-8", "gb18030", "gbk", "big5"]), st.integers(60, 900))
def test_every_part_is_whole_lines_of_the_file(encoding, size):
    text = TEXT.encode(encoding, "ignore").decode(encoding)
    lines = set(text.splitlines(keepends=True))
    sample = sampled(text.encode(encoding), size)
    for part in whole_lines(sample):
        assert set(part.decode(encoding).splitlines(keepends=True)) <= lines


@given(st.sampled_from(["utf-16-le", "utf-16-be"]), st.integers(30, 400))
def test_units_of_utf_16_stay_together(encoding, half):
    data = TEXT.encode(encoding)
    middle = len(data) // 2 & ~1
    sample = RawSample(
        (data[: 2 * half], data[middle : middle + 2 * half], data[-2 * half :]), len(data)
    )
    parts = whole_lines(sample, "\n".encode(encoding))
    assert parts
    assert set("".join(part.decode(encoding) for part in parts).splitlines()) <= set(
        TEXT.splitlines()
    )


def test_lines_may_end_in_carriage_returns_alone():
    data = TEXT.replace("\n", "\r").encode()
    assert all(part.endswith(b"\r") for part in whole_lines(sampled(data, 500)))


def test_a_line_longer_than_the_part_is_kept_rather_than_nothing():
    assert whole_lines(RawSample((b"no line end here", b"nor here"), 900)) == (b"no line end here",)
