"""The CI recipes work as they stand: their commands are run here against real projects with a store in a folder."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest
import yaml
from ci_runner import RECIPES, Runner
from command_line import ROOT, run_gdata
from google.auth.identity_pool import Credentials

from gdata.releases.log import newest_entry
from gdata.releases.stores import open_store

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="both services run these commands in bash")


@pytest.fixture
def small(tmp_path: Path) -> Runner:
    """The project of `gdata init`."""
    run_gdata("init", "game", cwd=tmp_path)
    return Runner(tmp_path / "game", tmp_path / "tools")


@pytest.fixture
def sample(tmp_path: Path) -> Runner:
    """A copy of the sample game."""
    project = tmp_path / "game"
    for name in ("protos", "sheets", "checks"):
        shutil.copytree(ROOT / name, project / name)
    shutil.copy(ROOT / "sheets.yaml", project)
    return Runner(project, tmp_path / "tools")


def released(runner: Runner, channel: str) -> str:
    entry = newest_entry(open_store(str(runner.project / "releases")), channel)
    return entry.release if entry is not None else ""


def edit(runner: Runner, file: str, old: str, new: str) -> None:
    path = runner.project / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("which", ["small", "sample"])
def test_github_takes_a_change_of_the_sheets_to_live(which: str, request: pytest.FixtureRequest) -> None:
    runner: Runner = request.getfixturevalue(which)
    assert runner.github_job("staging") == (0, "")
    assert runner.values["needs.staging.outputs.differs"] == "yes"
    assert (runner.project / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert runner.github_job("live") == (0, "")
    assert released(runner, "live") == released(runner, "staging") != ""
    assert runner.github_job("staging") == (0, "")
    assert runner.values["needs.staging.outputs.differs"] == "no"


def test_github_comments_a_change_and_fails_where_the_gate_says_no(small: Runner) -> None:
    assert small.github_job("staging") == (0, "")
    assert small.github_job("live") == (0, "")
    small.values |= {"github.event.pull_request.number": "12", "github.repository": "team/game"}
    assert small.github_job("review") == (0, "")
    edit(small, "sheets/Shop.csv", "1002,120", "1002,900")
    assert small.github_job("review")[0] == 4
    calls = small.noted("gh")
    assert "--method POST repos/team/game/issues/12/comments --field body=@comment.md" in calls
    assert (small.project / "comment.md").read_text(encoding="utf-8").startswith("<!-- gdata diff -->")
    assert "price-swing" in (small.project / "diff.md").read_text(encoding="utf-8")
    assert (small.project / "diff.html").exists()


def test_github_annotates_a_mistake_and_stops(small: Runner) -> None:
    edit(small, "sheets/Shop.csv", "1002,120", "9999,120")
    code, output = small.github_job("review")
    assert code == 1
    assert "::error" in output
    assert small.noted("gh") == ""


def test_an_approval_of_a_build_that_staging_has_no_more_is_refused(small: Runner) -> None:
    small.github_job("staging")
    approved = dict(small.values)
    edit(small, "sheets/Shop.csv", "1002,120", "1002,130")
    small.github_job("staging")
    small.values = approved
    assert small.github_job("live")[0] == 4
    assert released(small, "live") == ""


@pytest.mark.parametrize("which", ["small", "sample"])
def test_gitlab_takes_a_change_of_the_sheets_to_live(which: str, request: pytest.FixtureRequest) -> None:
    runner: Runner = request.getfixturevalue(which)
    code, output = runner.gitlab_job("staging", CI_PIPELINE_ID="9")
    assert code == 0, output
    assert (runner.project / "report.html").exists()
    code, output = runner.gitlab_job("live", CI_PIPELINE_ID="9")
    assert code == 0, output
    assert released(runner, "live") == released(runner, "staging") != ""


def test_gitlab_comments_a_change_and_fails_where_the_gate_says_no(small: Runner) -> None:
    small.gitlab_job("staging", CI_PIPELINE_ID="9")
    small.gitlab_job("live", CI_PIPELINE_ID="9")
    assert small.gitlab_job("review")[0] == 0
    assert small.noted("curl") == ""
    edit(small, "sheets/Shop.csv", "1002,120", "1002,900")
    service = {"CI_API_V4_URL": "https://gitlab.example/api/v4", "CI_PROJECT_ID": "5", "CI_MERGE_REQUEST_IID": "3"}
    code, output = small.gitlab_job("review", GITLAB_TOKEN="secret", **service)
    assert code == 4, output
    assert "https://gitlab.example/api/v4/projects/5/merge_requests/3/notes" in small.noted("curl")


def test_gitlab_logs_in_to_google_without_a_key(small: Runner) -> None:
    login = {"GCP_WORKLOAD_IDENTITY_PROVIDER": "projects/1/x", "GCP_SERVICE_ACCOUNT": "a@b", "GOOGLE_ID_TOKEN": "jwt"}
    code, output = small.gitlab_job("staging", CI_PIPELINE_ID="9", **login)
    assert code == 0, output
    written = json.loads((small.project / ".google-login.json").read_text(encoding="utf-8"))
    assert written["audience"] == "//iam.googleapis.com/projects/1/x"
    assert written["service_account_impersonation_url"].endswith("/serviceAccounts/a@b:generateAccessToken")
    assert isinstance(Credentials.from_info(written), Credentials)


def workflows() -> list[Path]:
    shipped = [ROOT / "action.yml", *(ROOT / ".github" / "workflows").glob("*.yml")]
    return [*shipped, RECIPES / "github-actions.yml"]


@pytest.mark.parametrize("path", workflows(), ids=lambda path: path.name)
def test_what_a_workflow_uses_is_pinned_by_commit(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    used = re.findall(r"^[ -]*uses: (\S+)(.*)$", text, re.MULTILINE)
    assert used
    for action, comment in used:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r" # v[\d.]+", comment), f"{action}: say which version it is"
    assert re.search(r"run: .*\$\{\{", text) is None, "an expression in a script is an injection: pass it by env"


def test_the_hook_and_the_image_ask_for_what_there_is() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hook["entry"].split()[:2] == ["gdata", "check"]
    assert re.search(hook["files"], "sheets/Item.csv") and re.search(hook["files"], "protos/game/item.proto")
    image = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "USER 10001" in image and image.count("FROM") == 2


def test_both_recipes_ask_a_person_before_live() -> None:
    assert "environment: live" in (RECIPES / "github-actions.yml").read_text(encoding="utf-8")
    assert "when: manual" in (RECIPES / "gitlab-ci.yml").read_text(encoding="utf-8")
