"""Tell a webhook what was released: one try, bounded, and never a reason for a release to fail.

The address is a secret: whoever has it may post. It is shown nowhere but for its host.
"""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from gdata.diffs.gate import GateVerdict
from gdata.diffs.model import Diff
from gdata.diffs.presentation import Presentation
from gdata.diffs.renderers.chat import to_discord, to_plain, to_slack
from gdata.errors import GdataError, UsageError
from gdata.language import say, sentence

TIMEOUT = 8.0
"""Seconds that the whole try may take."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def check_address(url: str) -> None:
    """Raise UsageError for what is no address of a webhook: before a release, not after it."""
    try:
        parts = urlsplit(url)
        schemes = ("https", "http") if parts.hostname in _LOOPBACK else ("https",)
        if parts.scheme in schemes and parts.hostname and (parts.port is None or parts.port > 0):
            return
    except ValueError:
        pass
    raise UsageError(
        sentence("--notify: this is no address of a webhook"),
        hint=sentence("give the https:// address that the service shows"),
    )


def message_for(url: str, diff: Diff | None, verdict: GateVerdict, words: Presentation, title: str) -> dict[str, Any]:
    """What is posted: blocks for Slack, an embed for Discord, text for anything else.

    It is the title alone where there is no diff, or the files that its rows are read from are others by now.
    """
    host = urlsplit(url).hostname or ""
    is_discord = _is_of(host, "discord.com", "discordapp.com")
    if diff is not None:
        with suppress(GdataError):
            if _is_of(host, "slack.com"):
                return to_slack(diff, verdict, presentation=words, title=title)
            if is_discord:
                return to_discord(diff, verdict, presentation=words, title=title)
            return {"text": to_plain(diff, verdict, presentation=words, title=title)}
    return {"content": title} if is_discord else {"text": title}


def _is_of(host: str, *domains: str) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def post(url: str, message: dict[str, Any], *, timeout: float = TIMEOUT) -> str:
    """Post the message once; "" where it was taken, else why it wasn't."""
    failed: list[str] = []
    thread = threading.Thread(target=_post, args=(url, message, timeout, failed), daemon=True)
    thread.start()
    thread.join(timeout)
    host = urlsplit(url).hostname or ""
    if thread.is_alive():
        why = _too_late(timeout)
    elif not failed:
        return ""
    else:
        why = failed[0]
    return say("{host} wasn't told: {why}", host=host, why=why)


def _too_late(timeout: float) -> str:
    return say("it didn't answer within {seconds} s", seconds=f"{timeout:g}")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """A webhook doesn't move: what it says goes nowhere else."""


def _post(url: str, message: dict[str, Any], timeout: float, failed: list[str]) -> None:
    content = json.dumps(message, ensure_ascii=False).encode("utf-8", "replace")
    request = urllib.request.Request(url, content, {"Content-Type": "application/json; charset=utf-8"})
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=timeout):
            return
    except urllib.error.HTTPError as error:
        failed.append(say("it answered {code}", code=error.code))
    except (OSError, ValueError) as error:
        # The words of a library may have the address in them.
        reason = getattr(error, "reason", error)
        if isinstance(reason, TimeoutError):  # the socket's own clock may run out before the thread's
            failed.append(_too_late(timeout))
        else:
            failed.append(type(reason).__name__ if isinstance(reason, BaseException) else "")
