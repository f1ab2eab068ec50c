"""`gdata login`: a planner's own login to Google."""

from __future__ import annotations

from pathlib import Path

import click

from gdata.cli.options import config_option
from gdata.language import say


@click.command("login")
@click.option("--no-browser", is_flag=True, help="Only print the address; open it yourself, on this computer.")
@click.option("--forget", is_flag=True, help="Forget the login that is kept here.")
@config_option
def command(no_browser: bool, forget: bool, config_path: Path | None) -> None:
    """Log in to Google in the browser, with the team's own OAuth client (google.oauth_client in sheets.yaml).

    The login is kept in your own config folder, for you alone; it can only read spreadsheets.

    \b
    Examples:
      gdata login
      gdata login --forget
    """
    from gdata.cli.console import error_console, result_console
    from gdata.project import read_config
    from gdata.sources.google.credentials import log_in, log_out

    console = result_console()
    if forget:
        console.print(say("the login is forgotten") if log_out() else say("there was no login"), markup=False)
        return

    def tell(url: str) -> None:
        error_console().print(
            say("open this address in a browser on this computer:\n{url}", url=url), markup=False, soft_wrap=True
        )

    path = log_in(read_config(config_path).google, on_url=tell, open_browser=not no_browser)
    console.print(say("logged in; the login is kept in {path}", path=path), markup=False, soft_wrap=True)
