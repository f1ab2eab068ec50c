"""`python -m gdata` is `gdata`."""

from gdata.cli.main import main

if __name__ == "__main__":
    main()
