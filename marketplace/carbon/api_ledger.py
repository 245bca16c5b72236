"""The ledger over the API as one file, and the verification of a code."""

from typing import Any

from flask import Response
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.accounts.models import Organisation, Production
from marketplace.api import auth
from marketplace.api.answers import answer
from marketplace.api.auth import enter
from marketplace.api.blueprint import Blueprint
from marketplace.api.schemas.ledger import EXPORT, ExportArgs, VerificationSchema
from marketplace.carbon import verification
from marketplace.carbon.api import own_scope
from marketplace.carbon.api_figures import kilograms
from marketplace.carbon.models import LedgerEntry
from marketplace.carbon.numbers import plain
from marketplace.carbon.reports import Subject
from marketplace.carbon.verification import EntryProof, ReportProof
from marketplace.carbon.views_exports import export
from marketplace.core.db import db
from marketplace.core.errors import Invalid, NotFound
from marketplace.core.tables_out import XLSX

blueprint = Blueprint("api_ledger", __name__, description=_l("Le registre, et ce qui s’y vérifie"))


@blueprint.route("/ledger/export", methods=["GET"])
@enter.token("read", "carbon")
@blueprint.arguments(ExportArgs, location="query")
@blueprint.response(200, EXPORT)
@blueprint.response(200, {"contentMediaType": "text/csv"}, content_type="text/csv")
@blueprint.response(200, {"contentMediaType": XLSX}, content_type=XLSX)
@blueprint.doc(
    operationId="exportLedger",
    summary=_l("Le registre de votre organisation, ou d’une production, avec tous les termes"),
    refuses=[404],
)
def export_ledger(asked: dict[str, Any]) -> Response:
    actor = auth.actor()
    organisation_id, production_id = own_scope(actor, asked)
    since, until = asked.get("from_"), asked.get("to")
    if since and until and until < since:
        raise Invalid({"to": _("La fin vient avant le début.")})
    organisation = db.session.get_one(Organisation, organisation_id)
    production = db.session.get(Production, production_id) if production_id else None
    return export(Subject(actor, organisation, production), asked["format"], since, until)


@blueprint.route("/verify/<code>", methods=["GET"])
@enter.public()
@blueprint.response(200, VerificationSchema)
@blueprint.doc(
    operationId="verify",
    summary=_l("Si une écriture ou un rapport est intact, par son code, et ce qu’il est devenu"),
    refuses=[404],
)
def verify(code: str) -> Response:
    found = verification.find(verification.tidy(code))
    if found is None:
        raise NotFound(_("Ce code n’est celui d’aucune écriture ni d’aucun rapport. Vérifiez chaque signe."))
    if isinstance(found, LedgerEntry):
        return answer(_entry(verification.prove_entry(found)))
    return answer(_report(verification.prove_report(found)))


def _entry(proof: EntryProof) -> dict[str, Any]:
    entry = proof.entry
    return {
        "kind": "entry",
        "unaltered": proof.unaltered,
        "state": proof.became,
        "sha256": entry.hash,
        "url": f"/verifier/{entry.public_id}",
        "entry": {
            "id": entry.public_id,
            "position": entry.position,
            "kind": entry.kind,
            "status": entry.status,
            "occurred_on": entry.occurred_on,
            "mass_kg": kilograms(entry.mass_grams),
            "result_kgco2e": None if entry.result_kgco2e is None else plain(entry.result_kgco2e),
            "uncertainty_kgco2e": None if entry.uncertainty_kgco2e is None else plain(entry.uncertainty_kgco2e),
            "previous_hash": entry.previous_hash,
            "by": proof.by.public_id if proof.by else None,
            "sides": [
                {"role": side.role, "kind": side.kind, "name": side.name, "share": plain(side.share)}
                for side in proof.sides
            ],
        },
        "report": None,
        "factors_used": _factors(proof.factors),
    }


def _report(proof: ReportProof) -> dict[str, Any]:
    report, both = proof.report, proof.said["totals"]["both"]
    names = ("own_kgco2e", "own_uncertainty_kgco2e", "whole_kgco2e", "whole_uncertainty_kgco2e")
    return {
        "kind": "report",
        "unaltered": proof.unaltered,
        "state": "changed_since" if proof.since else "stands",
        "sha256": report.digest,
        "url": f"/verifier/{(report.digest or '')[: verification.SHORTEST]}",
        "entry": None,
        "report": {
            "scope": report.scope,
            "from": report.since,
            "to": report.until,
            "name": proof.name,
            "head_position": report.head_position,
            "head_hash": report.head_hash,
            **{name: both[name] for name in names},
            "pdf_sha256": report.pdf_sha256,
            "corrected_since": proof.since.corrected if proof.since else 0,
            "added_since": proof.since.added if proof.since else 0,
        },
        "factors_used": _factors(proof.factors),
    }


def _factors(used: Any) -> list[dict[str, str]]:
    return [{"key": one.key, "version": one.version, "kgco2e_per_unit": one.value} for one in used]
