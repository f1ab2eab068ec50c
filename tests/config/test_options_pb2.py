"""gdata/options_pb2.py is what protoc makes of options.proto: code generated from users' .proto files imports it."""

from __future__ import annotations

import sys

from command_line import ROOT

sys.path.append(str(ROOT / "docs"))

from make_options import MADE, content


def test_it_is_current() -> None:
    assert MADE.read_text(encoding="utf-8") == content(), "run python docs/make_options.py"


def test_any_protobuf_of_a_server_takes_it() -> None:
    assert "runtime_version" not in MADE.read_text(encoding="utf-8")
