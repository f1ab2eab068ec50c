"""Compile gdata/_core where a compiler is; where none is, gdata is installed without, and works all the same.

python hatch_build.py    compiles it into the source tree, for whoever works on it
"""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_FOLDER = "gdata/_core"


class CoreHook(BuildHookInterface[Any]):
    """The step of a wheel's build that compiles."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and take the result into the wheel, whose name then says for which systems it is."""
        built = compile_core(Path(self.root))
        if built is None:
            self.app.display_warning("gdata._core isn't compiled: gdata will work, at a fraction of the speed")
            return
        build_data["pure_python"] = False
        build_data["artifacts"].append(f"/{_FOLDER}/{built.name}")
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["tag"] = f"cp311-abi3-{platform}"


def compile_core(root: Path) -> Path | None:
    """The compiled module, beside its sources; None where there is no compiler, or it fails."""
    from setuptools import Distribution, Extension
    from setuptools.command.build_ext import build_ext

    folder = root / _FOLDER
    sources = [str(path) for path in sorted(folder.glob("*.c"))]
    flags = ["/O2"] if sys.platform == "win32" else ["-O3", "-std=c11", "-Wall", "-Wextra", "-fno-math-errno"]
    headers = [str(path) for path in sorted(folder.glob("*.h"))]
    extension = Extension("native", sources, py_limited_api=True, extra_compile_args=flags, depends=headers)
    command = build_ext(Distribution({"name": "native", "ext_modules": [extension]}))
    command.ensure_finalized()
    command.build_lib, command.build_temp = str(folder), str(root / "build" / "core")
    try:
        command.run()
    except Exception as error:  # Whatever keeps a compiler from compiling: there is none, it has no Python.h.
        print(f"gdata._core: {error}", file=sys.stderr)
        return None
    return folder / Path(command.get_ext_filename("native")).name


if __name__ == "__main__":
    print(compile_core(Path(__file__).parent))
