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
    "Hugging Face": "api" + "_org_" + drawn(34, string.ascii_letters),
    "npm": "_au" + "th=" + drawn(24),
    "Twilio": "S" + "K" + drawn(32, HEX),
    "netrc": "machine h login a pass" + "word " + drawn(16),
}  # fmt: skip  # a table, one row a line


@pytest.mark.parametrize("vendor", KEYS)
def test_a_vendors_key_is_found_under_a_name_that_tells_nothing(vendor, tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text(f"# set up\nvalue {KEYS[vendor]}\n")
    assert f"a key ({vendor})" in secrets_in(file, {})


KNOWN = {
    "GitHub classic": "gh" + "p_" + drawn(36), "GitHub app": "gh" + "s_" + drawn(36), "GitHub refresh": "gh" + "r_" + drawn(76),
    "Slack bot": "xo" + "xb-" + drawn(12, string.digits) + "-" + drawn(24), "Slack cookie": "xo" + "xd-" + drawn(120), "Slack config": "xo" + "xe.xoxp-1-" + drawn(166),
    "AWS id": "AK" + "IA" + drawn(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), "AWS secret": "aws_secret_access_key = " + drawn(40),
    "Google API": "AI" + "za" + drawn(35), "Google refresh": "1//" + "0" + drawn(60),
    "Azure storage": "AccountName=x;Account" + "Key=" + drawn(86) + "==;", "Azure client": drawn(3) + "8" + "Q~" + drawn(34), "Azure DevOps": drawn(76) + "AZ" + "DO" + drawn(4), "Azure AI": drawn(52) + "JQQ" + "J99" + drawn(26),
    "Stripe live": "sk" + "_live_" + drawn(24), "Stripe restricted": "rk" + "_live_" + drawn(24), "Stripe organisation": "sk" + "_org_live_" + drawn(40),
    "OpenAI project": "sk" + "-proj-" + drawn(74) + "T3Blbk" + "FJ" + drawn(74), "OpenAI legacy": "sk" + "-" + drawn(48),
    "Anthropic": "sk" + "-ant-api03-" + drawn(93) + "AA", "Hugging Face user": "h" + "f_" + drawn(34, string.ascii_letters),
    "npm token": "np" + "m_" + drawn(36), "PyPI token": "py" + "pi-AgEIcHlwaS5vcmc" + drawn(150), "SendGrid": "S" + "G." + drawn(22) + "." + drawn(43),
    "PostgreSQL": "postgresql://app:" + drawn(12) + "@db.internal/x", "MongoDB": "mongodb+srv://u:" + drawn(14) + "@c0.acme.test/x", "Redis": "redis://:" + drawn(16) + "@cache:6379/0",
    "JDBC": "jdbc:postgresql://db/x?user=app&pass" + "word=" + drawn(12), "SQL Server": "Server=x;User ID=a;Pass" + "word=" + drawn(12) + ";Encrypt=True",
}  # fmt: skip  # a table, one row a line


@pytest.mark.parametrize("vendor", KNOWN)
def test_a_key_is_found_by_the_form_its_vendor_documents(vendor, tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text(f"# set up\nvalue {KNOWN[vendor]}\n")
    assert secrets_in(file, {})


HARMLESS = """
postgresql://user:password@localhost:5432/app
postgres://USER:PASSWORD@HOST:PORT/DBNAME
mysql://<user>:<password>@<host>/<db>
redis://:${REDIS_PASSWORD}@cache:6379/0
amqp://guest:guest@localhost:5672/
password: ${DB_PASSWORD}
password = os.environ["DB_PASSWORD"]
token: str | None = None
api_key: "your-api-key-here"
secret_key: !vault prod/app
secretKeyRef: {name: app, key: password}
passwordPolicy: strong
token_budget: 128000
max_tokens: 4096
tokenizer = "cl100k_base"
pwd: /home/app/service
AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
sk_test_your_key_here
sk-your-openai-key
ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
npm_config_registry=https://packages.acme.test/
ACe4b0d1f0c2b34a5f9e8d7c6b5a493827
550e8400-e29b-41d4-a716-446655440000
-----BEGIN CERTIFICATE-----
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGx0b2tlbnB1YmxpY2tleW5vdHNlY3JldHh4 dee@laptop
pk_live_51H8fakePublishableKeyForBrowsers
authorization: Bearer <token>
Authorization: Bearer $TOKEN
curl -u "$USER:$PASS" https://api.acme.test
forgot_password_url: https://login.acme.test/reset
client_secret: "{{ vault_client_secret }}"
https://sk-web.acme.test/ok
const passwordField = document.getElementById("pw");
private_key_path: /etc/ssl/private/app.key
password=
tokens = text.split()
api_key = config["api_key"]
private_key = load_pem_private_key(data)
GITHUB_TOKEN: ${{ secrets.GITHUB_TOKEN }}
The password is in the vault, ask Dee.
xoxb-your-bot-token
SG.xxxxxxxxxxxxxxxxxxxxxx.yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy
PASSWORD_MIN_LENGTH=12
API_KEY_HEADER=X-API-Key
access_token_expire_minutes: 15
secretName: churn-tls
""".strip().splitlines()


@pytest.mark.parametrize("line", HARMLESS)
def test_what_documentation_and_settings_write_is_no_key(line, tmp_path):
    file = tmp_path / "settings.txt"
    file.write_text(line + "\n")
    assert secrets_in(file, {}) == []


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
