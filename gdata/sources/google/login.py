"""`gdata login`: a person agrees in the browser, and the token is kept in the person's own config folder.

The team's own OAuth client (`google.oauth_client`) is what Google shows there. google-auth-oauthlib is imported here
alone, when the flow runs.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from gdata.config import GoogleSettings
from gdata.errors import CredentialsError
from gdata.files import reason_of, writing
from gdata.language import sentence
from gdata.sources.google.credentials import SCOPES, login_file

_CLIENT_HINT = sentence("ask your team for its OAuth client file, and set google.oauth_client in sheets.yaml to it")
_AGAIN = sentence("run `gdata login` again")
_SUCCESS = "gdata is logged in. You may close this window."


def log_in(
    settings: GoogleSettings,
    *,
    on_url: Callable[[str], None],
    open_browser: bool = True,
    timeout_seconds: int = 300,
) -> Path:
    """Have the person agree in the browser, and keep the login; returns the file it is in.

    `on_url` gets the address to open, for when no browser opens by itself. The browser must run on this computer,
    because Google sends it back to a port here.

    Raises:
        CredentialsError: there is no OAuth client, or the person or Google said no.
        OutputError: the token can't be written.
    """
    client = _read_client(settings)
    granted = _run_flow(client, on_url, open_browser, timeout_seconds)
    if not granted.refresh_token:
        raise CredentialsError(sentence("Google gave a login that lasts an hour only"), hint=_AGAIN)
    path = login_file()
    _write_private(path, json.dumps(_to_keep(granted), indent=2).encode())
    return path


def log_out() -> bool:
    """Forget the login; False when there was none."""
    path = login_file()
    existed = path.exists()
    with writing(path):
        path.unlink(missing_ok=True)
    return existed


def _read_client(settings: GoogleSettings) -> dict[str, Any]:
    path = settings.oauth_client
    if path is None:
        raise CredentialsError(sentence("sheets.yaml names no OAuth client to log in with"), hint=_CLIENT_HINT)
    try:
        client = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        told = sentence("the OAuth client {path} can't be read: {reason}", path=path, reason=reason_of(error))
        raise CredentialsError(told, hint=_CLIENT_HINT) from None
    except ValueError:
        client = None
    if not isinstance(client, dict) or not isinstance(client.get("installed"), dict):
        raise CredentialsError(
            sentence("{path} is no OAuth client for a desktop app", path=path),
            hint=sentence(
                "make one in the Google Cloud console: APIs & Services > Credentials > Create > "
                "OAuth client ID > Desktop app, and download its JSON"
            ),
        )
    return client


def _run_flow(client: dict[str, Any], on_url: Callable[[str], None], open_browser: bool, timeout: int) -> Any:
    import requests
    from google_auth_oauthlib.flow import InstalledAppFlow, WSGITimeoutError
    from oauthlib.oauth2 import OAuth2Error  # type: ignore[import-untyped]

    class Flow(InstalledAppFlow):  # type: ignore[misc]
        def authorization_url(self, **rest: Any) -> Any:
            """Tell the address, which the flow would print."""
            url, state = super().authorization_url(**rest)
            on_url(url)
            return url, state

        def fetch_token(self, **rest: Any) -> Any:
            """Exchange the code; the library would wait for ever."""
            return super().fetch_token(timeout=30, **rest)

    try:
        return Flow.from_client_config(client, scopes=SCOPES).run_local_server(
            port=0,
            authorization_prompt_message=None,
            success_message=_SUCCESS,
            open_browser=open_browser,
            timeout_seconds=timeout,
            access_type="offline",
            prompt="consent",
        )
    except (WSGITimeoutError, OAuth2Error, Warning, ValueError, requests.RequestException, OSError) as error:
        raise _explain(error) from None


def _explain(error: Exception) -> CredentialsError:
    """oauthlib warns, by raising, when the scopes granted aren't those asked for."""
    from google_auth_oauthlib.flow import WSGITimeoutError

    if isinstance(error, WSGITimeoutError):
        return CredentialsError(sentence("nobody agreed in the browser in time"), hint=_AGAIN)
    if isinstance(error, Warning):
        return CredentialsError(
            sentence("gdata was allowed less than reading spreadsheets"),
            hint=sentence("{again}, and leave the box for spreadsheets ticked", again=_AGAIN),
        )
    match getattr(error, "error", ""):
        case "access_denied":
            return CredentialsError(sentence("the login was declined in the browser"), hint=_AGAIN)
        case "invalid_client" | "deleted_client" | "unauthorized_client":
            return CredentialsError(sentence("Google doesn't know the team's OAuth client"), hint=_CLIENT_HINT)
        case str() as code if code:
            return CredentialsError(sentence("Google refuses the login: {code}", code=code), hint=_AGAIN)
    return CredentialsError(
        sentence("the login didn't work: {name}", name=type(error).__name__),
        hint=sentence("check the network, and {again}", again=_AGAIN),
    )


def _to_keep(granted: Any) -> dict[str, str]:
    """What is needed to log in again; the access token, which ends within the hour, isn't."""
    return {
        "type": "authorized_user",
        "client_id": granted.client_id,
        "client_secret": granted.client_secret,
        "refresh_token": granted.refresh_token,
        "token_uri": granted.token_uri,
    }


def _write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, from its first byte on."""
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
