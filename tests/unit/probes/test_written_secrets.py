"""A secret written out in hour48.toml is refused by the key that holds it, and never repeated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import InputError
from probes.settings import read_settings

SECRET = "hunter2-hunter2-hunter2"


def target(**keys: object) -> dict[str, object]:
    return {"targets": {"t": {"url": "https://score.example.com/v1", **keys}}}


@pytest.mark.parametrize(
    ("section", "field"),
    [
        (target(token=SECRET), "targets.t.token"),
        (target(url=f"https://u:{SECRET}@x.example"), "targets.t.url"),
        (target(url=f"https://{SECRET}@x.example/v1"), "targets.t.url"),
        (target(url=f"https://x.example/v1?api_key={SECRET}"), "targets.t.url"),
        (target(url=f"https://x.example/v1?code={SECRET}"), "targets.t.url"),
        (target(openapi=f"https://u:{SECRET}@x.example/openapi.json"), "targets.t.openapi"),
        (target(headers={"Authorization": f"Bearer {SECRET}"}), "targets.t.headers.Authorization"),
        (target(headers={"X-API-Key": SECRET}), "targets.t.headers.X-API-Key"),
        (target(headers={"Cookie": f"sid={SECRET}"}), "targets.t.headers.Cookie"),
        (target(body={"auth": {"password": SECRET}}), "targets.t.body.auth.password"),
        ({"sources": {"a": {"url": f"postgresql://u:{SECRET}@h/d"}}}, "sources.a.url"),
        ({"sources": {"a": {"url": f"postgresql://u:a/{SECRET}@h/d"}}}, "sources.a.url"),
        ({"sources": {"a": {"url": f"postgresql://u@h/d?password={SECRET}"}}}, "sources.a.url"),
        (
            {"sources": {"a": {"path": "x.csv", "options": {"access_token": SECRET}}}},
            "sources.a.options.access_token",
        ),
    ],
)
def test_a_written_secret_is_refused_by_its_key(section: dict[str, object], field: str) -> None:
    with pytest.raises(InputError) as refusal:
        read_settings(section)
    assert refusal.value.field == field
    assert "hunter2" not in refusal.value.message
    assert "${NAME}" in refusal.value.message


@pytest.mark.parametrize(
    "keys",
    [
        {"token": "${SCORE_TOKEN}", "headers": {"Authorization": "Bearer ${SCORE_TOKEN}"}},
        {"url": "https://user:${SCORE_PW}@x.example:8443/v1?api_key=${SCORE_KEY}"},
        {"url": "https://x.example:8443/people/@me?country_code=DE&code=DE"},
        {"headers": {"Accept": "application/json", "X-Idempotency-Key": "sprint-1234567890abc"}},
        {"body": {"customer_id": "C1", "token_count": "12", "key": "C-1"}},
        {"idempotency_header": "Idempotency-Key", "callback_field": "reply.token"},
    ],
)
def test_placeholders_and_plain_values_pass(keys: dict[str, object]) -> None:
    assert read_settings(target(**keys)).target("t")


def test_what_a_command_line_gave_is_trusted() -> None:
    section = {"sources": {"a": {"url": f"postgresql://u:{SECRET}@h/d"}}}
    assert read_settings(section, trusted=True).source("a")


@given(st.text(st.characters(exclude_characters="@$"), min_size=1))
def test_no_password_before_an_at_slips_through(password: str) -> None:
    if password.partition("/")[0].partition("?")[0].partition("#")[0].isdecimal():
        return  # a port and a path with an @ in it
    with pytest.raises(InputError):
        read_settings({"sources": {"a": {"url": f"postgresql://u:{password}@h/d"}}})
