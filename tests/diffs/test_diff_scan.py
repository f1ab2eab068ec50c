import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gdata.diffs.rows import NotAligned, scan
from gdata.diffs.rows import _varint as varint

row = st.tuples(st.sampled_from(b"ab"), st.sampled_from([0, 1, 5, 127, 128, 300, 16383, 16384, 70000])).map(
    lambda one: bytes([one[0]]) * one[1]
)
small = st.binary(max_size=3)


def table(rows: list[bytes], number: int = 1) -> bytes:
    return b"".join(bytes([number << 3 | 2]) + varint(len(row)) + row for row in rows)


@settings(max_examples=300)
@given(st.lists(row | small, max_size=200), st.data())
def test_a_scan_finds_what_cutting_finds(old: list[bytes], data: st.DataObject) -> None:
    new = list(old)
    for at in data.draw(st.lists(st.integers(0, 210), max_size=6)):
        what = data.draw(st.sampled_from(["change", "insert", "remove"]))
        if what == "insert":
            new.insert(at, data.draw(row | small))
        elif at < len(new):
            new[at : at + 1] = [data.draw(row | small)] if what == "change" else []
    found = scan(table(old), table(new), 1)
    shorter = min(len(old), len(new))
    assert (len(found.old), len(found.new)) == (len(old), len(new))
    assert found.odd == [at for at in range(shorter) if old[at] != new[at]]
    for rows, given_rows in ((found.old, old), (found.new, new)):
        for at in (*found.odd, *range(shorter, len(given_rows))):
            assert rows[at] == given_rows[at]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\x0a\x05abc", table([b"abc"])),
        (table([b"abc"]), b"\x0a\x05abc"),
        (table([b"abc"]), table([b"abc"]) + b"\x12\x00"),
        (table([b"abc"]) + b"\x0a", table([b"abc"])),
        (table([b"abc"]), table([b"abx"]) + b"\x0a\xff\xff\xff\xff\xff\x01"),
        (table([b"abc"], 2), table([b"abd"], 2)),
        (table([str(n).encode() for n in range(9000)]), table([str(n + 1).encode() for n in range(9000)])),
        (table([b"x"]), table([b"x"] * 9000)),
    ],
)
def test_what_is_no_plain_run_of_rows_or_differs_in_most_is_left_to_others(old: bytes, new: bytes) -> None:
    with pytest.raises(NotAligned):
        scan(old, new, 1)
    with pytest.raises(NotAligned):
        scan(b"", b"", 16)
