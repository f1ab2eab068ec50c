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
    """Whoever buys an item for gold must not sell it at once for more."""
    if product.currency_id != GOLD or product.reward.type != REWARD_TYPE_ITEM:
        return
    item = data.ItemTable.get(product.reward.id, None)
    if item is None:
        return
    resale = item.sell_price * product.reward.count
    if resale > product.price:
        yield "price", f"{product.price} gold buys what sells for {resale}; raise the price to {resale} or more"


@check.table("GachaPoolTable")
def pool_rarities(rows: Any, data: Any) -> Iterator[tuple[Any, str, str]]:
    """A hero stands in a pool under its own rarity: the rates of a rarity make 1."""
    for entry in rows:
        hero = data.HeroTable.get(entry.hero_id, None)
        if hero is not None and hero.rarity != entry.rarity:
            yield entry, "rarity", f"{hero.name} ({hero.id}) has another rarity in HeroTable"


@check("GachaBannerTable")
def featured_hero_in_pool(banner: Any, data: Any) -> Iterator[tuple[str, str]]:
    """The hero on the banner can be drawn from its pool."""
    if banner.featured_hero_id and (banner.pool_id, banner.featured_hero_id) not in data.GachaPoolTable:
        yield "featured_hero_id", f"hero {banner.featured_hero_id} is not in pool {banner.pool_id}"


@check.table("QuestTable")
def chains_end(rows: Any, data: Any) -> Iterator[tuple[Any, str, str]]:  # noqa: ARG001 - every check takes `data`
    """Following `next_id` must come to an end."""
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
            yield last, "next_id", f"leads back to quest {step}, so the chain never ends; write 0 to end it"
        followed.update(path)
