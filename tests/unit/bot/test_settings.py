"""A setting that cannot be taken is one sentence: where, what was given, what would be right."""

from pathlib import Path

import pytest

from bot.domain.errors import InputError
from bot.settings import load
from probes.settings import load_settings

HERE = "hour48.toml"
WRITTEN = {
    "[server]\nprot = 1": "[server], prot: unknown key; did you mean `port`?",
    "[sever]\nport = 1": "[sever]: unknown key; did you mean `server`?",
    "[log]\nqqqqq = 1": "[log], qqqqq: unknown key; known here: form, level.",
    '[server]\nport = "eighty"': '[server], port: must be a whole number, not "eighty".',
    "[server]\nport = 99999": "[server], port: must be at most 65535, not 99999.",
    "[slack]\npace = 3": "[slack], pace: must be true or false, not 3.",
    "server = 3": "server: must be a section of its own, [server].",
    "retention_days = 1.5": "retention_days: must be a whole number, not 1.5.",
    '[log]\nform = "xml"': "[log], form: must be 'json' or 'console', not \"xml\".",
    '[ask]\nurl = "ftp://x"': "[ask], url: must be an address that begins with https:// or http://.",
}
ABOUT_PROBES = {
    "[sources.crm]": "[sources.crm]: give either `path` or `url`.",
    '[sources.crm]\npth = "x.csv"': "[sources.crm], pth: unknown key; did you mean `path`?",
    '[sources]\nkind = "csv"': "[sources], kind: must be a section of its own, [sources.kind].",
    "[targets.api]": "[targets.api], url: is missing; add it.",
    '[governance.plan]\nsayz = "x"': "[governance.plan], sayz: unknown key; did you mean `says`?",
    "[probes.limits.access]\nmemory = 1": "[probes.limits.access], memory: unknown key; "
    "did you mean `memory_mb`?",
    '[sources.crm]\npath = "x.csv"\noptions.a = [1]': "[sources.crm.options], a: "
    "must be text, a number, or true or false.",
}
IN_ENVIRONMENT = {
    ("SERVER__PORT", "eighty"): 'must be a whole number, not "eighty".',
    ("SERVER__PROT", "80"): "unknown key; did you mean `port`?",
    ("SEVER__PORT", "80"): "unknown key; did you mean `server`?",
    ("DATABASE__ENCRYPTION_KEYS", "abc"): 'must be JSON, such as ["a", "b"].',
    ("SERVER", "abc"): 'must be JSON, such as {"key": "value"}; '
    "or give each key as HOUR48_SERVER__KEY.",
}


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("text", WRITTEN)
def test_a_setting_in_the_file_is_named_with_what_is_right(text: str) -> None:
    Path(HERE).write_text(text, "utf-8")
    with pytest.raises(InputError) as refused:
        load()
    assert refused.value.message == f"{HERE}, {WRITTEN[text]}"


@pytest.mark.parametrize("text", ABOUT_PROBES)
def test_a_setting_of_the_probes_is_named_with_what_is_right(text: str) -> None:
    Path("own.toml").write_text(text, "utf-8")
    with pytest.raises(InputError) as refused:
        load_settings(Path("own.toml"))
    assert refused.value.message == f"own.toml, {ABOUT_PROBES[text]}"


@pytest.mark.parametrize(("name", "value"), IN_ENVIRONMENT)
def test_a_setting_in_the_environment_is_named_as_it_stands_there(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"HOUR48_{name}", value)
    with pytest.raises(InputError) as refused:
        load()
    assert refused.value.message == (
        f"HOUR48_{name} in the environment: {IN_ENVIRONMENT[name, value]}"
    )


@pytest.mark.parametrize(
    "text",
    [
        "[slack]\nbot_token = 123456789",
        '[slack]\nmode = "xoxb-123456789-123456789-abcdef"',
        "[serving.writers]\nwarehouse = 123456789",
    ],
)
def test_no_sentence_repeats_what_may_be_a_secret(text: str) -> None:
    Path(HERE).write_text(text, "utf-8")
    with pytest.raises(InputError) as refused:
        load()
    assert "123456789" not in refused.value.message
