"""The relying party's side of OpenID Connect: discovery, the code flow with PKCE, the ID token."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from bot.domain.errors import InputError
from bot.settings import OidcSettings, is_encrypted

if TYPE_CHECKING:
    from jwt import PyJWK

CALL_SECONDS: Final = 5.0
LARGEST_ANSWER: Final = 500_000
LEEWAY_SECONDS: Final = 60
"""How far the provider's clock may be off."""
DISCOVERED_SECONDS: Final = 3_600.0
KEYS_ASKED_EVERY: Final = 30.0
"""A key that is not known is asked for, but not more often: anybody can name one."""
ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
)
"""Signatures by a key pair alone: no `none`, and no shared secret, which a public key could be."""
ASYMMETRIC: Final = frozenset({"RSA", "EC"})
UNKNOWN_CLIENT: Final = frozenset(
    {"invalid_client", "unauthorized_client", "invalid_client_id", "bad_client_secret"}
)
"""What a provider, and Slack, says of a client or a secret that it does not know."""
SCOPES: Final = ("openid", "profile", "email")
REQUIRED_CLAIMS: Final = ("iss", "sub", "aud", "exp", "iat", "nonce")
Claims = Mapping[str, Any]


class ProviderError(RuntimeError):
    """The provider does not answer, or not as it should; says so to operators alone."""


class NotSignedInError(InputError):
    """What came back is no sign-in that began here, or does not hold."""


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """What one sign-in is recognised by, kept in the browser that began it.

    Args:
        state: comes back in the address.
        nonce: comes back in the ID token.
        verifier: proves that the code is asked for by who began.
    """

    state: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48), repr=False)

    @property
    def challenge(self) -> str:
        """What the provider is shown of the verifier."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


class Provider:
    """One OpenID provider.

    Args:
        settings: which one, and who the app is to it.
        redirect_url: where it sends people back to.
    """

    def __init__(self, settings: OidcSettings, redirect_url: str) -> None:
        self._settings = settings
        self._redirect_url = redirect_url
        self._lock = threading.Lock()
        self._discovery_lock = threading.Lock()
        self._document: tuple[float, Claims] | None = None
        self._keys: dict[str, PyJWK] = {}
        self._keys_asked = float("-inf")

    def examine(self) -> None:
        """Ask the provider for all that a sign-in will need, but for a person.

        Raises:
            ProviderError: says what of it is not as it should be.
        """
        self._endpoint("authorization_endpoint")
        methods = self._discovered().get("code_challenge_methods_supported")
        if isinstance(methods, list) and "S256" not in methods:
            raise ProviderError("it does not support PKCE with S256")
        if not self._read_keys():
            raise ProviderError("its jwks_uri lists no RSA or EC key to check signatures with")
        status, answer = self._redeem("hour48-doctor", SignInAttempt())
        if status == 401 or answer.get("error") in UNKNOWN_CLIENT:
            raise ProviderError("it does not know this client_id with this client_secret")
        if status >= 500:
            raise ProviderError(f"the token endpoint answered {status}")

    def authorize_url(self, attempt: SignInAttempt) -> str:
        """Return where somebody signs in.

        Raises:
            ProviderError: the provider does not say.
        """
        asked = {
            "response_type": "code",
            "scope": " ".join(SCOPES),
            "client_id": self._settings.client_id,
            "redirect_uri": self._redirect_url,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._endpoint('authorization_endpoint')}?{urlencode(asked)}"

    def claims(self, code: str, attempt: SignInAttempt) -> Claims:
        """Return what the provider says of who signed in.

        Raises:
            NotSignedInError: the code is none, or what it is worth does not hold.
            ProviderError: the provider does not answer.
        """
        status, answer = self._redeem(code, attempt)
        token = answer.get("id_token")
        if status >= 500:
            raise ProviderError(f"the token endpoint answered {status}")
        if status != 200 or not isinstance(token, str):
            raise NotSignedInError("code")
        return self._checked(token, attempt.nonce)

    def _redeem(self, code: str, attempt: SignInAttempt) -> tuple[int, Claims]:
        secret = self._settings.client_secret
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_url,
            "client_id": str(self._settings.client_id),
            "client_secret": secret.get_secret_value() if secret else "",
            "code_verifier": attempt.verifier,
        }
        return _call("POST", self._endpoint("token_endpoint"), asked)

    def _checked(self, token: str, nonce: str) -> Claims:
        """Return an ID token's claims once everything about it holds."""
        import jwt

        client_id = str(self._settings.client_id)
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key_of(token),
                algorithms=list(ALGORITHMS),
                audience=client_id,
                issuer=self._settings.issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": list(REQUIRED_CLAIMS)},
            )
        except (jwt.PyJWTError, ValueError, TypeError) as wrong:
            raise NotSignedInError(type(wrong).__name__) from wrong
        audiences = claims["aud"]
        is_shared = isinstance(audiences, list) and len(audiences) > 1
        if claims.get("azp", None if is_shared else client_id) != client_id:
            raise NotSignedInError("azp")
        if not secrets.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
            raise NotSignedInError("nonce")
        return claims

    def _key_of(self, token: str) -> PyJWK:
        from jwt import get_unverified_header

        header = get_unverified_header(token)
        if header.get("alg") not in ALGORITHMS:
            raise NotSignedInError("alg")
        kid = str(header.get("kid", ""))
        with self._lock:
            if kid not in self._keys and time.monotonic() - self._keys_asked > KEYS_ASKED_EVERY:
                self._keys_asked = time.monotonic()
                self._keys = self._read_keys()
            found = self._keys.get(kid)
        if found is None:
            raise NotSignedInError("kid")
        return found

    def _read_keys(self) -> dict[str, PyJWK]:
        from jwt import PyJWK, PyJWTError

        _, answer = _call("GET", self._endpoint("jwks_uri"))
        listed = answer.get("keys")
        known: dict[str, PyJWK] = {}
        for each in listed if isinstance(listed, list) else []:
            is_fit = isinstance(each, dict) and each.get("kty") in ASYMMETRIC
            if is_fit and each.get("use", "sig") == "sig":
                try:
                    known[str(each.get("kid", ""))] = PyJWK(each)
                except (PyJWTError, ValueError, TypeError):
                    continue  # a kind of key that is not read here keeps no other from being used
        return known

    def _endpoint(self, name: str) -> str:
        found = self._discovered().get(name)
        if not isinstance(found, str) or not is_encrypted(found):
            raise ProviderError(f"the discovery document names no {name} with https")
        return found

    def _discovered(self) -> Claims:
        now = time.monotonic()
        with self._discovery_lock:
            if self._document is None or now - self._document[0] > DISCOVERED_SECONDS:
                issuer = self._settings.issuer
                address = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
                status, document = _call("GET", address)
                if status != 200:
                    raise ProviderError(f"{address} answered {status}")
                if document.get("issuer") != issuer:
                    named = str(document.get("issuer"))[:200]
                    raise ProviderError(f"{address} is of the issuer {named!r}, not {issuer!r}")
                self._document = now, document
            return self._document[1]


def _call(method: str, address: str, form: Mapping[str, str] | None = None) -> tuple[int, Claims]:
    """Call the provider and return its status and JSON object.

    It may be inside the company, since an administrator configured it.

    Raises:
        ProviderError: it does not answer in time, or with something else.
    """
    import httpx  # only where a provider is configured

    from probes.guard import guarded_client

    end = time.monotonic() + CALL_SECONDS
    try:
        with (
            guarded_client(
                timeout=CALL_SECONDS, allow_internal=True, left=lambda: end - time.monotonic()
            ) as client,
            client.stream(method, address, data=form) as answer,
        ):
            body = b""
            for piece in answer.iter_bytes():
                body += piece
                if len(body) > LARGEST_ANSWER:
                    raise ProviderError("the answer is too large")
            read = json.loads(body)
    except (httpx.HTTPError, InputError, OSError) as error:
        raise ProviderError(f"{address} cannot be reached: {type(error).__name__}") from error
    except ValueError as error:
        raise ProviderError(f"{address} does not answer with JSON") from error
    if not isinstance(read, dict):
        raise ProviderError(f"{address} does not answer with a JSON object")
    return answer.status_code, read
