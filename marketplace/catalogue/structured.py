"""A public listing for other programs: schema.org's Product and its Offers, as JSON-LD. Pure.

https://schema.org/Product, https://schema.org/Offer; units are UN/CEFACT codes (CMT centimetre, KGM kilogram, WEE
week).
"""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from markupsafe import Markup

CONDITIONS = {
    "new": "NewCondition", "very_good": "UsedCondition", "good": "UsedCondition", "to_repair": "DamagedCondition",
    "for_parts": "DamagedCondition",
}  # fmt: skip
_FUNCTION = "http://purl.org/goodrelations/v1#"
_UNITS = {"piece": "C62", "m2": "MTK", "m": "MTR", "kg": "KGM", "l": "LTR", "lot": "LO", "portion": "PTN"}


def product(
    listing: Any,
    *,
    url: str,
    pictures: Sequence[str],
    category: str,
    materials: Sequence[str],
    seller: Mapping[str, str],
    free: Decimal | None,
) -> dict[str, Any]:
    """`listing` has the columns of `Listing`; `url`, `pictures` and the seller's address are whole addresses; `free` is
    what can be had today, None when nobody asked."""
    found: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "@id": url,
        "url": url,
        "name": listing.title,
        "description": listing.description or None,
        "image": list(pictures) or None,
        "sku": listing.reference or listing.public_id,
        "category": category or None,
        "material": list(materials) or None,
        "color": ", ".join(listing.colours) or None,
        "depth": _measure(listing.length_cm, "CMT"),
        "width": _measure(listing.width_cm, "CMT"),
        "height": _measure(listing.height_cm, "CMT"),
        "weight": _measure(listing.mass_grams and Decimal(listing.mass_grams) / 1000, "KGM"),
        "itemCondition": _schema(CONDITIONS.get(listing.condition or "")),
        "offers": [_offer(listing, mode, url, seller, free) for mode in listing.modes],
    }
    return _without_blanks(found)


def _offer(listing: Any, mode: str, url: str, seller: Mapping[str, str], free: Decimal | None) -> dict[str, Any]:
    cents = {"donate": 0, "sell": listing.price_cents, "rent": listing.weekly_rate_cents}[mode]
    price = None if cents is None else f"{Decimal(cents) / 100:.2f}"
    offer: dict[str, Any] = {
        "@type": "Offer",
        "url": url,
        "price": price,
        "priceCurrency": "EUR",
        "businessFunction": {"sell": f"{_FUNCTION}Sell", "rent": f"{_FUNCTION}LeaseOut"}.get(mode),
        "availability": _schema(_availability(listing.state, free)),
        "availabilityStarts": listing.available_from and listing.available_from.isoformat(),
        "availabilityEnds": listing.gone_by and listing.gone_by.isoformat(),
        "itemCondition": _schema(CONDITIONS.get(listing.condition or "")),
        "inventoryLevel": _measure(free, _UNITS.get(listing.unit or "", "C62")),
        "seller": {"@type": "Organization", **seller},
        "availableAtOrFrom": {
            "@type": "Place",
            "address": {
                "@type": "PostalAddress",
                "addressLocality": listing.city,
                "postalCode": listing.postcode,
                "addressCountry": "FR",
            },
        }
        if listing.city
        else None,
    }
    if mode == "rent" and price is not None:
        offer["priceSpecification"] = {
            "@type": "UnitPriceSpecification",
            "price": price,
            "priceCurrency": "EUR",
            "referenceQuantity": {"@type": "QuantitativeValue", "value": 1, "unitCode": "WEE"},
        }
    return offer


def _availability(state: str, free: Decimal | None) -> str:
    if state != "published":
        return "SoldOut" if state == "exhausted" else "Discontinued"
    return "OutOfStock" if free is not None and free <= 0 else "InStock"


def _measure(value: Any, unit: str) -> dict[str, Any] | None:
    if not value:
        return None
    return {"@type": "QuantitativeValue", "value": float(value), "unitCode": unit}


def _schema(name: str | None) -> str | None:
    return f"https://schema.org/{name}" if name else None


def _without_blanks(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_blanks(inner) for name, inner in value.items() if inner is not None}
    return [_without_blanks(inner) for inner in value] if isinstance(value, list) else value


def as_script(data: dict[str, Any]) -> Markup:
    """The JSON for inside `<script type="application/ld+json">`: no character in it can end the element or begin
    another, whatever somebody wrote in a title."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - what HTML could read as its own is escaped above
