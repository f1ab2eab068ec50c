"""Points in time and lengths of time: date cells, ISO 8601, `1h30m`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from gdata import kinds
from gdata.language import Sentence, sentence
from gdata.problems import Kind
from gdata.sources.grid import SERIAL_EPOCH, CellValue, DateCell

SecondsAndNanos = dict[str, int]
"""A Timestamp or Duration as protobuf takes it: {"seconds": …, "nanos": …}."""

_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MARCH_1900 = 61
"""From here on all count alike: before it, Excel's serials are one less than Google's and LibreOffice's."""
_MAX_SERIAL = 2_958_465.999_999_99  # 9999-12-31, the last day that spreadsheets and Timestamps know
_ISO = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3}0*)?)?)\s?([Zz]|[+-]\d{2}:?\d{2})?)?", re.ASCII
)
_UNITS = {"d": Decimal(86_400), "h": Decimal(3_600), "m": Decimal(60), "s": Decimal(1), "ms": Decimal("0.001")}
_PARTS = re.compile(
    r"([+-]?)\s*(?=\d)(?:(\d+(?:\.\d+)?)d)?\s*(?:(\d+(?:\.\d+)?)h)?\s*(?:(\d+(?:\.\d+)?)m(?!s))?\s*"
    r"(?:(\d+(?:\.\d+)?)s)?\s*(?:(\d+(?:\.\d+)?)ms)?",
    re.ASCII,
)
_CLOCK = re.compile(r"([+-]?)(\d+):([0-5]\d):([0-5]\d(?:\.\d+)?)", re.ASCII)
_BARE_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?", re.ASCII)
_UNIT_WORDS = (
    (re.compile(r"\s*(밀리초|msecs?|milliseconds?)"), "ms"),
    (re.compile(r"\s*(초|secs?|seconds?|秒)"), "s"),
    (re.compile(r"\s*(분|mins?|minutes?|分)"), "m"),
    (re.compile(r"\s*(시간|hrs?|hours?|時間)"), "h"),
    (re.compile(r"\s*(일|days?|日)"), "d"),
)
_LONGEST_CLOCK = 3_660  # days; a later date cell is a day of the calendar, not a length of time
_FIRST_OF_1904 = 1_462
"""Where a workbook counts from 1904, 30 hours in a cell whose format is a date's are 1904-01-02 06:00."""
_DATE_NUMBERS = re.compile(r"\d+", re.ASCII)
_MAX_DURATION = 315_576_000_000  # seconds, from google/protobuf/duration.proto


def read_timestamp(cell: DateCell | str, timezone: ZoneInfo) -> tuple[SecondsAndNanos, Kind | None]:
    """The instant that a date cell or an ISO 8601 text means, or which kind of problem it is.

    Without an offset the cell is local time in `timezone`.
    """
    try:
        moment = _moment(cell)
        if moment is None:
            return {}, kinds.CELL_NOT_TIME
        return (_since_epoch(moment), None) if moment.tzinfo is not None else _from_local(moment, timezone)
    except (ValueError, OverflowError):
        return {}, kinds.CELL_NOT_TIME


def _moment(cell: DateCell | str) -> datetime | None:
    """What is written, with an offset if there is one; None where it is no date and time."""
    if isinstance(cell, DateCell):
        if not 1 <= cell.serial <= _MAX_SERIAL:
            return None
        if cell.serial < MARCH_1900 and _ISO.fullmatch(cell.text):
            return datetime.fromisoformat(cell.text)
        return SERIAL_EPOCH + timedelta(milliseconds=round(cell.serial * 86_400_000))
    found = _ISO.fullmatch(cell.strip())
    if found is None:
        return None
    date, time, offset = found[1], found[2] or "00:00", found[3] or ""
    return datetime.fromisoformat(f"{date}T{time}{offset.upper()}")


def both_readings(cell: DateCell | str, timezone: ZoneInfo) -> tuple[str, str]:
    """A local time that the clock skips or has twice, as the two instants that may be meant, each with its offset."""
    moment = _moment(cell)
    assert moment is not None
    readings = (moment.replace(tzinfo=timezone, fold=fold).astimezone(UTC).astimezone(timezone) for fold in (0, 1))
    first, second = sorted(readings, key=datetime.timestamp)
    return first.isoformat(), second.isoformat()


_TIME_FORM = sentence("write it as 2026-12-31 18:00:00")
_DAYS = re.compile(r"\d{5}(\.\d+)?", re.ASCII)
_THIS_CENTURY = range(36_526, 73_051)
LENGTH_FORM = sentence("write it as 90s, 1h30m or 1:30:00")


def suggested_timestamp(text: str) -> Sentence:
    """What to write in place of a text that is no date: the same one as ISO 8601, where it can be told."""
    if _DAYS.fullmatch(text) and int(float(text)) in _THIS_CENTURY:
        moment = SERIAL_EPOCH + timedelta(seconds=round(float(text) * 86_400))
        return sentence("the cell lost its format, and its number is {moment}: format it as a date", moment=moment)
    numbers = [int(one) for one in _DATE_NUMBERS.findall(text[:80])[:6]]
    if len(numbers) == 1 and 19_000_101 <= numbers[0] <= 99_991_231:
        numbers = [numbers[0] // 10_000, numbers[0] // 100 % 100, numbers[0] % 100]
    if len(numbers) < 3 or not 1900 <= numbers[0] <= 9999:
        return _TIME_FORM
    is_afternoon = len(numbers) > 3 and numbers[3] < 12 and re.search(r"오후|pm\b|午後", text, re.IGNORECASE)
    try:
        day = datetime(*numbers[:3])  # type: ignore[arg-type]
        hours, minutes, seconds = (*numbers[3:], 0, 0, 0)[:3]
        moment = day + timedelta(hours=hours + (12 if is_afternoon else 0), minutes=minutes, seconds=seconds)
    except (ValueError, OverflowError):
        return sentence("there is no such day; write it as 2026-12-31 18:00:00")
    is_clock = hours <= 24 and minutes < 60 and seconds < 60
    return sentence("write {corrected}", corrected=moment) if is_clock else _TIME_FORM


def _from_local(moment: datetime, timezone: ZoneInfo) -> tuple[SecondsAndNanos, Kind | None]:
    early = moment.replace(tzinfo=timezone, fold=0)
    late = moment.replace(tzinfo=timezone, fold=1)
    if early.utcoffset() != late.utcoffset():
        exists = early.astimezone(UTC).astimezone(timezone).replace(tzinfo=None) == moment
        return {}, kinds.CELL_TIME_AMBIGUOUS if exists else kinds.CELL_TIME_MISSING
    return _since_epoch(early), None


def _since_epoch(moment: datetime) -> SecondsAndNanos:
    delta = moment.astimezone(UTC) - _UNIX_EPOCH
    return {"seconds": delta.days * 86_400 + delta.seconds, "nanos": delta.microseconds * 1_000}


def read_duration(cell: CellValue, unit: str) -> tuple[SecondsAndNanos | None, Sentence | None]:
    """The length of time that a cell means, or None and what to write instead."""
    if isinstance(cell, DateCell):
        is_day = cell.serial >= _FIRST_OF_1904 and _ISO.fullmatch(cell.text)
        if is_day or not cell.serial <= _LONGEST_CLOCK:
            return None, sentence("write the length of time alone, without a date: 1:30:00")
        return _duration(Decimal(round(cell.serial * 86_400_000)) / 1000)
    if isinstance(cell, (int, float)):
        if not unit:
            return None, sentence("write its unit: {number}s, {number}m or {number}h", number=f"{cell:g}")
        return _duration(Decimal(repr(cell)) * _UNITS[unit])
    text = str(cell).strip()
    clock = _CLOCK.fullmatch(text)
    if clock is not None:
        seconds = int(clock[2]) * 3_600 + int(clock[3]) * 60 + Decimal(clock[4])
        return _duration(-seconds if clock[1] == "-" else seconds)
    parts = _PARTS.fullmatch(text)
    if parts is not None:
        seconds = sum(
            (Decimal(n) * size for n, size in zip(parts.groups()[1:], _UNITS.values(), strict=True) if n), Decimal(0)
        )
        return _duration(-seconds if parts[1] == "-" else seconds)
    if not _BARE_NUMBER.fullmatch(text):
        plain = _with_short_units(text)
        is_length = plain != text and _PARTS.fullmatch(plain)
        return None, sentence("write {corrected}", corrected=plain) if is_length else LENGTH_FORM
    # CSV has no number cells: a bare number in it is what a number cell is elsewhere.
    return read_duration(float(text), unit)


def _with_short_units(text: str) -> str:
    """The text with each unit's word as its letter: 10초 → 10s."""
    for words, unit in _UNIT_WORDS:
        text = words.sub(unit, text)
    return text


def _duration(seconds: Decimal) -> tuple[SecondsAndNanos | None, Sentence | None]:
    if not abs(seconds) <= _MAX_DURATION:
        return None, sentence("write a length of at most 10,000 years")
    nanos = int((seconds * 1_000_000_000).to_integral_value())
    # Both parts have the sign of the whole, as duration.proto asks.
    whole, rest = divmod(abs(nanos), 1_000_000_000)
    sign = -1 if nanos < 0 else 1
    return {"seconds": sign * whole, "nanos": sign * rest}, None
