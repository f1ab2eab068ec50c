"""A project's metrics: its gates' rules are held to them, and a build's tables to their bounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from gdata.checks.functions import CheckData
from gdata.checks.metrics import Metric, Tell, check_metric, load_metrics
from gdata.config import Config
from gdata.errors import ConfigError
from gdata.language import say, sentence
from gdata.parsing.view import View
from gdata.problems import Problem
from gdata.text import did_you_mean


def load_project_metrics(config: Config) -> list[Metric]:
    """The project's metrics, which its gates' rules are held to.

    Raises:
        ConfigError: a file can't be loaded, or a rule is about no metric.
    """
    metrics = load_metrics(config.metrics, [target.name for target in config.targets])
    names = [one.name for one in metrics]
    for rule in config.gate_rules:
        for glob in rule.metrics:
            if not any(fnmatchcase(name, glob) for name in names):
                raise ConfigError(
                    sentence(
                        "{file}:{line}: the gate rule {rule}: no metric matches {glob}",
                        file=config.path.name,
                        line=rule.line,
                        rule=rule.name,
                        glob=glob,
                    ),
                    hint=did_you_mean(glob, names) or say("metrics are functions in the files of `metrics:`"),
                )
    return metrics


def check_metrics(config: Config, views: Mapping[str, Mapping[str, View]], tell: Tell) -> Iterator[Problem]:
    """What is wrong with the metrics of parsed tables, which are given by target."""
    data = {target: CheckData(found) for target, found in views.items()}
    for metric in load_project_metrics(config):
        yield from check_metric(metric, data[metric.mark.target or config.targets[0].name], tell)
