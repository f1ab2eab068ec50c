"""How a driver is made of generated code; where its language's toolchain isn't installed, the test says so."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

DRIVERS = Path(__file__).parent / "drivers"
CLIENT = Path(__file__).parents[2] / "examples" / "client-ts"
CRATES = Path("/usr/share/cargo/registry")
GO_LIBRARIES = Path("/usr/share/gocode")


def need(*programs: str) -> None:
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)} on the PATH")


def run(command: Sequence[str | Path], folder: Path, **environment: str) -> str:
    done = subprocess.run(
        [str(one) for one in command],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def python(code: Path) -> list[str]:
    shutil.copy(DRIVERS / "driver.py", code)
    return [sys.executable, str(code / "driver.py")]


def go(code: Path) -> list[str]:
    """Go 1.18 or later; its libraries as Debian has them, or by the Go proxy."""
    need("go", "protoc-gen-go")
    root = code.parent / "gopath"
    package = root / "src" / "example.com" / "game" / "gamedata"
    shutil.copytree(code, package)
    driver = root / "src" / "driver"
    driver.mkdir()
    shutil.copy(DRIVERS / "driver.go", driver / "main.go")
    for library in ("google.golang.org/protobuf", "github.com/klauspost/compress"):
        if not (GO_LIBRARIES / "src" / library).is_dir():
            pytest.skip(f"needs {library} under {GO_LIBRARIES}, as Debian has it")
    paths = f"{root}:{GO_LIBRARIES}"
    run(["go", "vet", "example.com/game/gamedata"], root, GO111MODULE="off", GOPATH=paths, GOFLAGS="")
    run(["go", "build", "-o", root / "run", "driver"], root, GO111MODULE="off", GOPATH=paths, GOFLAGS="")
    return [str(root / "run")]


def rust(code: Path) -> list[str]:
    """Cargo with prost, serde_json and sha2 as Debian keeps them (librust-prost-build-dev …); nothing is downloaded."""
    need("cargo")
    if not list(CRATES.glob("prost-build-*")):
        pytest.skip(f"needs librust-prost-build-dev and its kin in {CRATES}")
    crate = code.parent / "crate"
    (crate / "src").mkdir(parents=True)
    (crate / ".cargo").mkdir()
    source = f'replace-with = "debian"\n[source.debian]\ndirectory = "{CRATES}"\n'
    (crate / ".cargo" / "config.toml").write_text(f"[source.crates-io]\n{source}")
    packages = "\n".join(f'{name} = "*"' for name in ("prost", "prost-types", "serde_json", "sha2"))
    about = '[package]\nname = "run"\nversion = "0.0.0"\nedition = "2021"\n'
    built = '[build-dependencies]\nprost-build = "*"\n'
    (crate / "Cargo.toml").write_text(f"{about}[dependencies]\n{packages}\n{built}")
    shutil.copytree(code, crate / "src" / "gamedata")
    shutil.copy(DRIVERS / "driver.rs", crate / "src" / "main.rs")
    include = 'include!("src/gamedata/game_data_build.rs");\nfn main() { compile_game_data().unwrap(); }\n'
    (crate / "build.rs").write_text(include)
    run(["cargo", "build", "--offline", "--quiet"], crate, CARGO_TARGET_DIR=str(crate / "target"))
    return [str(crate / "target" / "debug" / "run")]


def typescript(code: Path) -> list[str]:
    """Node 20 with what examples/client-ts installs, or GDATA_NODE_MODULES has."""
    need("node")
    modules = code.parent / "node_modules"
    shutil.copy(DRIVERS / "driver.ts", code)
    (code / "package.json").write_text('{"type": "module"}')
    settings = "--strict --noUncheckedIndexedAccess --exactOptionalPropertyTypes --noImplicitOverride --noUnusedLocals"
    options = "--target ES2022 --module NodeNext --lib ES2022,DOM,DOM.Iterable --types node --outDir js --rootDir ."
    command = ["node", modules / "typescript" / "bin" / "tsc", *settings.split(), *options.split(), "driver.ts"]
    run(command, code)
    return ["node", str(code / "js" / "driver.js")]


def cpp(code: Path) -> list[str]:
    """g++ with the protobuf library that the protoc on the PATH belongs to; no exceptions, no RTTI of ours."""
    need("g++", "protoc", "pkg-config")
    if subprocess.run(["pkg-config", "--exists", "protobuf"], check=False).returncode:
        pytest.skip("needs libprotobuf-dev")
    flags = run(["pkg-config", "--cflags", "--libs", "protobuf"], code).split()
    sources = list(code.rglob("*.pb.cc"))
    options = ["-std=c++17", "-O0", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", "-I."]
    run(["g++", *options, DRIVERS / "driver.cpp", *sources, *flags, "-o", "run"], code)
    return [str(code / "run")]


def csharp(code: Path) -> list[str]:
    """Mono's C# 7 compiler, and the Google.Protobuf.dll that GOOGLE_PROTOBUF_DLL names."""
    need("mcs", "mono", "protoc")
    library = os.environ.get("GOOGLE_PROTOBUF_DLL", "")
    if not Path(library).is_file():
        pytest.skip("needs a Google.Protobuf.dll, named in GOOGLE_PROTOBUF_DLL")
    shutil.copy(library, code)
    sources = list(code.rglob("*.cs"))
    command = ["mcs", "-langversion:7.2", "-out:run.exe", "-r:Google.Protobuf.dll", *sources, DRIVERS / "driver.cs"]
    run(command, code)
    return ["mono", str(code / "run.exe")]


def java(code: Path) -> list[str]:
    """A JDK with the protobuf.jar of protoc's version, as Debian has it or PROTOBUF_JAR names it."""
    need("javac", "java", "protoc")
    library = Path(os.environ.get("PROTOBUF_JAR", "/usr/share/java/protobuf.jar"))
    if not library.is_file():
        pytest.skip("needs protobuf.jar: libprotobuf-java, or named in PROTOBUF_JAR")
    options = ["-nowarn", "-encoding", "UTF-8", "--release", "8", "-Xlint:-options"]
    run(["javac", *options, "-cp", library, "-d", "classes", DRIVERS / "Driver.java", *code.rglob("*.java")], code)
    return [
        "java",
        "-Dfile.encoding=UTF-8",
        "-Dstdout.encoding=UTF-8",
        "-cp",
        f"{code / 'classes'}:{library}",
        "Driver",
    ]


def lua(code: Path) -> list[str]:
    """LuaJIT with the module pb of lua-protobuf."""
    need("luajit")
    if subprocess.run(["luajit", "-e", "require 'pb'"], capture_output=True, check=False).returncode:
        pytest.skip("needs lua-protobuf: luarocks install lua-protobuf")
    return ["luajit", "-e", f"package.path = '{code}/?.lua;' .. package.path", str(DRIVERS / "driver.lua")]


def prepare(language: str, folder: Path) -> None:
    """What a project in the language has installed around the folder for its code."""
    if language == "typescript":
        modules = Path(os.environ.get("GDATA_NODE_MODULES", CLIENT / "node_modules"))
        if not (modules / ".bin" / "protoc-gen-es").exists():
            pytest.skip("run `npm ci` in examples/client-ts, or name a node_modules in GDATA_NODE_MODULES")
        (folder / "node_modules").symlink_to(modules)


MAKERS: Mapping[str, Callable[[Path], list[str]]] = {
    "cpp": cpp,
    "csharp": csharp,
    "go": go,
    "java": java,
    "lua": lua,
    "python": python,
    "rust": rust,
    "typescript": typescript,
}
"""Of each language: from the folder with its generated code to the command that answers."""
