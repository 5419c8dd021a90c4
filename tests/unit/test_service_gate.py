"""The gate of services, from values alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from migrator.model.database import ClientName
from migrator.model.report import Gate
from migrator.model.service import Service, ServiceState
from migrator.runner.service_gate import Need, SeenServices, questions, service_gate
from migrator.scripts.settings import Settings

EXPIRY = timedelta(seconds=60)
NEED = Need(what="contract c2", revisions=frozenset({"c2"}))
USUAL = Settings()
GONE = Settings(silent_services="gone")
durations = st.timedeltas(timedelta(), timedelta(hours=2))
services = st.builds(
    Service,
    name=st.sampled_from(["api", "worker"]),
    instance=st.text("abc", min_size=1, max_size=3),
    release=st.sampled_from(["2026.44", "2026.46", ""]),
    heads=st.sampled_from([(), ("c1",), ("c2",), ("unheard of",)]),
    revisions=st.sampled_from([frozenset[str](), frozenset({"c1"}), frozenset({"c1", "c2"})]),
    silence=durations,
    expiry=st.just(EXPIRY),
    asked=st.none() | durations,
    stopped=st.none() | durations,
)
everybody = st.lists(services, max_size=6, unique_by=lambda one: one.label)


def closure(heads: Iterable[str]) -> frozenset[str]:
    """c1 comes before c2; nothing else is known."""
    found = set(heads) & {"c1", "c2"}
    return frozenset(found | ({"c1"} if "c2" in found else set()))


def gate(seen: Iterable[Service], settings: Settings = USUAL, need: Need = NEED) -> Gate:
    return service_gate(SeenServices(services=tuple(seen)), need, settings, closure)


def contains(service: Service) -> bool:
    return "c2" in service.revisions or "c2" in service.heads


@given(everybody)
def test_it_is_open_just_when_all_that_have_not_stopped_contain_the_revision(seen: list[Service]) -> None:
    there = [one for one in seen if one.stopped is None]
    assert gate(seen).open == all(contains(one) for one in there)


@given(everybody)
def test_who_lives_and_is_not_ready_closes_it_whatever_the_settings(seen: list[Service]) -> None:
    living = {one.label for one in seen if one.state is ServiceState.LIVE and not contains(one)}
    named = {f"{one.name}/{one.instance}" for one in gate(seen, GONE).services}
    assert living <= named


@given(everybody)
def test_silence_counts_as_gone_only_after_a_question_that_stood_for_an_expiry(seen: list[Service]) -> None:
    named = {f"{one.name}/{one.instance}" for one in gate(seen, GONE).services}
    for one in seen:
        if one.state is ServiceState.SILENT and not contains(one):
            assert (one.label not in named) == (one.asked is not None and one.asked >= EXPIRY)


@given(everybody)
def test_only_the_silent_that_stand_in_the_way_are_asked_and_only_once(seen: list[Service]) -> None:
    asked = questions(SeenServices(services=tuple(seen)), NEED, GONE, closure)
    assert set(asked) == {
        one for one in seen if one.state is ServiceState.SILENT and not contains(one) and one.asked is None
    }
    assert questions(SeenServices(services=tuple(seen)), NEED, Settings(), closure) == ()


@given(everybody, st.timedeltas(timedelta(), timedelta(hours=1)))
def test_a_soak_time_counts_from_the_end_of_the_last_that_was_not_ready(seen: list[Service], soak: timedelta) -> None:
    stopped = [one for one in seen if one.stopped is not None]
    settings = Settings(soak=soak)
    young = [one for one in stopped if not contains(one) and (one.stopped or timedelta()) < soak]
    assert gate(stopped, settings).open == (not young)


def test_a_release_by_name_stands_instead_of_what_the_code_contains() -> None:
    need = Need(what="contract c2", revisions=frozenset({"c2"}), minimums={"api": "2026.46"})
    assert gate([Service(name="api", instance="1", release="2026.46")], need=need).open
    assert not gate([Service(name="api", instance="1", release="2026.5", heads=("c2",))], need=need).open
    assert not gate([], need=need).open


PATTERN = Settings(release_pattern=re.compile("^(?P<service>[a-z]+)-(?P<release>[0-9.]+)$"), release="2026.46")


def seen_sessions(*names: str, registered: Iterable[Service] = ()) -> Gate:
    sessions = tuple(ClientName(session=str(number), name=name) for number, name in enumerate(names))
    return service_gate(SeenServices(services=tuple(registered), sessions=sessions), NEED, PATTERN, closure)


def test_sessions_count_by_the_release_that_they_name() -> None:
    assert seen_sessions("psql", "migrator runner lock", "report-2026.46").open
    closed = seen_sessions("psql", "report-2026.45")
    assert [(one.name, one.instance, one.release) for one in closed.services] == [("report", "session 1", "2026.45")]


def test_a_session_is_as_ready_as_those_who_registered_with_its_release() -> None:
    old = Service(name="api", instance="1", release="2026.47", stopped=timedelta(hours=3))
    new = Service(name="api", instance="1", release="2026.47", heads=("c2",))
    assert not seen_sessions("api-2026.47", registered=[old]).open
    assert seen_sessions("api-2026.47", registered=[new]).open


def test_sessions_that_cannot_be_seen_close_it() -> None:
    seen = SeenServices(services=(), sessions=None)
    assert not service_gate(seen, NEED, PATTERN, closure).open
