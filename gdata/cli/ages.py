"""When something was: the moment in the reader's own time zone, and how long ago that is."""

from __future__ import annotations

from datetime import UTC, datetime

from gdata.language import say, say_counted


def when(moment: datetime, now: datetime | None = None) -> str:
    """`2026-11-27 16:45 (3 hours ago)`."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M} ({age(moment, now)})"


def age(moment: datetime, now: datetime | None = None) -> str:
    """How long ago it was, in the largest unit that has one or more: `3 hours ago`; of clocks that differ, just now."""
    seconds = int(((now or datetime.now(UTC)) - moment).total_seconds())
    if seconds < 60:
        return say("just now")
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    if not hours:
        return say_counted("{count} minute ago", "{count} minutes ago", minutes)
    if not days:
        return say_counted("{count} hour ago", "{count} hours ago", hours)
    if days < 60:
        return say_counted("{count} day ago", "{count} days ago", days)
    if days < 730:
        return say_counted("{count} month ago", "{count} months ago", days // 30)
    return say_counted("{count} year ago", "{count} years ago", days // 365)
