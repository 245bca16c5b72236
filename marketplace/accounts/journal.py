"""What the lines of the audit log say to people."""

from flask_babel import lazy_gettext as _l

WORDS = {
    "account.create": _l("Compte ouvert"),
    "account.create_refused": _l("Ouverture de compte refusée"),
    "account.disable": _l("Compte fermé"),
    "account.email_change": _l("Adresse changée"),
    "account.email_change_asked": _l("Changement d’adresse demandé"),
    "account.verify": _l("Adresse confirmée"),
    "password.change": _l("Mot de passe changé"),
    "password.reset": _l("Mot de passe choisi à nouveau"),
    "password.reset_asked": _l("Nouveau mot de passe demandé"),
    "session.open": _l("Connexion"),
    "session.close": _l("Déconnexion"),
    "session.close_others": _l("Autres navigateurs déconnectés"),
    "session.refused": _l("Connexion refusée"),
    "token.create": _l("Jeton créé"),
    "token.revoke": _l("Jeton révoqué"),
    "organisation.create": _l("Organisation créée"),
    "organisation.edit": _l("Organisation modifiée"),
    "organisation.verify": _l("Organisation vérifiée"),
    "organisation.unverify": _l("Vérification retirée"),
    "member.role": _l("Rôle changé"),
    "member.remove": _l("Membre retiré"),
    "member.leave": _l("Membre parti"),
    "invitation.make": _l("Invitation envoyée"),
    "invitation.accept": _l("Invitation acceptée"),
    "invitation.withdraw": _l("Invitation retirée"),
    "site.create": _l("Lieu ajouté"),
    "site.edit": _l("Lieu modifié"),
    "site.close": _l("Lieu fermé"),
    "site.reopen": _l("Lieu rouvert"),
    "production.create": _l("Production ouverte"),
    "production.edit": _l("Production modifiée"),
    "production.member_role": _l("Rôle changé sur une production"),
    "production.member_remove": _l("Personne retirée d’une production"),
    "production.member_leave": _l("Personne partie d’une production"),
    "listing.hide": _l("Annonce masquée"),
    "listing.unhide": _l("Annonce remise en ligne"),
    "dispute.resolve": _l("Litige clos"),
    "exchange.resolve": _l("Échange rétabli ou clos"),
    "job.retry": _l("Travail relancé"),
}


def said(action: str) -> str:
    """The wording of an action of the audit log; its code where there is none yet."""
    return str(WORDS.get(action, action))
