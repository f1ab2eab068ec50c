"""No command loses anything wherever it dies, fails or the power goes out."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("gcc") is None, reason="needs Linux's LD_PRELOAD and gcc"
)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_command_is_hit_at_its_calls(tmp_path: Path) -> None:
    script = Path(__file__).with_name("crash_points.py")
    ran = subprocess.run(
        [sys.executable, str(script), "--seconds", "100"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=500,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]
