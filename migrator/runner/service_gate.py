"""The gate of services, as a pure function of what was seen: who lives, what they run, and what they must be ready for.

No answer is no: who can't be judged isn't ready.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from migrator.model.database import ClientName
from migrator.model.report import Gate, UnreadyService
from migrator.model.service import Service, ServiceState
from migrator.scripts.settings import Settings
from migrator.services.releases import at_least

Closure = Callable[[Iterable[str]], frozenset[str]]


@dataclass(frozen=True, kw_only=True)
class Need:
    """What a service must be ready for.

    Attributes:
        what: for messages: ``contract a90c``.
        revisions: those that its code must contain; empty where ``minimums`` say it all.
        minimums: service name → the oldest release that will do, instead of ``revisions``.
    """

    what: str
    revisions: frozenset[str] = frozenset()
    minimums: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SeenServices:
    """What the database says of its clients now.

    Attributes:
        services: the registry.
        sessions: what sessions call themselves; None where a ``release_pattern`` asks for them and the server doesn't
            show them, empty without a pattern.
    """

    services: tuple[Service, ...]
    sessions: tuple[ClientName, ...] | None = ()


def service_gate(seen: SeenServices, need: Need, settings: Settings, closure: Closure) -> Gate:
    """Open when everybody who lives, or may live, is ready for what comes.

    Args:
        closure: heads → those revisions of these scripts that they stand for.
    """
    judged = _Judged(seen=seen, need=need, settings=settings, closure=closure)
    unready = tuple(judged.unready())
    if not unready:
        return Gate(name="services", open=True, why=_green(seen))
    silent = [one for one in unready if one.instance and one.state == ServiceState.SILENT]
    count = f"{len(unready)} service{' is' if len(unready) == 1 else 's are'}"
    return Gate(
        name="services",
        open=False,
        why=f"{count} not ready for {need.what}",
        remedy=f"migrator services forget {silent[0].name}/{silent[0].instance}"
        if len(silent) == len(unready) and settings.silent_services == "block"
        else "migrator services list",
        services=unready,
    )


def questions(seen: SeenServices, need: Need, settings: Settings, closure: Closure) -> tuple[Service, ...]:
    """The silent services that would count as gone if they left a question unanswered, and weren't asked yet."""
    if settings.silent_services != "gone":
        return ()
    judged = _Judged(seen=seen, need=need, settings=settings, closure=closure)
    return tuple(
        one
        for one in seen.services
        if one.state is ServiceState.SILENT and one.asked is None and not judged.is_ready(one)
    )


@dataclass(frozen=True, kw_only=True)
class _Judged:
    seen: SeenServices
    need: Need
    settings: Settings
    closure: Closure

    def unready(self) -> Iterator[UnreadyService]:
        for service in self.seen.services:
            why = "" if self.is_ready(service) else self._why(service)
            if why:
                yield UnreadyService(
                    name=service.name,
                    instance=service.instance,
                    release=service.release,
                    last_seen=service.silence,
                    state=service.state.value,
                    why=why,
                )
        known = {service.name for service in self.seen.services}
        for name in dict.fromkeys((*self.settings.services, *self.need.minimums)):
            if name not in known:
                yield UnreadyService(name=name, why="it is expected and has never registered")
        yield from self._sessions()

    def is_ready(self, service: Service) -> bool:
        minimum = self.need.minimums.get(service.name)
        if minimum is not None:
            return at_least(service.release, minimum) is True
        return self.need.revisions <= service.revisions | self.closure(service.heads)

    def _why(self, service: Service) -> str:
        """Why a service that isn't ready still counts; empty when it is gone for good."""
        lacks = self._lacks(service.name, service.release)
        if service.state is ServiceState.LIVE:
            return lacks
        if service.state is ServiceState.STOPPED:
            return self._soaking(service.stopped or timedelta(), "it stopped")
        if self.settings.silent_services == "block":
            return f"{lacks}; it is silent, which is no proof that it is gone"
        if service.asked is None:
            return f"{lacks}; it was asked for a sign of life now, and counts as gone after {_words(service.expiry)}"
        if service.asked < service.expiry:
            rest = service.expiry - service.asked
            return f"{lacks}; it was asked for a sign of life, and counts as gone in {_words(rest)}"
        return self._soaking(service.silence, "it fell silent")

    def _soaking(self, gone: timedelta, how: str) -> str:
        if gone >= self.settings.soak:
            return ""
        return f"{how} {_words(gone)} ago; the soak time is {_words(self.settings.soak)}"

    def _lacks(self, name: str, release: str) -> str:
        minimum = self.need.minimums.get(name)
        if minimum is None:
            missing = ", ".join(sorted(self.need.revisions))
            return f"its release doesn't contain {missing}"
        if at_least(release, minimum) is None:
            return f"it needs release {minimum} or newer, and {release or 'no release'} can't be compared with that"
        return f"it needs release {minimum} or newer"

    def _sessions(self) -> Iterator[UnreadyService]:
        pattern = self.settings.release_pattern
        if pattern is None:
            return
        if self.seen.sessions is None:
            why = "release_pattern is set, but this server doesn't show this role what sessions call themselves"
            yield UnreadyService(name="sessions", why=why)
            return
        for session in self.seen.sessions:
            found = pattern.search(session.name)
            if found is None:
                continue
            name = found.groupdict().get("service") or ""
            release = found["release"] or ""
            if not self._session_ready(name, release):
                yield UnreadyService(
                    name=name or session.name,
                    instance=f"session {session.session}",
                    release=release,
                    last_seen=timedelta(),
                    state=ServiceState.LIVE.value,
                    why=self._lacks(name, release),
                )

    def _session_ready(self, name: str, release: str) -> bool:
        """By its minimum; else as those are ready who registered with the same release, or as we are."""
        if name in self.need.minimums:
            return at_least(release, self.need.minimums[name]) is True
        alike = [one for one in self.seen.services if one.release == release and (not name or one.name == name)]
        if alike:
            return all(self.is_ready(one) for one in alike)
        return bool(release) and release == self.settings.release


def _green(seen: SeenServices) -> str:
    live = sum(one.state is not ServiceState.STOPPED for one in seen.services)
    if not seen.services:
        return "no service has ever registered"
    return f"all of {live} registered service{'' if live == 1 else 's'} are ready" if live else "no service runs"


def _words(duration: timedelta) -> str:
    seconds = max(0, round(duration.total_seconds()))
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
