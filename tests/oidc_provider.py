"""A small OpenID provider in a process of its own: real HTTP, real RS256 keys, and its tricks.

`python -m tests.oidc_provider FILE` writes its address to FILE. It signs in whoever `/control` was
told last, gives each code once, checks the client, the redirect address and PKCE as a strict
provider does, and spoils its ID token in the way that `/control` was told.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "hour48-pages", "a client's secret"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC_PEM = KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
STATE: dict[str, Any] = {"claims": {}, "trick": "", "codes": {}, "asked": []}


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def by_hand(header: dict[str, Any], claims: dict[str, Any], signature: bytes) -> str:
    parts = [b64(json.dumps(each).encode()) for each in (header, claims)]
    return ".".join([*parts, b64(signature)])


def id_token(issuer: str, nonce: str) -> str:
    now, trick = int(time.time()), STATE["trick"]
    claims = {
        "iss": issuer,
        "aud": CLIENT,
        "sub": "somebody",
        "iat": now,
        "exp": now + 300,
        "nonce": nonce,
        **STATE["claims"],
    }
    claims |= {
        "wrong nonce": {"nonce": "another"},
        "wrong aud": {"aud": "another app"},
        "shared aud": {"aud": [CLIENT, "another app"]},
        "foreign azp": {"aud": [CLIENT, "another app"], "azp": "another app"},
        "wrong iss": {"iss": "https://elsewhere.example"},
        "expired": {"iat": now - 900, "exp": now - 600},
        "of the future": {"iat": now + 900, "exp": now + 1_200},
    }.get(trick, {})
    for missing in ("nonce", "exp", "aud", "iss", "sub", "iat"):
        if trick == f"no {missing}":
            del claims[missing]
    return spoilt(trick, {"alg": "RS256", "kid": "one", "typ": "JWT"}, claims)


def spoilt(trick: str, header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Return the token signed, or signed in the way that the trick says."""
    token = jwt.encode(claims, OTHER if trick == "wrong key" else KEY, "RS256", headers=header)
    head, body, signature = token.split(".")
    ways = {
        "alg none": lambda: by_hand({**header, "alg": "none"}, claims, b""),
        "alg None": lambda: by_hand({**header, "alg": "None"}, claims, b""),
        "alg HS256 with the public key": lambda: by_public_key(header, claims),
        "unknown kid": lambda: jwt.encode(claims, OTHER, "RS256", headers={**header, "kid": "two"}),
        "changed": lambda: f"{head}.{b64(json.dumps(claims | {'x': 1}).encode())}.{signature}",
        "no signature": lambda: f"{head}.{body}.",
    }
    return ways.get(trick, lambda: token)()


def by_public_key(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Sign with the public key as if it were a secret that both sides know."""
    signed = by_hand({**header, "alg": "HS256"}, claims, b"").rstrip(".")
    return f"{signed}.{b64(hmac.new(PUBLIC_PEM, signed.encode(), hashlib.sha256).digest())}"


class Answers(BaseHTTPRequestHandler):
    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        if asked.path == "/.well-known/openid-configuration":
            issuer = "https://evil.example" if STATE["trick"] == "other issuer" else self.issuer
            document = {
                "issuer": issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "code_challenge_methods_supported": ["S256"],
            }
            document |= {
                "no PKCE": {"code_challenge_methods_supported": ["plain"]},
                "plain token endpoint": {"token_endpoint": "http://elsewhere.example/token"},
                "no keys": {"jwks_uri": f"{self.issuer}/no-keys"},
            }.get(STATE["trick"], {})
            self.say(document, 503 if STATE["trick"] == "no discovery" else 200)
        elif asked.path == "/no-keys":
            self.say({"keys": []})
        elif asked.path == "/keys":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
            shared = {"kty": "oct", "kid": "shared", "k": b64(b"x" * 32), "alg": "HS256"}
            self.say({"keys": [shared, {**public, "kid": "one", "use": "sig", "alg": "RS256"}]})
        elif asked.path == "/authorize":
            self.authorize({name: value[0] for name, value in parse_qs(asked.query).items()})
        else:
            self.say({}, 404)

    def authorize(self, asked: dict[str, str]) -> None:
        code = secrets.token_urlsafe(12)
        STATE["codes"][code] = asked
        STATE["asked"].append(asked)
        back = {"code": code, "state": asked["state"], "iss": self.issuer}
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(back)}")
        self.end_headers()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == "/control":
            STATE.update(json.loads(body))
            self.say({"asked": STATE["asked"]})
            return
        form = {name: value[0] for name, value in parse_qs(body).items()}
        asked = STATE["codes"].pop(form.get("code", ""), None)
        challenge = b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if STATE["trick"] == "down":
            self.say({}, 503)
        elif (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET):
            self.say({"error": "invalid_client"}, 401)
        elif (
            asked is None
            or form.get("redirect_uri") != asked["redirect_uri"]
            or asked.get("code_challenge_method") != "S256"
            or challenge != asked.get("code_challenge")
        ):
            self.say({"error": "invalid_grant"}, 400)
        else:
            self.say({"id_token": id_token(self.issuer, asked["nonce"]), "access_token": "x"})

    def say(self, answer: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    Path(sys.argv[1]).write_text(f"http://127.0.0.1:{server.server_address[1]}")
    server.serve_forever()
