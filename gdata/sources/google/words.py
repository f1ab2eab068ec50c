"""Why Google couldn't be read, in words a planner can act on: one table, from kinds of failure to errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gdata.errors import AccessError, CredentialsError, QuotaError, SourceError
from gdata.language import Sentence, sentence
from gdata.sources.waiting import Failure


@dataclass(frozen=True)
class Words:
    """An error's class and its templates.

    They may use {spreadsheet} (short name), {link}, {id}, {who} (whom to share with), {host} and {detail}.
    """

    error: type[SourceError]
    message: Sentence
    hint: Sentence


_SERVER_HINT = sentence(
    "wait a minute and run it again; https://www.google.com/appsstatus shows whether Google has trouble"
)
_NETWORK_HINT = sentence("check the network and try again; behind a proxy, set HTTPS_PROXY")

WORDS: Mapping[str, Words] = {
    # --- this spreadsheet ---------------------------------------------------------------------------------
    "not_shared": Words(
        AccessError,
        sentence("the spreadsheet {spreadsheet} isn't shared with {who}: {link}"),
        sentence("open the link, press Share, and add {who} as a viewer"),
    ),
    "not_found": Words(
        AccessError,
        sentence("Google has no spreadsheet with the id of {spreadsheet}: {link}"),
        sentence(
            "open the link: if it is deleted, restore it from Drive's bin; if the id is wrong, mend it in sheets.yaml"
        ),
    ),
    "office_file": Words(
        SourceError,
        sentence("the spreadsheet {spreadsheet} is an Excel file kept on Google Drive, not a Google Sheet: {link}"),
        sentence("open it and choose File > Save as Google Sheets, then put the new file's id into sheets.yaml"),
    ),
    "edited": Words(
        SourceError,
        sentence("the spreadsheet {spreadsheet} was edited while it was read, again and again ({detail})"),
        sentence("run it again when nobody moves rows or renames sheets in it: {link}"),
    ),
    # --- the login ----------------------------------------------------------------------------------------
    "api_disabled": Words(
        CredentialsError,
        sentence("the Google Sheets API isn't switched on in the Google Cloud project of {who}"),
        sentence("switch it on at {detail}, wait a minute, and run it again"),
    ),
    "scope": Words(
        CredentialsError,
        sentence("the login of {who} isn't allowed to read spreadsheets: it was made for other scopes"),
        sentence(
            "run `gdata login` again; for gcloud's own login: gcloud auth application-default "
            "login "
            "--scopes=https://www.googleapis.com/auth/spreadsheets.readonly,https://www.googleapis.com/auth/cloud-platform"
        ),
    ),
    "quota_project": Words(
        CredentialsError,
        sentence("Google wants to know which Google Cloud project pays for the reads of {who}"),
        sentence("run: gcloud auth application-default set-quota-project PROJECT, or use a service account's key"),
    ),
    "token_refused": Words(
        CredentialsError,
        sentence("Google doesn't take the token of {who}, not even a fresh one"),
        sentence("make a new key for the service account, or run `gdata login` again"),
    ),
    "clock": Words(
        CredentialsError,
        sentence("Google refuses the login of {who} because this computer's clock is wrong"),
        sentence("set the clock (let the system set it by itself) and run it again"),
    ),
    "consent": Words(
        CredentialsError,
        sentence("the login of {who} has expired or was withdrawn"),
        sentence(
            "run `gdata login` again; if it lapses every week, the team's OAuth client should be set to internal use"
        ),
    ),
    "key_deleted": Words(
        CredentialsError,
        sentence("Google doesn't know the key of {who} any more: the key or the account was deleted"),
        sentence("make a new key for the service account, and set google.credentials in sheets.yaml to it"),
    ),
    "client_deleted": Words(
        CredentialsError,
        sentence("Google doesn't know the team's OAuth client any more"),
        sentence(
            "ask whoever made it for a new client file (google.oauth_client in sheets.yaml), then run `gdata login`"
        ),
    ),
    "login_refused": Words(
        CredentialsError,
        sentence("Google refuses the login of {who}: {detail}"),
        sentence("`gdata doctor` tries each step of the login and says which one fails"),
    ),
    # --- Google, not now ----------------------------------------------------------------------------------
    "quota": Words(
        QuotaError,
        sentence("the quota of Google Sheets is used up: {detail}"),
        sentence(
            "wait a minute and run it again: 60 reads a minute are shared by everybody who uses "
            "the same key; a key for CI and one for people, or `gdata login`, parts them"
        ),
    ),
    "server": Words(QuotaError, sentence("Google answers with an error of its own ({detail}) at {host}"), _SERVER_HINT),
    # --- the way there ------------------------------------------------------------------------------------
    "timeout": Words(SourceError, sentence("{host} didn't answer in time"), _NETWORK_HINT),
    "unreachable": Words(SourceError, sentence("can't reach {host}: {detail}"), _NETWORK_HINT),
    "proxy": Words(
        SourceError,
        sentence("the proxy between here and {host} refuses: {detail}"),
        sentence("check HTTPS_PROXY and NO_PROXY, or ask whoever runs the network to let {host} through"),
    ),
    "tls": Words(
        SourceError,
        sentence("the certificate of {host} isn't trusted here: {detail}"),
        sentence(
            "something in between may inspect traffic: install its certificate in the system's "
            "trust store, or name its file in REQUESTS_CA_BUNDLE; check the clock too"
        ),
    ),
    "cut": Words(
        SourceError,
        sentence("answers of {host} kept breaking off in the middle"),
        sentence("the network drops long transfers: try another network, or ask whoever runs the proxy"),
    ),
    "not_google": Words(
        SourceError,
        sentence("what answers in place of {host} isn't Google ({detail})"),
        sentence("log in to the network (hotel, office, VPN) in a browser, or check google.endpoint and HTTPS_PROXY"),
    ),
    "unknown": Words(
        SourceError,
        sentence("Google refuses to hand over the spreadsheet {spreadsheet}: {detail}"),
        sentence("open {link} in a browser; `gdata doctor` tries each step"),
    ),
}


_YOUR_LOGIN = sentence("your login")


@dataclass(frozen=True)
class Circumstances:
    """What the words of an error may speak of."""

    who: str | Sentence = _YOUR_LOGIN
    host: str = "Google"
    spreadsheet: str = ""
    id: str = ""

    @property
    def link(self) -> str:
        """The address that opens the spreadsheet."""
        return spreadsheet_link(self.id)


def spreadsheet_link(id: str) -> str:
    """The address of a spreadsheet in the browser."""
    return f"https://docs.google.com/spreadsheets/d/{id}/edit"


def explain(failure: Failure, circumstances: Circumstances) -> SourceError:
    """The error to show for a failure."""
    words = WORDS[failure.kind]
    values = {
        "who": circumstances.who,
        "host": circumstances.host,
        "spreadsheet": circumstances.spreadsheet,
        "id": circumstances.id,
        "link": circumstances.link,
        "detail": failure.detail,
    }
    return words.error(words.message.with_words(**values), hint=words.hint.with_words(**values))
