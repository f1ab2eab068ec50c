"""`gdata`, and `python -m gdata`: where only a server's part is installed, it says how to install the rest."""

from __future__ import annotations

import sys

from gdata.installed import missing_part


def main() -> None:
    """The command."""
    try:
        from gdata.cli.main import main as run
    except ModuleNotFoundError as error:
        from gdata.language import system_language, use_language

        refused = missing_part(error)
        if refused is None:
            raise
        use_language(system_language())
        sys.stderr.write(f"gdata: {refused}\n  → {refused.hint}\n")
        sys.exit(refused.exit_code)
    run()


if __name__ == "__main__":
    main()
