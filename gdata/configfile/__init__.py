"""Read sheets.yaml into `gdata.config.Config`, naming file and line of every mistake."""

from gdata.configfile.project import CONFIG_NAME, find_config, load_config

__all__ = ["CONFIG_NAME", "find_config", "load_config"]
