"""What the names on the command line mean: an output folder, a bundle, a release, a channel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from gdata.bundles.manifest import MANIFEST, build_id
from gdata.bundles.reader import Bundle, open_bundle, open_output
from gdata.config import Config, Gate, SchemaRule
from gdata.diffs.model import Diff, Side
from gdata.errors import DamagedError, UsageError
from gdata.language import say, sentence
from gdata.pipeline.origins import origins_in
from gdata.releases.blobs import descriptors_of
from gdata.releases.log import newest_entry
from gdata.releases.reader import Published, bundles_of
from gdata.releases.records import is_channel_name, is_release_id, release_time
from gdata.releases.stores import open_store
from gdata.releases.stores.store import Store
from gdata.text import did_you_mean

OUTPUT = "output"


def store_of(config: Config, location: str | None = None) -> Store:
    """The store at `location`, else the config's."""
    return open_store(location or config.releases)


def open_side(config: Config | None, name: str, store: Store | None) -> Side:
    """What `name` means: `output`, a folder with bundles, else a release id or a channel of the store.

    A channel without a release is a side without bundles.

    Raises:
        UsageError: it is none of these.
        DamagedError: a manifest is damaged, or an output's targets come from different builds.
    """
    if name == OUTPUT and config is not None:
        return output_side(config)
    if is_folder(name):
        return folder_side(Path(name))
    if store is None or not (is_release_id(name) or is_channel_name(name)):
        raise UsageError(
            sentence("{name} is no folder with a bundle", name=name)
            if store is not None
            else sentence("{name} is no folder with a bundle, and there is no sheets.yaml here", name=name),
            hint=sentence("name an output folder, a release id or a channel"),
        )
    if config is not None and not is_release_id(name):
        check_channel(config, store, name)
    return published_side(store, bundles_of(store, name, missing_ok=not is_release_id(name)))


def is_folder(name: str) -> bool:
    """Whether there is such a folder; a name that no file system takes is none."""
    try:
        return Path(name).is_dir()
    except (OSError, ValueError):
        return False


def check_channel(config: Config, store: Store, name: str) -> None:
    """Refuse a channel that nobody named before: a slip would be compared with nothing, or start a new channel.

    Raises:
        UsageError: neither sheets.yaml nor the store knows the channel.
    """
    patterns = [channel.pattern for channel in config.channels]
    if name == config.default_channel or any(fnmatchcase(name, pattern) for pattern in patterns):
        return
    if newest_entry(store, name) is None:
        known = [*patterns, config.default_channel]
        raise UsageError(
            sentence("there is no channel {name}", name=name),
            hint=did_you_mean(name, known)
            + say("a new one is named under `channels:` in {file} first", file=config.path.name),
        )


def output_side(config: Config, made_from: bytes | None = None) -> Side:
    """The build in the project's output folder; `made_from`: it was made just now, of these descriptors.

    Raises:
        UsageError: nothing is built there.
        DamagedError: it isn't the whole build, or the targets are of different ones.
    """
    # Another project may build into the same folder.
    bundles = open_output(config.output, {target.name for target in config.targets})
    if not bundles:
        raise UsageError(
            sentence("{output}: nothing is built here yet", output=config.output),
            hint=sentence("run `gdata build` first"),
        )
    side = in_order(config, Side(OUTPUT, None, bundles))
    if side.build != build_id({name: bundle.manifest.bundle for name, bundle in bundles.items()}):
        raise DamagedError(
            sentence(
                "{output}: {bundles} aren't all the targets of build {build}",
                output=config.output,
                bundles=", ".join(bundles),
                build=(side.build or "")[:12],
            ),
            hint=sentence("run `gdata build`"),
        )
    if made_from is not None:
        return replace(side, sources=made_from)
    from gdata.pipeline.kept.notes import built_at, stale_notes  # which know all kinds of sources
    from gdata.pipeline.kept.state import load_build

    build = side.build or ""
    kept = load_build(config.state, build)
    return replace(
        side,
        sources=kept.descriptors,
        origins=origins_in(kept.provenance or {}),
        time=built_at(config, build),
        stale=tuple(stale_notes(config, build)),
    )


def in_order(config: Config, side: Side) -> Side:
    """The side with its targets as sheets.yaml has them, others last: a build tells of them in that order."""
    places = {target.name: place for place, target in enumerate(config.targets)}
    names = sorted(side.bundles, key=lambda name: places.get(name, len(places)))
    return replace(side, bundles={name: side.bundles[name] for name in names})


def folder_side(folder: Path) -> Side:
    """The bundle in a folder, or the bundles of the targets below it."""
    if (folder / MANIFEST).exists():
        bundle = open_bundle(folder)
        return Side(str(folder), None, {bundle.manifest.target: bundle})
    bundles = open_output(folder)
    if not bundles:
        raise UsageError(
            sentence("{folder}: there is no bundle here", folder=folder),
            hint=sentence("name a folder that `gdata build` or `fetch` made"),
        )
    return Side(str(folder), None, bundles)


def published_side(store: Store, published: Published) -> Side:
    """A release, or what a channel points at, as a side; with its full descriptors where it has them."""
    sources = None
    if published.release is not None:
        try:
            sources = descriptors_of(store, published.release)
        except (DamagedError, UsageError):
            sources = None  # Published without them, or they are lost: places in .proto files aren't known then.
    time = release_time(published.release) if published.release is not None else None
    origins = origins_in(published.provenance)
    return Side(published.name, published.release, published.bundles, sources, time, origins=origins)


def bundle_of(side: Side, target: str) -> Bundle:
    """One target's bundle of a side; raises UsageError where it has none."""
    if target not in side.bundles:
        raise UsageError(
            sentence("{name} has no target {wanted}", name=side.name, wanted=target),
            hint=sentence(
                "{near}it has {names}", near=did_you_mean(target, side.bundles), names=", ".join(side.bundles)
            ),
        )
    return side.bundles[target]


def gate_for(config: Config | None, old: str) -> Gate:
    """The gate that a diff against `old` must pass: its channel's, where it is one, else the general one."""
    if config is None:
        return Gate()
    is_channel = is_channel_name(old) and not is_folder(old) and old != OUTPUT
    return config.gate_of(old if is_channel else None)


def compare_sides(
    config: Config | None, old: Side, new: Side, category: SchemaRule, tell: Callable[[str], None]
) -> Diff:
    """What changed from `old` to `new`, with what it does to the metrics; `tell` hears of one that takes long.

    Raises:
        ConfigError: a file of metrics can't be loaded.
        DamagedError, OutsideError: as `compare` does.
    """
    from gdata.diffs.compare import compare

    if config is not None:
        old, new = in_order(config, old), in_order(config, new)
    if config is None or not config.has_metrics:
        return compare(old, new, category=category)
    from gdata.pipeline.metrics import with_metrics

    old, new = old.holding(), new.holding()
    diff = with_metrics(config, compare(old, new, category=category), tell)
    for bundle in (*old.bundles.values(), *new.bundles.values()):
        bundle.let_go()
    return diff
