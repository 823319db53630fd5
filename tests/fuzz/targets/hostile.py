"""Known tricks, and what no text that leaves the bot may hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

HOSTILE: Final = (
    "<!channel> <@UEVIL> <#CEVIL|x> <https://evil.example|click>",
    "<!subteam^SEVIL> <!here> <!everyone>",
    "&amp;lt;!here&gt;",
    '=HYPERLINK("http://evil.example")',
    "\t=1+1",
    "{{ 7*7 }}{% include '/etc/passwd' %}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "'; DROP TABLE sprints; --",
    "1 OR 1=1",
    "../../etc/passwd\0.csv",
    "..\\..\\windows\\win.ini",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "2130706433",
    "0x7f.1",
    "0177.0.0.1",
    "::ffff:169.254.169.254",
    "[::1]",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "fe80::1%eth0",
    "127.1",
    "evil.example@127.0.0.1:80",
    "localhost.",
    "\u202e\u2066gnp.exe",
    "\ud800",
    "é" * 5000,
    "a: &a [*a]",
    "a: &a [1,1]\nb: &b [*a,*a,*a]\nc: [*b,*b,*b]",
    "x: !!python/object/apply:os.system ['id']",
    "[slack]\nbot_token = 1\n",
    "[" * 2000,
    '{"sprint": ' * 300,
    "1" * 400,
    "9" * 30 + " weeks",
    "1:2:3",
    '{"sprint": true, "approval": "x", "blocker": [1]}',
    '{"sprint": 99999999999999999999999, "approval": -1}',
)

PINGS: Final = re.compile(r"<!(?!date\^)|<@[A-Z0-9]*EVIL|<#[A-Z0-9]*EVIL|<https?://evil")
"""What would ring or lead somewhere; in words of ours no stranger's text can become one."""
UNSEEN: Final = frozenset(
    {"private_metadata", "value", "initial_value", "action_id", "block_id", "content", "url"}
)
"""Keys whose text Slack never reads as markup."""


def marked_up(shown: Any) -> Iterator[str]:
    """Yield every text of a payload that Slack reads as markup."""
    if isinstance(shown, dict):
        if shown.get("type") == "plain_text":
            return
        for key, value in shown.items():
            if key not in UNSEEN:
                yield from marked_up(value)
    elif isinstance(shown, list | tuple):
        for each in shown:
            yield from marked_up(each)
    elif isinstance(shown, str):
        yield shown


def assert_harmless(shown: Any) -> None:
    """Assert that nothing in a payload rings, and that it can be sent at all."""
    for text in marked_up(shown):
        assert not PINGS.search(text), text
    json.dumps(shown, ensure_ascii=False).encode("utf-8")
