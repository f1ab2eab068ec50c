"""`gdata`, and `python -m gdata`: whether there is anything to do is asked before anything is imported.

Where only a server's part is installed, it says how to install the rest.
"""

import gc
import os
import sys


def main() -> None:
    """The command."""
    # What is imported stays: the collector would walk it a hundred times, for 0.03 s of each command, and once from
    # 50,000 objects on, which a build without news has, for 0.01 s.
    gc.set_threshold(100_000, 20, 20)
    arguments = sys.argv[1:]
    if arguments[:1] == ["build"]:
        from gdata.pipeline.kept.unchanged import ask, say_again

        said = ask(arguments, os.environ)
        if said is not None:
            say_again(said)
            sys.exit(0)
    try:
        from gdata.cli.main import main as run
    except ModuleNotFoundError as error:
        from gdata.installed import missing_part
        from gdata.language import system_language, use_language

        refused = missing_part(error)
        if refused is None:
            raise
        use_language(system_language())
        sys.stderr.write(f"gdata: {refused}\n  → {refused.hint}\n")
        sys.exit(refused.exit_code)
    try:
        run()
    finally:
        gc.freeze()  # What ends with the process needn't be walked once more, for 0.03 s.


if __name__ == "__main__":
    main()
