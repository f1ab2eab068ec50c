"""What the sample game's economy must hold, and no single row can tell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gdata.checks import check

GOLD = 1
"""The gold's number in CurrencyTable."""
REWARD_TYPE_ITEM = 1


@check("ShopProductTable")
def no_resale_profit(product: Any, data: Any) -> Iterator[tuple[str, str]]:
    """골드로 산 것을 바로 더 비싸게 팔 수 없어야 합니다 (no resale at a profit)."""
    if product.currency_id != GOLD or product.reward.type != REWARD_TYPE_ITEM:
        return
    item = data.ItemTable.get(product.reward.id, None)
    if item is None:
        return
    resale = item.sell_price * product.reward.count
    if resale > product.price:
        yield (
            "price",
            f"{product.price}골드에 사서 {resale}골드에 팔 수 있습니다: {resale} 이상으로 올리세요 "
            f"(it sells for {resale})",
        )


@check.table("GachaPoolTable")
def pool_rarities(rows: Any, data: Any) -> Iterator[tuple[Any, str, str]]:
    """영웅은 뽑기 풀에 자기 등급으로 있어야 합니다 (a hero stands in a pool under its own rarity)."""
    for entry in rows:
        hero = data.HeroTable.get(entry.hero_id, None)
        if hero is not None and hero.rarity != entry.rarity:
            yield entry, "rarity", f"{hero.name}({hero.id})의 등급이 HeroTable과 다릅니다 (another rarity there)"


@check("GachaBannerTable")
def featured_hero_in_pool(banner: Any, data: Any) -> Iterator[tuple[str, str]]:
    """배너의 픽업 영웅은 그 배너의 풀에서 나와야 합니다 (the featured hero is in the pool)."""
    if banner.featured_hero_id and (banner.pool_id, banner.featured_hero_id) not in data.GachaPoolTable:
        yield (
            "featured_hero_id",
            f"영웅 {banner.featured_hero_id}이(가) 풀 {banner.pool_id}에 없습니다 (not in the pool)",
        )


@check.table("QuestTable")
def chains_end(rows: Any, data: Any) -> Iterator[tuple[Any, str, str]]:  # noqa: ARG001 - every check takes `data`
    """`next_id`를 따라가면 끝이 있어야 합니다 (following it must come to an end)."""
    quests = {quest.id: quest for quest in rows}
    followed: set[int] = set()
    for start in quests:
        path: dict[int, None] = {}
        step = start
        while step in quests and step not in followed and step not in path:
            path[step] = None
            step = quests[step].next_id
        if step in path and quests[step].next_id != step:  # One that leads to itself breaks a rule of its own.
            last = quests[next(reversed(path))]
            yield (
                last,
                "next_id",
                f"퀘스트 {step}(으)로 되돌아가 끝나지 않습니다: 끝내려면 0을 쓰세요 (the chain never ends)",
            )
        followed.update(path)
