"""The languages that code is generated in: one line each, and one module of its name."""

from __future__ import annotations

from collections.abc import Mapping

from gdata.codegen.language import Language, LanguageName
from gdata.codegen.languages.cpp import CPP
from gdata.codegen.languages.csharp import CSHARP
from gdata.codegen.languages.go import GO
from gdata.codegen.languages.java import JAVA
from gdata.codegen.languages.lua import LUA
from gdata.codegen.languages.python import PYTHON
from gdata.codegen.languages.rust import RUST
from gdata.codegen.languages.typescript import TYPESCRIPT

LANGUAGES: Mapping[LanguageName, Language] = {
    "cpp": CPP,
    "csharp": CSHARP,
    "go": GO,
    "java": JAVA,
    "lua": LUA,
    "python": PYTHON,
    "rust": RUST,
    "typescript": TYPESCRIPT,
}
