"""Who logs in to Google, and whom gdata gives the login to: Google's hosts, an emulator on this machine, or a server
that the environment allows.

It is a key from sheets.yaml, else the token of `gdata login`, else default credentials. Nothing of a key or token is
ever part of a message: what can't be read is named by where it came from.

At `gdata login` a person agrees in the browser, where Google shows the team's own OAuth client (`google.oauth_client`);
google-auth-oauthlib is imported here alone, when that runs.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from google.auth import exceptions
from google.auth.credentials import Credentials

from gdata.config import GoogleSettings
from gdata.errors import ConfigError, CredentialsError
from gdata.files import reason_of, writing
from gdata.language import say, sentence

SCOPES = ("https://www.googleapis.com/auth/spreadsheets.readonly",)
_LONGEST_PATH = 400
"""Whatever is longer is no path but a key in the wrong form, and isn't shown."""


def load_credentials(settings: GoogleSettings) -> Credentials:
    """The credentials to read spreadsheets with, not yet used.

    Raises:
        CredentialsError: there are none, or they can't be read.
    """
    if settings.credentials:
        return _from_text(*_read_configured(settings.credentials))
    if (saved := login_file()).is_file():
        return _from_text(_read_file(saved), "the token of `gdata login`")
    return _default_credentials()


def login_file() -> Path:
    """Where `gdata login` keeps its token: in the user's own config folder."""
    return config_folder() / "google-login.json"


def config_folder() -> Path:
    """The user's config folder for gdata, as the system has it."""
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or home / "AppData" / "Roaming") / "gdata"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "gdata"
    return Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "gdata"


def describe_login(credentials: Credentials) -> str:
    """Whom to share a spreadsheet with: the service account's address, else words for the person's own account."""
    email = getattr(credentials, "service_account_email", None) or getattr(credentials, "signer_email", None)
    if isinstance(email, str) and "@" in email:
        return email
    account = getattr(credentials, "account", None)
    return account if isinstance(account, str) and account else say("the Google account that you logged in with")


def _read_configured(value: str) -> tuple[str, str]:
    """The credentials' JSON, and what to call where it came from."""
    if value.lstrip().startswith("{"):
        return value, "the JSON in google.credentials"
    if "\n" in value or len(value) > _LONGEST_PATH:
        raise CredentialsError(
            sentence("google.credentials in sheets.yaml is neither a file nor JSON (its value is not shown)"),
            hint=sentence("give the path of a service account's key file, or the file's whole content"),
        )
    return _read_file(Path(value)), value


def _read_file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise CredentialsError(
            sentence("the credentials file {path} isn't there", path=path),
            hint=sentence("check google.credentials in sheets.yaml, or run `gdata login`"),
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else sentence("it isn't UTF-8 text")
        raise CredentialsError(
            sentence("the credentials file {path} can't be read: {reason}", path=path, reason=reason),
            hint=sentence("google.credentials wants a JSON key file"),
        ) from None


def _from_text(text: str, place: str) -> Credentials:
    wrong = CredentialsError(
        sentence("{place} holds no Google credentials", place=place),
        hint=sentence("download the key again: Google Cloud console > IAM > Service accounts > Keys > Add key > JSON"),
    )
    try:
        info = json.loads(text)
    except ValueError:
        raise wrong from None
    if not isinstance(info, dict):
        raise wrong
    if "installed" in info or "web" in info:
        raise CredentialsError(
            sentence("{place} is an OAuth client, not a login", place=place),
            hint=sentence("set google.oauth_client to it, and run `gdata login`"),
        )
    try:
        return _from_info(info)
    except (exceptions.GoogleAuthError, ValueError, KeyError, TypeError):
        raise wrong from None  # the reason may quote the key


def _from_info(info: dict[str, Any]) -> Credentials:
    from google.oauth2 import credentials, service_account

    if info.get("type") == "service_account":
        account: Any = service_account.Credentials
        return _checked(account.from_service_account_info(info, scopes=SCOPES))
    if info.get("type") == "authorized_user":
        user: Any = credentials.Credentials
        login = user.from_authorized_user_info(info)
        return _checked(_keep_local_desk(login, str(info.get("token_uri"))))
    import google.auth as general

    load: Any = general.load_credentials_from_dict
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the general way in is the only one for federated logins
        found, _ = load(info, scopes=SCOPES)
    return _checked(found)


def _keep_local_desk(login: Any, token_uri: str) -> Any:
    """google-auth sends every person's login to Google; one that an emulator gave out goes back to the emulator."""
    if not is_loopback(urlsplit(token_uri).hostname or ""):
        return login
    return type(login)(
        None,
        refresh_token=login.refresh_token,
        token_uri=token_uri,
        client_id=login.client_id,
        client_secret=login.client_secret,
    )


def _checked(credentials: object) -> Credentials:
    """google-auth's constructors have no types."""
    if not isinstance(credentials, Credentials):
        raise TypeError(type(credentials).__name__)
    return credentials


def _default_credentials() -> Credentials:
    import google.auth

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found, _ = google.auth.default(scopes=SCOPES)
    except exceptions.GoogleAuthError:
        raise CredentialsError(
            sentence("there is no login for Google"),
            hint=sentence(
                "run `gdata login`, or set google.credentials in sheets.yaml to a service account's key file"
            ),
        ) from None
    return _checked(found)


def check_endpoint(endpoint: str) -> None:
    """Make sure that a token isn't sent to a stranger: an endpoint is on this machine, or allowed by the environment.

    Raises:
        ConfigError: it is neither, or no address.
    """
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(
            sentence("google.endpoint {endpoint} is no address", endpoint=endpoint),
            hint=sentence("write it as http://127.0.0.1:9000"),
        )
    if not is_loopback(parts.hostname) and os.environ.get("GDATA_ALLOW_ENDPOINT") != "1":
        raise ConfigError(
            sentence(
                "google.endpoint {endpoint} isn't on this machine, and would be sent your Google login",
                endpoint=endpoint,
            ),
            hint=sentence("remove google.endpoint, or set GDATA_ALLOW_ENDPOINT=1 if you trust that server"),
        )


def is_loopback(host: str) -> bool:
    """Whether a host name is this machine's own."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


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
