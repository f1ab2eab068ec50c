"""The fault matrix: whatever goes wrong at whichever request, a pull gives the right data or the right message."""

import json
import threading
import time
from dataclasses import replace
from datetime import date

import pytest
import requests
from google.auth import exceptions as auth
from google_project import HASTY, QUICK, SHORT, emulate, grid_of, pull, request, settings
from waiting import until

from gdata.config import GoogleSettings, Spreadsheet
from gdata.errors import AccessError, CredentialsError, GdataError, QuotaError, SourceError
from gdata.sources.google import pull_google
from gdata.sources.google.answers import read_google
from gdata.sources.google.failures import WORDS, failure_of_exception
from gdata.sources.grid import DateCell
from gdata.sources.waiting import Patience
from gdata.testing.google import GoogleEmulator
from gdata.testing.google.refusals import FAULTS

SHEETS = {"Item": [["id"], [1], ["검"]], "Event": [["at"], [date(2026, 12, 1)]]}
AS_WRITTEN = [request("Item"), request("Event", has_times=True)]
BY_METADATA = [request("I*"), request("Event", has_times=True)]
KINDS = ("token", "metadata", "batchGet")
PASSING = [
    (fault, on, skip)
    for fault in FAULTS
    for on in KINDS
    for skip in (0, 1)
    if fault != "429_retry_after" and (fault, on) != ("token_expired", "token")
]


def assert_right(google: GoogleEmulator, requests, patience: Patience = QUICK) -> None:
    read = read_google(pull(google, {"items": requests}, patience)["items"], requests)
    assert grid_of(read, "Item").rows == SHEETS["Item"]
    assert grid_of(read, "Event").rows == [["at"], [DateCell(46357.0, "2026-12-01")]]
    assert read.missing == []


@pytest.mark.parametrize(("fault", "on", "skip"), PASSING)
def test_a_fault_that_passes_leaves_the_right_data(fault, on, skip):
    with emulate(items=SHEETS) as google:
        google.fail(fault, on=on, skip=skip)
        assert_right(google, BY_METADATA, HASTY if fault == "hang" else QUICK)


EXPECTED = {
    "429": QuotaError,
    "429_retry_after": QuotaError,
    "408": QuotaError,
    "500": QuotaError,
    "500_html": QuotaError,
    "502_html": QuotaError,
    "503": QuotaError,
    "503_html": QuotaError,
    "hang": SourceError,
    "reset": SourceError,
    "cut": SourceError,
    "half": SourceError,
    "portal": SourceError,
    "token_expired": CredentialsError,
}
"""What a fault that doesn't pass ends in."""


@pytest.mark.parametrize("on", KINDS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_stays_has_its_own_words(fault, on):
    with emulate(items=SHEETS) as google:
        google.fail(fault, on=on, times=10_000)
        with pytest.raises(EXPECTED[fault]) as caught:
            pull(google, {"items": BY_METADATA}, replace(HASTY, budget=0.1) if fault == "hang" else SHORT)
        assert_helpful(caught.value, google)


@pytest.mark.parametrize("on", KINDS)
def test_an_answer_that_breaks_off_is_not_a_host_out_of_reach(on):
    with emulate(items=SHEETS) as google:
        google.fail("cut", on=on, times=10_000)
        with pytest.raises(SourceError, match="kept breaking off"):
            pull(google, {"items": BY_METADATA}, SHORT)


NOISE = ("ya29.", "PRIVATE", "Traceback", "0x", "Error(", "{", "HTTPConnection")


def assert_helpful(error: GdataError, google: GoogleEmulator) -> None:
    """A message and a next step, in one line each, without secrets or a traceback's noise."""
    assert error.exit_code in (2, 3)
    assert error.hint
    for text in (str(error), error.hint):
        assert all(line.isprintable() for line in text.split("\n"))
        assert not any(noise in text for noise in NOISE)


def test_waits_are_told_with_their_reason():
    news = []
    with emulate(items=SHEETS) as google:
        google.fail("429", on="batchGet", times=2)
        pull(google, {"items": AS_WRITTEN}, on_progress=news.append)
    assert [one.event for one in news] == ["waiting", "waiting", "done"]
    assert "Read requests per minute" in news[0].reason
    assert (news[-1].done, news[-1].total, news[-1].spreadsheet) == (1, 1, "items")


def test_retry_after_is_obeyed():
    with emulate(items=SHEETS) as google:
        google.fail("429_retry_after", on="batchGet")
        started = time.monotonic()
        assert_right(google, AS_WRITTEN)
        assert time.monotonic() - started >= 1.0


def test_a_wait_longer_than_the_budget_is_not_begun():
    with emulate(items=SHEETS) as google:
        google.fail("429_retry_after", on="batchGet", times=100)
        with pytest.raises(QuotaError, match="quota of Google Sheets is used up"):
            pull(google, {"items": [request("Item")]}, SHORT)
        assert [asked.kind for asked in google.log].count("batchGet") == 1


@pytest.mark.parametrize(("way", "status"), [("unshare", 403), ("delete", 404), ("turn_into_office_file", 400)])
def test_a_refusal_is_asked_for_only_once(way, status):
    with emulate(items=SHEETS) as google:
        getattr(google, way)("items")
        with pytest.raises(SourceError):
            pull(google, {"items": [request("Item")]})
        assert len(google.log) == 2


def test_403_names_the_address_to_share_with_and_the_link():
    with emulate(items=SHEETS) as google:
        google.unshare("items")
        with pytest.raises(AccessError) as caught:
            pull(google, {"items": AS_WRITTEN})
        assert google.key["client_email"] in str(caught.value)
        assert "https://docs.google.com/spreadsheets/d/items/edit" in str(caught.value)
        assert google.key["client_email"] in caught.value.hint


def test_all_that_failed_are_named_and_the_others_come():
    with emulate(a=SHEETS, b=SHEETS, c=SHEETS, d=SHEETS) as google:
        google.unshare("a")
        google.delete("b")
        google.turn_into_office_file("c")
        asked = [(Spreadsheet(name, (), id=name), AS_WRITTEN) for name in "abcd"]
        came = []
        with pytest.raises(SourceError) as caught:
            for one in pull_google(asked, settings(google), patience=QUICK):
                came.append(one.spreadsheet)
    assert came == ["d"]
    lines = str(caught.value).split("\n")
    assert "isn't shared" in lines[0]
    assert "no spreadsheet with the id of b" in lines[1]
    assert "Excel file" in lines[2]
    assert len(lines) == len(caught.value.hint.split("\n")) == 3


def with_login(google: GoogleEmulator, login: dict) -> GoogleSettings:
    return GoogleSettings(credentials=json.dumps(login), endpoint=google.endpoint)


def pull_as(google: GoogleEmulator, login: dict) -> list:
    asked = [(Spreadsheet("items", (), id="items"), AS_WRITTEN)]
    return list(pull_google(asked, with_login(google, login), patience=SHORT))


def test_a_person_may_log_in_too():
    with emulate(items=SHEETS) as google:
        assert len(pull_as(google, google.user_login())) == 1
        google.unshare("items")
        with pytest.raises(AccessError, match="isn't shared with the Google account that you logged in with"):
            pull_as(google, google.user_login())


def _skew(google):
    google.login.clock_skew = -7200


def _consent(google):
    google.login.consent_expired = True


def _deleted(google):
    google.login.key_deleted = True


def _disabled(google):
    google.state.api_enabled = False


REFUSED = {
    "clock": (_skew, "key", "clock is wrong", "set the clock"),
    "consent": (_consent, "user", "has expired or was withdrawn", "gdata login"),
    "key_deleted": (_deleted, "key", "doesn't know the key", "new key"),
    "api_disabled": (_disabled, "key", "isn't switched on", "overview?project="),
    "scope": (lambda google: None, "scopeless", "made for other scopes", "gdata login"),
    "client": (lambda google: None, "clientless", "OAuth client", "google.oauth_client"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_login_that_is_refused_has_its_own_words_at_once(case):
    spoil, login, message, hint = REFUSED[case]
    with emulate(items=SHEETS) as google:
        logins = {
            "key": google.key,
            "user": google.user_login(),
            "scopeless": google.user_login("https://www.googleapis.com/auth/userinfo.email"),
            "clientless": {**google.user_login(), "client_id": "gone"},
        }
        spoil(google)
        with pytest.raises(CredentialsError) as caught:
            pull_as(google, logins[login])
        assert message in str(caught.value)
        assert hint in caught.value.hint
        assert_helpful(caught.value, google)
        assert len(google.log) <= 3


def test_a_token_that_ends_half_way_is_renewed_once_by_all():
    spreadsheets = {f"s{number}": SHEETS for number in range(12)}
    with emulate(**spreadsheets) as google:
        google.wire.latency = 0.02
        google.fail("token_expired", on="batchGet", skip=6)
        came = pull(google, dict.fromkeys(spreadsheets, AS_WRITTEN))
        assert len(came) == 12
        assert [asked.kind for asked in google.log].count("token") == 2


def test_a_quota_that_refills_is_waited_for():
    with emulate(items=SHEETS) as google:
        google.state.quota = 1
        news = []

        def refill(one):
            news.append(one)
            google.state.quota = 0

        requests = [request("I*")]
        read = read_google(pull(google, {"items": requests}, on_progress=refill)["items"], requests)
    assert grid_of(read, "Item").rows == SHEETS["Item"]
    assert news[0].event == "waiting"


def test_nobody_there():
    with emulate(items=SHEETS) as google:
        key = google.key
    settings = GoogleSettings(credentials=json.dumps(key), endpoint=google.endpoint)
    with pytest.raises(SourceError, match=r"can't reach 127\.0\.0\.1:\d+: .*refused"):
        list(pull_google([(Spreadsheet("items", (), id="items"), AS_WRITTEN)], settings, patience=SHORT))


def test_giving_up_ends_the_waits():
    with emulate(items=SHEETS, other=SHEETS) as google:
        google.fail("503", on="batchGet", times=10_000, spreadsheet="items")
        asked = [(Spreadsheet(name, (), id=name), AS_WRITTEN) for name in ("items", "other")]
        answers = pull_google(asked, settings(google), patience=Patience(first_wait=0.001, longest_wait=0.02))
        next(answers)
        answers.close()
        until(lambda: not any("_pull_one" in thread.name for thread in threading.enumerate()))


def subclasses(kind: type) -> set[type]:
    return {kind}.union(*map(subclasses, kind.__subclasses__()))


@pytest.mark.parametrize("kind", sorted(subclasses(requests.RequestException), key=str), ids=lambda kind: kind.__name__)
def test_every_exception_of_requests_has_words(kind):
    assert failure_of_exception(kind.__new__(kind)).kind in WORDS


@pytest.mark.parametrize("kind", sorted(subclasses(auth.GoogleAuthError), key=str), ids=lambda kind: kind.__name__)
def test_every_exception_of_google_auth_has_words(kind):
    assert failure_of_exception(kind("secret-token")).kind in WORDS


def test_other_exceptions_are_bugs():
    with pytest.raises(ZeroDivisionError):
        failure_of_exception(ZeroDivisionError())
