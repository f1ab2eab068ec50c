"""What the numbers come to for a player: `gdata diff` shows each before and after a change."""

from typing import Any

from gdata.metrics import metric


@metric(unit="gold", min=1)
def price_of_rarity(data: Any) -> dict[str, float]:
    """What an item of a rarity costs in the shop on average."""
    prices: dict[str, list[int]] = {}
    for product in data.ShopTable:
        rarity = data.ItemTable[product.item_id].rarity
        prices.setdefault(f"rarity {rarity}", []).append(product.price)
    return {rarity: sum(found) / len(found) for rarity, found in sorted(prices.items())}
