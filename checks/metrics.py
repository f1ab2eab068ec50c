"""What the sample game's numbers come to for a player: `gdata diff` shows each before and after a change."""

from __future__ import annotations

from typing import Any

from gdata.metrics import metric

REWARD_TYPE_ITEM = 1


def named(data: Any, key: str) -> str:
    """What players read, in Korean."""
    text = data.TextTable.get(key)
    return key if text is None else text.ko


@metric(unit="gold", min=0)
def gold_per_stamina(data: Any) -> dict[str, float]:
    """Gold of one point of stamina, by stage: what the stage gives and what its monsters drop."""
    waves = {one.stage_id: one.spawns for one in data.StageWaveTable}
    found = {}
    for stage in data.StageTable:
        if not stage.stamina:
            continue
        monsters = ((data.MonsterTable[one.monster_id], one.count) for one in waves.get(stage.id, ()))
        fought = sum(count * (one.gold_min + one.gold_max) / 2 for one, count in monsters)
        given = data.StageRewardTable[stage.id].gold
        found[f"{stage.id} {named(data, stage.name_key)}"] = (given + fought) / stage.stamina
    return found


@metric(unit="gold")
def drop_worth(data: Any) -> dict[str, float]:
    """What one roll of a drop group sells for on average."""
    found: dict[str, float] = {}
    for drop in data.DropTable:
        item = data.ItemTable.get(drop.reward_id) if drop.reward_type == REWARD_TYPE_ITEM else None
        worth = drop.rate * (drop.min_count + drop.max_count) / 2 * item.sell_price if item is not None else 0.0
        group = f"drop group {drop.group_id}"
        found[group] = found.get(group, 0.0) + worth
    return found


@metric(unit="pulls", min=1, max=200)
def pulls_for_featured(data: Any) -> dict[str, float]:
    """How many pulls the hero on a banner takes on average; the pull at the pity count is certain."""
    found = {}
    for banner in data.GachaBannerTable:
        if not banner.featured_hero_id:
            continue
        entry = data.GachaPoolTable[banner.pool_id, banner.featured_hero_id]
        (rarity,) = data.GachaRateTable.where(rate_group=banner.rate_group, rarity=entry.rarity)
        chance = rarity.rate * entry.rate
        longest = banner.pity if banner.HasField("pity") else 10_000
        found[named(data, banner.name_key)] = (1 - (1 - chance) ** longest) / chance
    return found


@metric(unit="damage")
def weapon_damage(data: Any) -> dict[str, float]:
    """A weapon's attack with its critical hits, which do half as much again."""
    return {one.name: one.stats.get("atk", 0) * (1 + one.stats.get("crit", 0) / 100 / 2) for one in data.WeaponTable}


@metric(unit="days", min=10, max=365)
def days_to_max_level(data: Any) -> float:
    """Days until the last level for who spends all stamina at the stage with most experience for it."""
    best = max(data.StageRewardTable[one.id].exp / one.stamina for one in data.StageTable if one.stamina)
    needed = sum(one.exp for one in data.PlayerLevelTable) / best
    return needed * data.Constants.stamina_regen.seconds / 86_400
