"""The streams that a set is sorted into, and what a call may say of its content and its dangers. Codes only."""

# product.md's twelve, in the order of screens
STREAMS = (
    "wood",
    "metal",
    "plastic",
    "glass",
    "paper_card",
    "textile",
    "plaster",
    "mineral",
    "bio_waste",
    "electricals",
    "hazardous",
    "mixed",
)
# those that a French waste holder must sort at the source: they are named as such on certificates and registers
OBLIGED = frozenset(
    {"paper_card", "metal", "plastic", "glass", "wood", "mineral", "plaster", "bio_waste", "textile"}
)  # Code de l'environnement, art. L. 541-21-2, D. 543-281 and L. 541-21-1

PAINT, BATTERIES, AEROSOLS, ASBESTOS = "paint", "batteries", "aerosols", "asbestos"
HAZARDS = (PAINT, BATTERIES, AEROSOLS, ASBESTOS)
APART = frozenset({PAINT, BATTERIES, AEROSOLS})  # taken by whoever takes `hazardous`, set apart from the rest

PARKING = ("none", "asked", "have")
