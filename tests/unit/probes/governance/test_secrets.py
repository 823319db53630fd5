# ruff: noqa: E501  (one key a line reads as a table)
"""Keys are known by their vendors' shapes, under any name; ordinary words and sums are not keys."""

from __future__ import annotations

import json
import random
import string
import zipfile

import pytest

from bot.domain.vocabulary import FindingLevel
from probes.contract import finding_to_plain
from probes.governance.secrets import secret_findings, secrets_in

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


CANARY = "xoxb-1234567890-canarycanary"


@pytest.mark.parametrize(
    "text",
    [
        CANARY,
        "AKIAABCDEFGHIJKLMNOP",
        "-----BEGIN RSA PRIVATE KEY-----",
        "postgresql://bot:hunter22@db/x",
        'password = "hunter2222"',
        "ghp_" + "a" * 36,
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_secret_is_found_in_files_and_archives_and_never_told(tmp_path, text, packed):
    path = tmp_path / "thing"
    if packed:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("schema.json", f"x {text} y")
    else:
        path.write_text(f"x {text} y")
    (found,) = secret_findings({"saved model": path})
    assert (found.level, found.code) == (FindingLevel.STOPS, "secret_found")
    assert text not in json.dumps(finding_to_plain(found))


def test_the_value_of_our_own_secret_variable_is_recognised_by_name(tmp_path):
    path = tmp_path / "config"
    path.write_text("plain-words-behind-it")
    assert secrets_in(path, {"DB_PASSWORD": "plain-words-behind-it"}) == [
        "the value of DB_PASSWORD"
    ]


@pytest.mark.parametrize("text", ["password = ${DB_PASSWORD}", "url = 'https://shop.test/a'", ""])
def test_a_placeholder_is_no_secret(tmp_path, text):
    path = tmp_path / "config"
    path.write_text(text)
    assert [one.code for one in secret_findings({"configuration": path})] == ["no_secret_found"]


def test_a_path_that_is_not_there_is_named_and_no_evidence(tmp_path):
    (found,) = secret_findings({"saved model": tmp_path / "none"})
    assert (found.level, found.code) == (FindingLevel.SLOWS, "file_not_found")
    assert str(tmp_path / "none") in found.sentence


@pytest.mark.parametrize(
    ("files", "code", "says"),
    [
        ({"a.env": f"x={CANARY}", "b.txt": "hello"}, "secret_found", "1 of 2 text files: a.env"),
        ({"a.env": "x=1", "deep/b.txt": "hello", "c.bin": "\0"}, "no_secret_found", "2 text files"),
        ({"deep/d/b.json": f'"{CANARY}"'}, "secret_found", "deep/d/b.json"),
        ({"c.bin": "\0"}, "file_not_found", "holds no text file; 1 others"),
        ({".git/config": CANARY, "a.txt": "x" * 2_000_000}, "file_not_found", "no text file"),
    ],
)
def test_the_text_files_of_a_folder_are_searched_and_counted(tmp_path, files, code, says):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (found,) = secret_findings({"configuration": tmp_path})
    assert found.code == code
    assert says in found.sentence
    assert CANARY not in found.sentence


SECRETS_TUNED = ["OPENAI=sk-" + "a1B2" * 12, "password: hunter2222", "client_secret = abcd1234efgh"]
SECRETS_UNSEEN = [
    "sk-proj-" + "Zz9_" * 10,
    "sk-ant-api03-" + "q1W2" * 8,
    '"clientSecret": "k3J9xQ2pLm"',
    "DB_PASSWORD=s3cr3tvalue",
    "  passphrase:   correct-horse",
    "auth_token => 9f8e7d6c5b4a",
    "SG." + "a" * 22 + "." + "b" * 43,
    "pwd = 'Tr0ub4dor&3'",
    "secret_key: 0f9e8d7c6b5a",
    "AIza" + "Sy0-" * 8 + "abc",
    "hf_" + "aB1" * 11,
    "npm_" + "a1B2" * 9,
    "dapi" + "0a1b" * 8,
    "Authorization: Bearer " + "0a1b" * 8,
    '"authorization": "Basic ' + "dXNl" * 5 + '"',
    "DB_PASS=Tr0ub4dor&3",
    "passwort: GeheimesWort99",
    "mot_de_passe = Secret2024",
    "contraseña: s3creta99",
    'env:\n - name: DB_PASSWORD\n   value: "r33xv4Dboh7j"',
    '{"auths": {"r.example.com": {"auth": "Ym90OnIzM3h2NERib2g3ak5EZ3M="}}}',
    '<property name="db.password" value="NGQUAhJdKgbmpY"/>',
    "db.internal:5432:prod:app:r33xv4Dboh7j",
    "curl -u admin:NGQUAhJdKgbm https://x.example",
    "curl -s https://x.example --user 'admin:NGQUAhJdKgbm'",
    "requirepass KdxceZfACaHs",
]
INNOCENT_UNSEEN = [
    "token: str",
    "max_tokens: 200000",
    "password: ${DB}",
    "password = os.environ['X']",
    "tokenizer: bert",
    "secret: vault:secret/data/x",
    "api_key: <your key>",
    "password: null",
    "client_secret: changeme",
    "token_limit=100000",
    "password: ********",
    "secrets: /run/secrets/db",
    "bypass: nightly-window",
    "compass: northwest",
    "Authorization: Bearer ${TOKEN}",
    "password_min_length: 12",
    "- name: DB_PASSWORD\n  valueFrom: {secretKeyRef: {name: db}}",
    "- name: DB_PASSWORD\n  value: $(DB)",
    '{"auths": {"r.example.com": {}}, "auth": "none"}',
    "curl -u admin:$PASSWORD https://x.example",
    "# requirepass foobared",
    "12:30:45:07:00",
]


@pytest.mark.parametrize("text", [*SECRETS_TUNED, *SECRETS_UNSEEN])
def test_written_secrets_of_every_kind_are_found(tmp_path, text):
    path = tmp_path / "config"
    path.write_text(f"# settings\n{text}\n")
    assert secrets_in(path, {})


@pytest.mark.parametrize("text", INNOCENT_UNSEEN)
def test_references_and_sizes_are_no_secrets(tmp_path, text):
    path = tmp_path / "config"
    path.write_text(f"# settings\n{text}\n")
    assert secrets_in(path, {}) == []
