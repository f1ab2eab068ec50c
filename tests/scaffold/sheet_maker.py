"""Makes a game's worth of .csv sheets as teams have them, and says what a good scaffold would find in each."""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass, field
from pathlib import Path

ENTITIES = (
    "item weapon armor hero skill monster quest stage product event mission achievement pet costume dungeon "
    "relic rune boss title chapter"
).split()
RARITIES = ["Common", "Rare", "Epic", "Legendary"]
KOREAN_RARITIES = ["일반", "고급", "희귀", "전설"]
KINDS = ["main", "sub", "daily"]


@dataclass
class Made:
    """One sheet: its rows, and what is right: types by field, the key, references by field."""

    folder: str
    title: str
    header: list[str]
    rows: list[list[object]]
    types: dict[str, str]
    key: list[str]
    refs: dict[str, str] = field(default_factory=dict)

    def write(self, root: Path) -> None:
        path = root / self.folder / f"{self.title}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([self.header, *self.rows])


def make_sheets(seed: int = 7) -> list[Made]:
    """105 sheets in six folders: five of each entity, and five of their own kind."""
    dice = random.Random(seed)
    ids = {
        name: [(n + 1) * 10_000 + k * dice.choice([3, 7, 11]) for k in range(1, 61)] for n, name in enumerate(ENTITIES)
    }
    ids = {name: sorted(set(values)) for name, values in ids.items()}
    sheets: list[Made] = []
    for number, name in enumerate(ENTITIES):
        other = ENTITIES[(number + 1) % len(ENTITIES)]
        make_base = _korean_base if number % 3 == 0 else _base
        sheets += [
            make_base(name, ids, dice),
            _levels(name, ids, dice),
            _rewards(name, ids, dice),
            _texts(name, ids),
            _links(name, other, ids, dice),
        ]
    return [*sheets, _constants(), _drops(ids, dice), _coupons(dice), _on_its_side(), _schedule(dice)]


def _camel(name: str) -> str:
    return name.capitalize()


def _base(name: str, ids: dict[str, list[int]], dice: random.Random) -> Made:
    rows: list[list[object]] = []
    for id in ids[name]:
        price = "" if dice.random() < 0.2 else dice.randrange(10, 90_000)
        opened = f"20{dice.randrange(23, 27)}-{dice.randrange(1, 13):02}-{dice.randrange(1, 28):02} 10:00:00"
        rate = round(dice.random(), 3)
        flags = dice.choice(["TRUE", "FALSE"])
        tags = dice.choice(["pvp", "pvp|pve", "pve|raid|pvp", "raid"])
        power = dice.randrange(3_000_000_000, 9_000_000_000)
        rows.append([id, f"{name} no. {id}", dice.choice(RARITIES), price, rate, flags, opened, tags, power])
    header = ["id", "name", "rarity", "price", "dropRate", "is_tradable", "open_at", "tags", "total_power"]
    types = {
        "id": "int32", "name": "string", "rarity": "Rarity", "price": "optional int32", "drop_rate": "double",
        "is_tradable": "bool", "open_at": "google.protobuf.Timestamp", "tags": "repeated string",
        "total_power": "int64",
    }  # fmt: skip
    return Made("content", _camel(name), header, rows, types, ["id"])


def _korean_base(name: str, ids: dict[str, list[int]], dice: random.Random) -> Made:
    rows: list[list[object]] = [
        [
            id,
            f"{name} {id}호",
            dice.choice(KOREAN_RARITIES),
            dice.randrange(1, 99),
            f"icon_{id % 9}",
            dice.choice("OX"),
            "",
        ]
        for id in ids[name]
    ]
    header = ["번호", "이름", "등급", "최대 레벨", "아이콘", "거래 여부", "#비고"]
    types = {
        "id": "int32", "name": "string", "rarity": "Rarity", "max_level": "int32", "icon": "string", "is_trade": "bool"
    }  # fmt: skip
    return Made("content", _camel(name), header, rows, types, ["id"])


def _levels(name: str, ids: dict[str, list[int]], dice: random.Random) -> Made:
    rows: list[list[object]] = [
        [id, level, level * 100 + dice.randrange(9), round(1 + level * 0.15, 2), dice.choice(["", "", "evolve"])]
        for id in ids[name][:20]
        for level in range(1, 11)
    ]
    types = {f"{name}_id": "int32", "level": "int32", "required_exp": "int32", "multiplier": "double"}
    header = [f"{name}_id", "level", "required_exp", "multiplier", "memo"]
    refs = {f"{name}_id": f"{_camel(name)}Table"}
    return Made("growth", f"{_camel(name)}Level", header, rows, types, [f"{name}_id", "level"], refs)


def _rewards(name: str, ids: dict[str, list[int]], dice: random.Random) -> Made:
    rows: list[list[object]] = []
    for number, id in enumerate(ids[name]):
        filled = dice.randrange(1, 4)
        cells: list[object] = []
        for place in range(3):
            cells += [dice.choice(ids["item"]), dice.randrange(1, 50)] if place < filled else ["", ""]
        rows.append([900_000 + number, id, *cells])
    header = ["code", f"{name}Id", *(f"reward{n}_{part}" for n in (1, 2, 3) for part in ("item_id", "count"))]
    types = {
        "code": "int32", f"{name}_id": "int32", "rewards": "repeated Reward",
        "rewards.item_id": "int32", "rewards.count": "int32",
    }  # fmt: skip
    refs = {f"{name}_id": f"{_camel(name)}Table", "rewards.item_id": "ItemTable"}
    return Made("rewards", f"{_camel(name)}Reward", header, rows, types, ["code"], refs)


def _texts(name: str, ids: dict[str, list[int]]) -> Made:
    rows: list[list[object]] = [
        [f"{name}.{id}.name", f"{id}번째, 아주 오래된 이야기", f"The old, old story of {name} {id}"] for id in ids[name]
    ]
    types = {"key": "string", "ko": "string", "en": "string"}
    # The header stands below a title.
    return Made("text", f"{_camel(name)}Text", ["key", "ko", "en"], rows, types, ["key"])


def _links(name: str, other: str, ids: dict[str, list[int]], dice: random.Random) -> Made:
    rows: list[list[object]] = []
    for number, id in enumerate(ids[name]):
        several = ",".join(str(one) for one in dice.sample(ids[other], dice.randrange(1, 5)))
        following = "" if number % 10 == 9 else ids[name][min(number + 1, len(ids[name]) - 1)]
        rows.append(
            [id, following, several, dice.choice(KINDS), f"{dice.randrange(1, 59)}m", f"0{dice.randrange(100, 999)}"]
        )
    header = [f"{name}_id", f"next_{name}_id", f"{other}_ids", "kind", "cooldown", "short_code"]
    types = {
        f"{name}_id": "int32", f"next_{name}_id": "optional int32", f"{other}_ids": "repeated int32",
        "cooldown": "google.protobuf.Duration", "short_code": "string",
    }  # fmt: skip
    refs = {f"next_{name}_id": f"{_camel(name)}Table", f"{other}_ids": f"{_camel(other)}Table"}
    return Made("links", f"{_camel(name)}Link", header, rows, types, [f"{name}_id"], refs)


def _constants() -> Made:
    rows: list[list[object]] = [
        ["max_level", 60, ""], ["start_gold", 5000, "새 계정"], ["crit_rate", 0.05, ""], ["chat_enabled", "TRUE", ""],
        ["support_mail", "help@example.com", ""], ["season_start", "2026-12-01", ""],
    ]  # fmt: skip
    types = {
        "max_level": "int32", "start_gold": "int32", "crit_rate": "double", "chat_enabled": "bool",
        "support_mail": "string", "season_start": "google.protobuf.Timestamp",
    }  # fmt: skip
    return Made("system", "Constants", ["key", "value", "#note"], rows, types, [])


def _drops(ids: dict[str, list[int]], dice: random.Random) -> Made:
    rows: list[list[object]] = [
        [group, order, dice.choice(ids["item"]), dice.randrange(1, 1000)]
        for group in range(501, 531)
        for order in range(1, 6)
    ]
    types = {"group_id": "int32", "order": "int32", "item_id": "int32", "weight": "int32"}
    header = ["드롭 그룹", "순번", "아이템 번호", "가중치"]
    types = {"drop_group": "int32", "order": "int32", "item_id": "int32", "weight": "int32"}
    return Made("system", "Drop", header, rows, types, ["drop_group", "order"], {"item_id": "ItemTable"})


def _coupons(dice: random.Random) -> Made:
    rows: list[list[object]] = [[f"WELCOME{n:03}", dice.randrange(100), '{"gold": 100, "gem": 5}'] for n in range(40)]
    types = {"coupon_code": "string", "uses": "int32", "payload": "google.protobuf.Struct"}
    return Made("system", "Coupon", ["coupon_code", "uses", "payload"], rows, types, ["coupon_code"])


def _on_its_side() -> Made:
    rows: list[list[object]] = [
        ["hp", 100, 80, 60, 90], ["crit", 0.1, 0.2, 0.15, 0.05], ["is_melee", "TRUE", "FALSE", "FALSE", "TRUE"],
        ["range", 1, 6, 7, 1],
    ]  # fmt: skip
    header = ["job", "knight", "archer", "mage", "rogue"]
    types = {"job": "string", "hp": "int32", "crit": "double", "is_melee": "bool", "range": "int32"}
    return Made("system", "Job", header, rows, types, ["job"])


def _schedule(dice: random.Random) -> Made:
    rows: list[list[object]] = [["int", "string", "date", "date"], ["번호", "제목", "시작", "끝"]]
    rows += [
        [n, f"Event {n}", f"2026-{dice.randrange(1, 12):02}-01", f"2026-12-{dice.randrange(1, 28):02}"]
        for n in range(1, 25)
    ]
    types = {"id": "int32", "name": "string", "start": "google.protobuf.Timestamp", "end": "google.protobuf.Timestamp"}
    return Made("system", "Schedule", ["id", "name", "start", "end"], rows, types, ["id"])
