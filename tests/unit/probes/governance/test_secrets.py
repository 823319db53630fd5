# ruff: noqa: E501  (one key a line reads as a table)
"""Keys are known by their vendors' shapes, under any name; ordinary words and sums are not keys."""

from __future__ import annotations

import random
import string

import pytest

from probes.governance.secrets import secrets_in

RNG = random.Random(17)
LETTERS, HEX = string.ascii_letters + string.digits, "0123456789abcdef"


def drawn(length: int, letters: str = LETTERS) -> str:
    return "".join(RNG.choice(letters) for _ in range(length))


# Put together here, so that no scanner of this repository takes them for keys.
KEYS = {
    "GitHub": "github" + "_pat_" + drawn(22) + "_" + drawn(59),
    "Google": "GOCS" + "PX-" + drawn(28),
    "Azure": "https://x.blob.example/c?sv=2022&" + "sig=" + drawn(43) + "%3D",
    "Slack webhook": "https://hooks." + "slack.com/services/T" + drawn(8) + "/B" + drawn(8) + "/" + drawn(24),
    "Stripe": "wh" + "sec_" + drawn(32),
    "DigitalOcean": "dop" + "_v1_" + drawn(64, HEX),
    "Notion": "nt" + "n_" + drawn(46),
    "Groq": "gs" + "k_" + drawn(52),
    "Vault": "hv" + "s." + drawn(90),
    "Grafana": "gl" + "sa_" + drawn(32) + "_" + drawn(8, HEX),
    "Atlassian": "ATA" + "TT3xFfGF0" + drawn(180),
    "HubSpot": "pat-" + "na1-" + "-".join(drawn(size, HEX) for size in (8, 4, 4, 4, 12)),
    "netrc": "machine h login a pass" + "word " + drawn(16),
}  # fmt: skip  # a table, one row a line


@pytest.mark.parametrize("vendor", KEYS)
def test_a_vendors_key_is_found_under_a_name_that_tells_nothing(vendor, tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text(f"# set up\nvalue {KEYS[vendor]}\n")
    assert f"a key ({vendor})" in secrets_in(file, {})


@pytest.mark.parametrize(
    "line",
    [
        "commit " + drawn(40, HEX),
        "sha256:" + drawn(64, HEX),
        "integrity sha512-" + drawn(86) + "==",
        "see the docs of sk-learn-contrib-package-name",
        "xai-explanations-of-models and hf_hub_download",
        "2/3 of 100, key-value pairs, lin_api_docs, dp.pt",
        "-----BEGIN PUBLIC KEY-----",
        "tokenizer: bert-base-uncased",
    ],
)
def test_what_only_resembles_a_key_is_none(line, tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text(line + "\n")
    assert secrets_in(file, {}) == []
