"""Answer the questions of the conformance cases with the generated Python loader."""

from __future__ import annotations

import sys
from typing import Any

from game.shared_pb2 import Grade
from game.tables_pb2 import Hero, Item
from game_data import GRADE_LABELS, GameData, ItemId

from gdata.errors import GdataError


def say(name: str, value: object) -> None:
    print(f"{name}={value}".replace("\n", "\\n"))


def found(row: Any, name: str) -> object:
    return "none" if row is None else getattr(row, name)


def dump(table: str, rows: Any) -> None:
    for at, row in enumerate(rows):
        say(f"rows.{table}.{at}", row.SerializeToString().hex())


def main(folder: str) -> None:
    data = GameData(folder, eager=True)
    t = data.snapshot()
    say("target", data.data.target)
    say("build", data.build)
    say("version", data.data.version)
    say("release", data.release or "")
    dump("ItemTable", t.ItemTable)
    dump("HeroTable", t.HeroTable)
    dump("LevelTable", t.LevelTable)
    dump("TextTable", t.TextTable)
    dump("ScalarTable", t.ScalarTable)
    dump("FlagTable", t.FlagTable)
    dump("LineTable", t.LineTable)
    dump("EmptyTable", t.EmptyTable)
    dump("Constants", [t.Constants])
    say("get", t.ItemTable[1001].name)
    say("find", found(t.ItemTable.get(9), "id"))
    try:
        say("missing", t.ItemTable[9].name)
    except KeyError as error:
        say("missing", error)
    say("composite", t.LevelTable[2**53 + 1, 1].exp)
    say("three", t.FlagTable[Grade.GRADE_CURSED, True, "en"].value)
    say("map", t.TextTable["가"].ko)
    say("big", t.ScalarTable[2**64 - 1].text)
    say("unique", found(t.find_item_by_code("BOW"), "id"))
    say("unique.two", found(t.find_level_by_hero_id_and_slot(7, 2), "level"))
    item = t.ItemTable[1002]
    say("resolve", found(t.resolve_item_evolves_to(item), "id"))
    say("resolve.unset", found(t.resolve_item_evolves_to(t.ItemTable[1001]), "id"))
    for at, reward in enumerate(item.rewards):
        row = t.resolve_reward_id(reward)
        if isinstance(row, Item):
            say(f"resolve.when.{at}", f"item {row.code}")
        elif isinstance(row, Hero):
            say(f"resolve.when.{at}", f"hero {row.name}")
    say("resolve.field", found(t.resolve_item_hero(item), "id"))
    say("resolve.none", found(t.resolve_item_hero(t.ItemTable[1001]), "id"))
    say("resolve.list", " ".join(str(one.id) for one in t.resolve_hero_items(t.HeroTable[7])))
    say("resolve.record", found(t.resolve_constants_best_item(t.Constants), "id"))
    say("constant", int(ItemId.SWORD))
    say("label", GRADE_LABELS[Grade.GRADE_RARE])
    for _ in sys.stdin:
        try:
            say("reload", str(data.refresh()).lower())
        except GdataError as error:
            say("reload", f"error: {error}")
        say("now", data.ItemTable[1001].name)
        say("then", t.ItemTable[1001].name)


try:
    main(sys.argv[1])
except GdataError as error:
    say("error", error)
    sys.exit(1)
