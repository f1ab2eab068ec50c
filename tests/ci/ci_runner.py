"""Runs the shell commands of CI recipes as the two services do, with the programs of others noted, not run."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from command_line import quick_gdata

RECIPES = Path(__file__).parent.parent.parent / "docs" / "ci"
# They reach into the world, so they are only noted: name and arguments, one line each.
_FOREIGN = ("pip", "gh", "curl")


@dataclass
class Runner:
    """A checkout in `project`, and what the service keeps between steps and jobs."""

    project: Path
    tools: Path
    values: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tools.mkdir()
        for name in _FOREIGN:
            self._tool(name, f'#!/bin/sh\nfor one in "$@"; do printf "%s " "$one"; done >> "{self.tools}/{name}.log"\n')
        quick_gdata(self.tools)
        self._tool("python", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')

    def _tool(self, name: str, script: str) -> None:
        path = self.tools / name
        path.write_text(script, encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IEXEC)

    def noted(self, name: str) -> str:
        """What a program of others was called with."""
        log = self.tools / f"{name}.log"
        return log.read_text(encoding="utf-8") if log.exists() else ""

    def shell(self, script: str, flags: str, environ: dict[str, str]) -> tuple[int, str]:
        ran = subprocess.run(
            ["bash", *flags.split(), "-c", script],
            cwd=self.project,
            env={**os.environ, "PATH": f"{self.tools}{os.pathsep}{os.environ['PATH']}", **environ},
            capture_output=True,
            encoding="utf-8",
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return ran.returncode, ran.stdout + ran.stderr

    # --- GitHub ----------------------------------------------------------------------------------------------

    def github_job(self, name: str) -> tuple[int, str]:
        """Run a job's `run:` steps; the exit code of the one that failed, and its output."""
        workflow = yaml.safe_load((RECIPES / "github-actions.yml").read_text(encoding="utf-8"))
        job: dict[str, Any] = workflow["jobs"][name]
        for step in job["steps"]:
            if "run" not in step:
                continue
            assert "${{" not in step["run"], "an expression in a script is an injection: pass it by env"
            code, output = self._github_step(step, workflow["env"])
            if code:
                return code, output
        for key, expression in job.get("outputs", {}).items():
            self.values[f"needs.{name}.outputs.{key}"] = self._resolved(expression)
        return 0, ""

    def _github_step(self, step: dict[str, Any], environ: dict[str, str]) -> tuple[int, str]:
        output, summary = self.tools / "output", self.tools / "summary.md"
        output.write_text("", encoding="utf-8")
        own = {key: self._resolved(str(value)) for key, value in step.get("env", {}).items()}
        service = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_RUN_ID": "77"}
        result = self.shell(step["run"], "-e", {**environ, **service, **own})
        for line in output.read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition("=")
            self.values[f"steps.{step['id']}.outputs.{key}"] = value
        return result

    def _resolved(self, text: str) -> str:
        return re.sub(r"\$\{\{ (.+?) \}\}", lambda found: self.values.get(found[1], ""), text)

    # --- GitLab ----------------------------------------------------------------------------------------------

    def gitlab_job(self, name: str, **environ: str) -> tuple[int, str]:
        """Run a job's scripts in one shell; its exit code and output."""
        recipe = yaml.safe_load((RECIPES / "gitlab-ci.yml").read_text(encoding="utf-8"))
        job = {**recipe[recipe[name]["extends"]], **recipe[name]}
        script = "\n".join([*job["before_script"], *job["script"]])
        code, output = self.shell(script, "-e -o pipefail", {**recipe["variables"], **self.values, **environ})
        dotenv = job.get("artifacts", {}).get("reports", {}).get("dotenv")
        if not code and dotenv:
            for line in (self.project / dotenv).read_text(encoding="utf-8").splitlines():
                key, _, value = line.partition("=")
                self.values[key] = value
        return code, output
