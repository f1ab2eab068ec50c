"""Checks over whole tables. `check` is what a project's own checks in Python are written with."""

from gdata.checks.custom.decorators import check

__all__ = ["check"]
