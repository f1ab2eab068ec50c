"""Where gdata as one file starts; it is its own protoc too, which gdata runs as a process of its own."""

import multiprocessing
import os
import sys

multiprocessing.freeze_support()
os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", ""), getattr(sys, "_MEIPASS", "")])  # buf lies there

if sys.argv[1:3] == ["-m", "grpc_tools.protoc"]:
    from grpc_tools.protoc import main as protoc

    sys.exit(protoc(["protoc", *sys.argv[3:]]))

from gdata.cli.main import main  # noqa: E402

main()
