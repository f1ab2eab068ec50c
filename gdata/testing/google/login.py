"""The emulator's side of a login: a service account's key, the check of what it signs, and the tokens given out."""

from __future__ import annotations

import base64
import json
import secrets
import time
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from gdata.testing.google.refusals import PROJECT, Refusal, insufficient_scope, token_error, unauthenticated

SERVICE_ACCOUNT = "game-data@emulated-project.iam.gserviceaccount.com"
AUDIENCE = "https://oauth2.googleapis.com/token"
"""What google-auth signs its JWT for, whatever the key's `token_uri` says."""
SCOPES = frozenset(
    f"https://www.googleapis.com/auth/{name}"
    for name in ("spreadsheets", "spreadsheets.readonly", "drive", "drive.readonly")
)
"""Each of these is enough to read a spreadsheet."""
CLIENT_ID, CLIENT_SECRET = f"{PROJECT}-emulated.apps.googleusercontent.com", "emulated-client-secret"
SKEW_ALLOWED = 60
"""Seconds by which a signer's clock may be wrong."""


@cache
def _private_key() -> rsa.RSAPrivateKey:
    """One key a process: making it takes a tenth of a second or more."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Token:
    """One access token; `expires` is in the clock of `time.time()`."""

    text: str = field(repr=False)
    scopes: frozenset[str]
    expires: float
    identity: str


@dataclass
class LoginDesk:
    """Checks logins and hands out tokens. `clock_skew` is how far (seconds) this side's clock is ahead."""

    lifetime: float = 3599.0
    clock_skew: float = 0.0
    consent_expired: bool = False
    key_deleted: bool = False
    tokens: dict[str, Token] = field(default_factory=dict)
    codes: dict[str, frozenset[str]] = field(default_factory=dict)
    """Consents given in the browser and not yet exchanged for a token."""
    refresh_tokens: dict[str, frozenset[str]] = field(default_factory=dict)

    def key(self, endpoint: str) -> dict[str, str]:
        """The content of a service account's key file whose `token_uri` is the emulator."""
        pem = _private_key().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return {
            "type": "service_account",
            "project_id": "emulated-project",
            "private_key_id": "emulated",
            "private_key": pem.decode(),
            "client_email": SERVICE_ACCOUNT,
            "client_id": "100000000000000000000",
            "token_uri": f"{endpoint}/token",
        }

    def oauth_client(self, endpoint: str) -> dict[str, Any]:
        """The content of an OAuth client's file (`client_secret.json`) that logs in at the emulator."""
        return {
            "installed": {
                "client_id": CLIENT_ID,
                "client_secret": CLIENT_SECRET,
                "auth_uri": f"{endpoint}/o/oauth2/auth",
                "token_uri": f"{endpoint}/token",
                "redirect_uris": ["http://localhost"],
            }
        }

    def user_login(self, endpoint: str, scopes: frozenset[str] = SCOPES) -> dict[str, str]:
        """What `gdata login` would have kept after a planner agreed to `scopes`."""
        refresh = secrets.token_urlsafe(24)
        self.refresh_tokens[refresh] = scopes
        return {
            "type": "authorized_user",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "refresh_token": refresh,
            "token_uri": f"{endpoint}/token",
        }

    def access_token(self, scopes: frozenset[str] = SCOPES) -> str:
        """A token as if somebody had just logged in, for programs that send their own requests."""
        token: str = self._grant(scopes, "somebody@example.com")["access_token"]
        return token

    def consent(self, scopes: str) -> str:
        """The code that the browser brings back after a planner agreed."""
        code = secrets.token_urlsafe(16)
        self.codes[code] = frozenset(scopes.split())
        return code

    def exchange(self, form: dict[str, str]) -> dict[str, Any]:
        """Answer a request for a token.

        Raises:
            Refusal: the login isn't taken.
        """
        match form.get("grant_type"):
            case "urn:ietf:params:oauth:grant-type:jwt-bearer":
                claims = self._verify(form.get("assertion", ""))
                return self._grant(frozenset(str(claims.get("scope", "")).split()), SERVICE_ACCOUNT)
            case "authorization_code":
                return self._grant_after_consent(form)
            case "refresh_token":
                return self._grant_again(form)
        raise Refusal(token_error("unsupported_grant_type", "Invalid grant_type"))

    def admit(self, authorization: str) -> Token:
        """The token of a request's Authorization header.

        Raises:
            Refusal: it has none, or one that expired or can't read spreadsheets.
        """
        if not authorization:
            raise Refusal(unauthenticated("Request is missing required authentication credential."))
        token = self.tokens.get(authorization.removeprefix("Bearer "))
        if token is None or token.expires < time.time():
            raise Refusal(unauthenticated())
        if not token.scopes & SCOPES:
            raise Refusal(insufficient_scope())
        return token

    def expire_tokens(self) -> None:
        """End every token given out so far."""
        self.tokens.clear()

    def _verify(self, assertion: str) -> dict[str, Any]:
        try:
            signed, _, signature = assertion.rpartition(".")
            claims: dict[str, Any] = json.loads(_decode(signed.split(".")[1]))
            _private_key().public_key().verify(_decode(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, ValueError, IndexError) as error:
            raise Refusal(token_error("invalid_grant", "Invalid JWT Signature.")) from error
        if self.key_deleted or claims.get("iss") != SERVICE_ACCOUNT:
            raise Refusal(token_error("invalid_grant", "Invalid grant: account not found"))
        if claims.get("aud") != AUDIENCE:
            raise Refusal(token_error("invalid_grant", "Invalid JWT: Failed audience check."))
        self._check_times(claims)
        return claims

    def _check_times(self, claims: dict[str, Any]) -> None:
        now, issued, expires = time.time() + self.clock_skew, claims.get("iat", 0), claims.get("exp", 0)
        if issued > now + SKEW_ALLOWED or expires < now - SKEW_ALLOWED or expires - issued > 3600:
            description = (
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
                "Check your iat and exp values in the JWT claim."
            )
            raise Refusal(token_error("invalid_grant", description))

    def _grant_after_consent(self, form: dict[str, str]) -> dict[str, Any]:
        self._check_client(form)
        scopes = self.codes.pop(form.get("code", ""), None)
        if scopes is None:
            raise Refusal(token_error("invalid_grant", "Malformed auth code."))
        refresh = secrets.token_urlsafe(24)
        self.refresh_tokens[refresh] = scopes
        return {**self._grant(scopes, "planner@example.com"), "refresh_token": refresh}

    def _grant_again(self, form: dict[str, str]) -> dict[str, Any]:
        self._check_client(form)
        scopes = self.refresh_tokens.get(form.get("refresh_token", ""))
        if scopes is None or self.consent_expired:
            raise Refusal(token_error("invalid_grant", "Token has been expired or revoked."))
        return self._grant(scopes, "planner@example.com")

    def _check_client(self, form: dict[str, str]) -> None:
        if form.get("client_id") != CLIENT_ID or form.get("client_secret") != CLIENT_SECRET:
            raise Refusal(token_error("invalid_client", "The OAuth client was not found.", 401))

    def _grant(self, scopes: frozenset[str], identity: str) -> dict[str, Any]:
        text = f"ya29.{secrets.token_urlsafe(24)}"
        self.tokens[text] = Token(text, scopes, time.time() + self.lifetime, identity)
        return {
            "access_token": text,
            "expires_in": int(self.lifetime),
            "scope": " ".join(sorted(scopes)),
            "token_type": "Bearer",
        }


def read_client(authorization: str) -> dict[str, str]:
    """An OAuth client that names itself in the header, as some libraries do, and not in the form."""
    kind, _, text = authorization.partition(" ")
    if kind != "Basic":
        return {}
    name, _, secret = base64.b64decode(text).decode().partition(":")
    return {"client_id": name, "client_secret": secret}


def _decode(segment: str) -> bytes:
    return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
