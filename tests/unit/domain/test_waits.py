"""Bodies of every vendor, shuffled and doubled, tell the same intervals."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.waits import FactKind, SystemEvent, WaitStatus, interval_of
from bot.evidence.contract import SystemSettings, UnreadableEvent, WebhookDelivery
from bot.evidence.registry import adapter_of, all_adapters
from tests.integration.evidence.payloads import BEGIN, VENDORS, after, signed


def read(name, headers, body):
    delivery = WebhookDelivery(headers, json.dumps(body).encode(), BEGIN)
    return adapter_of(name).read(delivery, SystemSettings())


def two_hundred(name):
    """Return 200 and more deliveries of a vendor: many waits, of other lengths."""
    found = []
    number = 0
    while len(found) < 200:
        wait = VENDORS[name](number + 100, days=5 + 3.5 * (number % 9))
        found += [(wait, headers, body) for headers, body in wait.deliveries]
        number += 1
    return found


@pytest.mark.parametrize("name", VENDORS)
def test_a_vendors_deliveries_tell_the_wait(name):
    wait = VENDORS[name]()
    facts = [f for h, b in wait.deliveries for f in read(name, h, b) if f.subject == wait.subject]
    interval = interval_of(facts)
    assert interval is not None
    assert interval.opened_at == BEGIN
    assert interval.ended_at == after(wait.days)
    assert interval.standing == wait.standing
    assert interval.state == wait.state
    assert interval.assignee == wait.assignee


@pytest.mark.parametrize("name", VENDORS)
@settings(max_examples=5)
@given(chance=st.randoms(use_true_random=False))
def test_200_bodies_shuffled_and_doubled_tell_the_same_intervals(name, chance):
    bodies = two_hundred(name)
    wanted = {(wait.adapter, wait.subject): wait.days for wait, _, _ in bodies}
    mixed = [*bodies, *chance.sample(bodies, len(bodies) // 2)]
    chance.shuffle(mixed)
    told = {}
    for wait, headers, body in mixed:
        for fact in read(wait.adapter, headers, body):
            told.setdefault((wait.adapter, fact.subject), []).append(fact)
    for subject, days in wanted.items():
        interval = interval_of(told[subject])
        assert interval.opened_at == BEGIN
        assert interval.ended_at == after(days), subject


@given(st.data())
def test_a_wait_is_the_same_in_any_order_and_however_often_told(data):
    kinds = st.sampled_from([FactKind.OPENED, FactKind.STATE, FactKind.ASSIGNED, FactKind.APPROVED])
    standing = st.sampled_from([None, *WaitStatus])
    fact = st.builds(
        lambda kind, hours, value, how: SystemEvent(
            "K-1", kind, BEGIN + timedelta(hours=hours), value, how
        ),
        *(kinds, st.integers(0, 30), st.sampled_from(["a", "b", ""]), standing),
    )
    facts = data.draw(st.lists(fact, min_size=1, max_size=12))
    shuffled = data.draw(st.permutations([*facts, *facts[:3]]))
    assert interval_of(shuffled) == interval_of(facts)


def test_a_reopened_ticket_waits_from_its_first_day():
    facts = [
        SystemEvent("K-1", FactKind.OPENED, BEGIN, "", WaitStatus.WAITING),
        SystemEvent("K-1", FactKind.STATE, after(2), "Done", WaitStatus.DONE),
        SystemEvent("K-1", FactKind.STATE, after(3), "Reopened", WaitStatus.WAITING),
    ]
    assert interval_of(facts).ended_at is None
    ended = interval_of(
        [*facts, SystemEvent("K-1", FactKind.STATE, after(8), "Done", WaitStatus.DONE)]
    )
    assert (ended.opened_at, ended.ended_at) == (BEGIN, after(8))


def test_closed_after_resolved_ended_with_resolved():
    facts = [
        SystemEvent("K-1", FactKind.OPENED, BEGIN, "", WaitStatus.WAITING),
        SystemEvent("K-1", FactKind.STATE, after(4), "Resolved", WaitStatus.DONE),
        SystemEvent("K-1", FactKind.STATE, after(11), "Closed", WaitStatus.DONE),
    ]
    assert interval_of(facts).ended_at == after(4)


@pytest.mark.parametrize("name", VENDORS)
def test_a_signature_counts_for_its_body_and_its_secret_only(name):
    adapter, wait = adapter_of(name), VENDORS[name]()
    headers, raw = signed(name, *wait.deliveries[0], "s3cret", BEGIN)
    assert adapter.verify("s3cret", WebhookDelivery(headers, raw, BEGIN))
    assert not adapter.verify("another", WebhookDelivery(headers, raw, BEGIN))
    bare = {
        key: value for key, value in headers.items() if key.startswith(("content", "x-github-e"))
    }
    assert not adapter.verify("s3cret", WebhookDelivery(bare, raw, BEGIN))
    signs_the_body = name not in ("gitlab", "azure_devops", "servicenow")
    changed = raw.replace(b"a", b"b", 1)
    assert adapter.verify("s3cret", WebhookDelivery(headers, changed, BEGIN)) is not signs_the_body


@pytest.mark.parametrize("name", ["linear", "generic"])
def test_a_signature_with_its_own_time_is_no_use_later(name):
    adapter, wait = adapter_of(name), VENDORS[name]()
    headers, raw = signed(name, *wait.deliveries[0], "s3cret", BEGIN)
    late = BEGIN + timedelta(minutes=6)
    assert not adapter.verify("s3cret", WebhookDelivery(headers, raw, late))


@pytest.mark.parametrize("name", VENDORS)
@pytest.mark.parametrize("body", [b"", b"[]", b"nonsense", b"[" * 5000])
def test_a_body_that_is_no_object_is_refused(name, body):
    headers = {"x-github-event": "pull_request"}
    with pytest.raises(UnreadableEvent):
        adapter_of(name).read(WebhookDelivery(headers, body, BEGIN), SystemSettings())


@pytest.mark.parametrize("name", VENDORS)
@given(data=st.data())
def test_a_body_with_anything_missing_or_odd_is_read_or_refused(name, data):
    wait = VENDORS[name]()
    headers, body = data.draw(st.sampled_from(wait.deliveries))
    odd = json.loads(json.dumps(body))
    place = odd
    for _ in range(data.draw(st.integers(0, 4))):
        inner = [key for key, value in place.items() if isinstance(value, dict)]
        if not inner:
            break
        place = place[data.draw(st.sampled_from(inner))]
    if place:
        key = data.draw(st.sampled_from(sorted(place)))
        place[key] = data.draw(st.sampled_from([None, "", 7, True, [], {}, "x" * 3000, -1, [None]]))
    try:
        facts = read(name, headers, odd)
    except UnreadableEvent:
        return
    for fact in facts:
        assert fact.subject
        assert fact.at.tzinfo is not None
        assert isinstance(fact.value, str)
        assert isinstance(fact.title, str)


@pytest.mark.parametrize(
    ("name", "text", "keys"),
    [
        (
            "jira",
            "Waits for SEC-114 and https://acme.atlassian.net/browse/DATA-7?x=1",
            ["DATA-7", "SEC-114"],
        ),
        ("jira", "please see sec-114", ["SEC-114"]),
        ("jira", "GDPR article 6, 2-6 weeks, e-mail to B2B", []),
        ("github", "acme/shop#12 is not merged", ["acme/shop#12"]),
        ("github", "https://github.com/acme/shop/pull/12/files", ["acme/shop#12"]),
        ("github", "https://github.com/acme/shop/actions/runs/99", ["acme/shop run 99"]),
        ("gitlab", "https://gitlab.com/acme/data/shop/-/merge_requests/7", ["acme/data/shop!7"]),
        ("azure_devops", "AB#5 is open", ["AB#5"]),
        ("azure_devops", "https://dev.azure.com/acme/web/_workitems/edit/5", ["AB#5"]),
        (
            "azure_devops",
            "https://dev.azure.com/acme/web/_build/results?buildId=31&view=results",
            ["build 31"],
        ),
        (
            "azure_devops",
            "https://dev.azure.com/acme/web/_git/shop/pullrequest/8",
            ["shop!8"],
        ),
        ("servicenow", "RITM0010042 since Monday", ["RITM0010042"]),
        ("linear", "https://linear.app/acme/issue/PLAT-42/open-the-port", ["PLAT-42"]),
    ],
)
def test_keys_and_addresses_are_recognised(name, text, keys):
    found = adapter_of(name).mentions(text, SystemSettings())
    assert found == keys


def test_only_configured_projects_count():
    settings = SystemSettings(projects=("SEC",))
    assert adapter_of("jira").mentions("SEC-1, SECOPS-2, ISO-27001", settings) == ["SEC-1"]


def test_every_adapter_says_where_its_webhook_is_entered():
    assert len(all_adapters()) >= 8
    for adapter in all_adapters().values():
        assert adapter.says()
        assert adapter.shows()
        assert adapter.verify or adapter.poll
