"""Moves that the table has and that this exchange cannot make now, each with the sentence that says why."""

from flask_babel import gettext as _

from marketplace.exchanges.models import Exchange


def hindrances(exchange: Exchange) -> dict[str, str]:
    """By move: why not. What is not named may be tried."""
    found: dict[str, str] = {}
    if exchange.state == "requested":
        if exchange.option_days is None:
            found["option"] = _("Ceci est demandé pour de bon : acceptez ou déclinez.")
        else:
            found["accept"] = found["amend"] = _("C’est une option : accordez-la ou déclinez.")
    if exchange.state == "option" and exchange.option_rank == 2:
        found["confirm"] = _("Vous êtes en seconde option : vous pourrez confirmer si la première est levée.")
    if exchange.state == "accepted":
        if exchange.terms_changed:
            found["pay_offline"] = _("L’autre côté n’a pas encore dit oui aux nouvelles conditions.")
        else:
            found["confirm"] = _("Vous avez déjà dit oui : il reste à payer, hors de ce site.")
    if exchange.state == "cart" and (exchange.cart_extended or exchange.deadline_at is None):
        found["extend"] = _("Ce panier a déjà été prolongé : envoyez-le.")
    return found
