"""Times of the day: ``22:00-06:00 Europe/Berlin``, several with commas."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from migrator.errors import ConfigurationError

_FORM = re.compile(r"(?P<spans>[\d:\s,-]+?)(?:\s+(?P<zone>[A-Za-z][\w+/-]*))?")
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_MINUTE = timedelta(minutes=1)
_LONGEST = timedelta(days=2)


@dataclass(frozen=True, kw_only=True)
class Windows:
    """Spans of wall-clock time in one zone; a span whose end isn't after its begin goes over midnight.

    By the wall clock: where the hour from 2 to 3 comes twice a window in it is open twice, where it is left out the
    window isn't open that day.
    """

    text: str
    spans: tuple[tuple[time, time], ...]
    zone: tzinfo

    def is_open(self, now: datetime) -> bool:
        """Whether ``now`` (with a zone) is in one of them; the end isn't."""
        wall = now.astimezone(self.zone).time()
        return any(begin <= wall < end if begin < end else (wall >= begin or wall < end) for begin, end in self.spans)

    def opens_in(self, now: datetime) -> timedelta:
        """How long until one is open, to the minute; zero while one is."""
        moment = now.astimezone(UTC)
        if self.is_open(moment):
            return timedelta()
        moment = moment.replace(second=0, microsecond=0) + _MINUTE
        while not self.is_open(moment) and moment - now < _LONGEST:
            moment += _MINUTE
        return moment - now


def parse_windows(text: str, origin: str) -> Windows:
    """Read windows; without a zone they are UTC.

    Args:
        origin: what holds the text, for the message.

    Raises:
        ConfigurationError: it can't be read, or there is no such zone.
    """
    form = _FORM.fullmatch(text.strip())
    parts = [_SPAN.fullmatch(part.strip()) for part in form["spans"].split(",")] if form else []
    spans = tuple(_span(part) for part in parts if part is not None)
    if form is None or len(spans) != len(parts) or any(one is None for one in spans):
        raise ConfigurationError(
            f"{origin} can't be read as times of the day", remedy='write for example "22:00-06:00 Europe/Berlin"'
        )
    return Windows(text=text.strip(), spans=tuple(one for one in spans if one), zone=_zone(form["zone"], origin))


def _span(found: re.Match[str]) -> tuple[time, time] | None:
    hours, minutes = (int(found[1]), int(found[3])), (int(found[2]), int(found[4]))
    begin, end = zip(hours, minutes, strict=True)
    if begin[0] > 23 or end[0] > 24 or max(minutes) > 59 or (end[0] == 24 and end[1]):
        return None
    return time(*begin), time(end[0] % 24, end[1])


def _zone(name: str | None, origin: str) -> tzinfo:
    if name is None or name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigurationError(
            f"{origin} names the time zone {name!r}, which this machine doesn't know",
            remedy="check its name (Europe/Berlin), or install the time zones: pip install tzdata",
        ) from None
