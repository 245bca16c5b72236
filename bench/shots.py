"""`make shots`: pictures of the pages of the journeys in `build/shots/`, at three widths, light and dark.

A demo instance is started and its exchanges' own people look at their pages. One file a page, width and scheme:
`<page>-<width>-<light|dark>.png`, the whole height.
`python -m bench.shots NAME…` takes only those.
"""

import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from marketplace.seeding.people import MODERATOR, PASSWORD
from marketplace.settings import ROOT
from tests.browser_setup import browser
from tests.journeys.conftest import ARGUMENTS
from tests.live import LiveInstance

FOLDER = ROOT / "build" / "shots"
WIDTHS = (360, 768, 1280)
SCHEMES = ("light", "dark")
GIVER, ASKER = "bruno@contrechamp.example", "alice@films-du-quai.example"
LENDER = "denise@accessoires-belleville.example"
FETCHER = "helene@partage-du-soir.example"
SITE, PIECES = r"^/comptoir/.", r"^/stock/annonces/[a-z2-7]{13}/pieces$"
CARD, EDIT = r"^/annonces/[a-z2-7]{13}-", r"^/publier/[a-z2-7]{13}$"
TALLEST = 6000  # px; a list that goes on says no more


@dataclass(frozen=True)
class Shot:
    """A page by its address, or by the first link that each of `follow` matches on the page before; seen by `who`
    (None: a visitor)."""

    name: str
    path: str
    who: str | None = None
    follow: str | tuple[str, ...] = ()


SHOTS = (
    Shot("accueil", "/"),
    Shot("accueil-connecte", "/", ASKER),
    Shot("recherche", "/annonces?q=feuille"),
    Shot("recherche-filtres", "/annonces?near=Lyon&mode=donate&category=furniture"),
    Shot("recherche-vide", "/annonces?q=zeppelin"),
    Shot("recherche-corrigee", "/annonces?q=fauteiul"),
    Shot("recherche-carte", "/annonces?view=map"),
    Shot("filtres", "/annonces/filtres?q=chaise"),
    Shot("annonce", "/annonces?q=feuille", None, r"^/annonces/[a-z2-7]{13}-"),
    Shot("annonce-demander", "/annonces?q=feuille&mode=donate", ASKER, r"^/annonces/[a-z2-7]{13}-"),
    Shot("publier", "/publier", GIVER),
    Shot("stock", "/stock", GIVER),
    Shot("modifier", "/stock", GIVER, r"^/publier/[a-z2-7]{13}"),
    Shot("historique", "/stock", GIVER, r"/historique$"),
    Shot("favoris", "/favoris", ASKER),
    Shot("partenaires", "/organisations", GIVER, r"/partenaires$"),
    Shot("echanges-donneur", "/echanges", GIVER),
    Shot("echanges-receveur", "/echanges", ASKER),
    Shot("echange-donneur", "/echanges", GIVER, r"^/echanges/[a-z2-7]{13}$"),
    Shot("echange-receveur", "/echanges", ASKER, r"^/echanges/[a-z2-7]{13}$"),
    Shot("panier", "/panier", ASKER),
    Shot("demander-dates", "/annonces?q=fauteuil&mode=rent", ASKER, r"^/annonces/[a-z2-7]{13}-"),
    Shot("calendrier", "/annonces?q=fauteuil&mode=rent", ASKER, (CARD, r"/calendrier")),
    Shot("comptoir", "/comptoir", LENDER, SITE),
    Shot("preparation", "/comptoir", LENDER, (SITE, r"/preparation$")),
    Shot("remise", "/comptoir", LENDER, (SITE, r"/remise")),
    Shot("retour", "/comptoir", LENDER, (SITE, r"/retour")),
    Shot("location-loueur", "/echanges", LENDER, r"^/echanges/[a-z2-7]{13}$"),
    Shot("planning", "/stock/planning", LENDER),
    Shot("mettre-de-cote", "/stock/planning", LENDER, r"^/stock/planning/[a-z2-7]{13}$"),
    Shot("pieces", "/stock?q=bistrot", LENDER, (EDIT, CARD, PIECES)),
    Shot("etiquettes", "/stock/etiquettes", LENDER),
    Shot("calendriers", "/compte/calendriers", LENDER),
    Shot("soins", "/echanges", ASKER, (r"^/echanges/[a-z2-7]{13}$", r"/soins$")),
    Shot("partage", "/echanges", ASKER, (r"^/echanges/[a-z2-7]{13}$", r"/partage$")),
    Shot("branchements", "/productions", ASKER, (r"^/productions/[a-z2-7]{13}$", r"/branchements$")),
    Shot("collectes", "/collectes", ASKER),
    Shot("demander-collecte", "/collectes/demander", ASKER),
    Shot("collecte", "/collectes", GIVER, r"^/collectes/[a-z2-7]{13}$"),
    Shot("pesee", "/collectes", GIVER, (r"^/collectes/[a-z2-7]{13}$", r"/pesees$")),
    Shot("registre", "/collectes/registre", GIVER),
    Shot("plan", "/collectes/plans", ASKER, r"^/collectes/plans/[a-z2-7]{13}$"),
    Shot("tournee", "/collectes/tournees", GIVER, r"^/collectes/tournees/[a-z2-7]{13}$"),
    Shot("chauffeur", "/collectes/tournees", GIVER, r"/chauffeur$"),
    Shot("ecriture", "/tableau-de-bord", GIVER, r"^/carbone/ecritures/"),
    Shot("tableau-de-bord", "/tableau-de-bord", ASKER),
    Shot("chiffres", "/carbone/chiffres"),
    Shot("secteur", "/secteur"),
    Shot("simulateur", "/carbone/simulateur"),
    Shot("verifier", "/verifier"),
    Shot("fiche", "/productions", ASKER, (r"^/productions/[a-z2-7]{13}$", r"/activite$")),
    Shot("empreinte", "/productions", ASKER, (r"^/productions/[a-z2-7]{13}$", r"/empreinte$")),
    Shot("rapports", "/productions", ASKER, (r"^/productions/[a-z2-7]{13}$", r"/rapports$")),
    Shot("facteurs", "/carbone/facteurs"),
    Shot("facteur", "/carbone/facteurs", None, r"^/carbone/facteurs/."),
    Shot("methode", "/carbone/methode"),
    Shot("organisation", "/organisations", ASKER, r"^/organisations/[a-z2-7]{13}$"),
    Shot("production", "/productions", ASKER, r"^/productions/[a-z2-7]{13}$"),
    Shot("compte", "/compte", ASKER),
    Shot("securite", "/compte/securite", ASKER),
    Shot("aide", "/aide"),
    Shot("mentions-legales", "/mentions-legales"),
    Shot("conditions", "/conditions"),
    Shot("confidentialite", "/confidentialite"),
    Shot("accessibilite", "/accessibilite"),
    Shot("repas", "/repas", FETCHER),
    Shot("repas-proposer", "/repas/proposer", ASKER),
    Shot("repas-un", "/repas", FETCHER, r"^/repas/[a-z2-7]{13}$"),
    Shot("repas-profil", "/repas/profil", FETCHER),
    Shot("repas-commander", "/repas/commander-plus-juste", ASKER, r"commander-plus-juste[/?]."),
    Shot("connexion", "/connexion"),
    Shot("inscription", "/inscription"),
    Shot("notifications", "/notifications", GIVER),
    Shot("messages", "/messages", GIVER),
    Shot("moderation", "/moderation", MODERATOR[1]),
    Shot("moderation-annonces", "/moderation/annonces", MODERATOR[1]),
    Shot("api", "/api/docs"),
    Shot("404", "/nulle-part"),
)


def main() -> int:
    path = browser()
    if path is None:
        print("Il faut Chromium : apt-get install chromium", file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = sys.argv[1:]
    shots = [shot for shot in SHOTS if not wanted or shot.name in wanted]
    with tempfile.TemporaryDirectory(prefix="shots-") as folder:
        live = LiveInstance(Path(folder) / "instance", DEMO="1")
        with live:
            print(live.flask("seed", "demo"), end="", flush=True)
            with sync_playwright() as playwright:
                chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
                count = _all(chromium, live.url, shots)
                chromium.close()
    print(f"{count} images dans {FOLDER.relative_to(ROOT)}/")
    return 0


def _all(chromium: Browser, url: str, shots: list[Shot]) -> int:
    count = 0
    for who in dict.fromkeys(shot.who for shot in shots):
        context = chromium.new_context(locale="fr-FR", timezone_id="Europe/Paris", reduced_motion="reduce")
        page = context.new_page()
        if who is not None:
            _sign_in(page, url, who)
        for shot in (shot for shot in shots if shot.who == who):
            count += _take(context, page, url, shot)
        context.close()
    return count


def _sign_in(page: Page, url: str, email: str) -> None:
    page.goto(f"{url}/connexion")
    page.locator("#email").fill(email)
    page.locator("#password").fill(PASSWORD)
    with page.expect_navigation():
        page.get_by_role("button", name="Se connecter").first.click()


def _take(context: BrowserContext, page: Page, url: str, shot: Shot) -> int:
    page.goto(url + shot.path)
    for pattern in [shot.follow] if isinstance(shot.follow, str) else shot.follow:
        address = _first_link(page, pattern)
        if address is None:
            print(f"{shot.name} : aucun lien {pattern} sur {page.url}", file=sys.stderr)
            return 0
        page.goto(url + address)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            # pictures below the fold come when one scrolls to them
            page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
            page.wait_for_load_state("networkidle")
            page.evaluate("window.scrollTo(0, 0)")
            height = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST)
            page.screenshot(
                path=FOLDER / f"{shot.name}-{width}-{scheme}.png",
                full_page=True,
                clip={"x": 0, "y": 0, "width": width, "height": height},
            )
    return len(WIDTHS) * len(SCHEMES)


def _first_link(page: Page, pattern: str) -> str | None:
    links = page.locator("main a[href]").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    return next((link for link in links if re.search(pattern, link)), None)


if __name__ == "__main__":
    sys.exit(main())
