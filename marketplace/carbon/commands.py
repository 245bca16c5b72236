"""`flask ledger check` and `flask ledger explain`: the ledger proved and read aloud, without a browser."""

from decimal import Decimal

import click
from flask import Blueprint
from flask_babel import force_locale

from marketplace.carbon import checking, queries, wording
from marketplace.carbon.canonical import grouped
from marketplace.carbon.explaining import Explanation, TermRow, explain_entry
from marketplace.carbon.models import LedgerEntry
from marketplace.carbon.numbers import display, plain, six

blueprint = Blueprint("ledger", __name__, cli_group="ledger")


@blueprint.cli.command("check")
def check() -> None:
    """Recompute every entry and the chain of hashes; exit 1 at the first difference."""
    try:
        found = checking.check()
    except checking.Difference as difference:
        click.echo(f"ledger check: {difference}", err=True)
        raise SystemExit(1) from None
    click.echo(f"ledger check: {found.entries} entries in order, the last one is {found.head[:16]}…")


@blueprint.cli.command("explain")
@click.argument("entry")
def explain(entry: str) -> None:
    """Print the formula of ENTRY (its identifier, or its position) with its numbers and sources."""
    found = queries.entry_by_public_id(entry) or (queries.entry_at(int(entry)) if entry.isdecimal() else None)
    if found is None:
        click.echo(f"ledger explain: no entry {entry}", err=True)
        raise SystemExit(1)
    with force_locale("fr"):
        for line in lines_of(found, explain_entry(found)):
            click.echo(line)


def lines_of(entry: LedgerEntry, opened: Explanation | None) -> list[str]:
    """The text of an explanation, one string a line."""
    body = entry.body
    out = [
        f"Écriture {entry.position} ({entry.public_id}), {entry.kind}, {entry.occurred_on}, méthode {body['method']}"
    ]
    out.append(
        f"État : {entry.status}" + (f" ({wording.reason(entry.reason, body['reason_data'])})" if entry.reason else "")
    )
    if correction := body.get("correction"):
        out.append(f"Correction : {correction['reason']} (par {correction['by']})")
    if entry.mass_grams is not None:
        out.append(f"Masse : {plain(Decimal(entry.mass_grams).scaleb(-3))} kg")
    if opened is not None:
        out += ["", "A = " + " + ".join(f"[{name}]" for name, _ in opened.steps)]
        for name, value in opened.steps:
            out.append(f"  {name:<26} {six(value):>18}   {wording.step(name)}")
            out += [f"      {line}" for row in opened.terms if row.step == name for line in _term(row)]
        sign = -1 if entry.status == "reversal" else 1
        out += [
            "",
            f"A = {plain(opened.result.total * sign)} kgCO2e",
            f"U = {plain(opened.result.uncertainty)} kgCO2e",
            f"    {display(opened.result.total * sign)} ± {display(opened.result.uncertainty)} kgCO2e",
            "",
            "Doute, part de chaque cause dans U² :",
        ]
        out += [f"  {cause.percent:5.1f} %  {cause.code}" for cause in opened.causes]
        if opened.rest:
            out.append(f"  {opened.rest:5.1f} %  autres causes")
    out += [f"Note : {wording.note(code)}" for code in body["notes"]]
    out += [
        "",
        *(
            f"Part : {p['role']} {p['organisation']} {p['share']} -> {p['share_kgco2e']} kgCO2e"
            for p in body["parties"]
        ),
        f"Paramètres : {', '.join(f'{k} = {v}' for k, v in sorted(body['parameters'].items())) or 'aucun'}",
        f"Précédente dans la chaîne de l’objet : {body['predecessor'] or 'aucune'}",
        f"Sceau : {grouped(entry.hash)}",
        f"Avant : {grouped(entry.previous_hash)}",
    ]
    return out


def _term(row: TermRow) -> list[str]:
    product = " × ".join(f"{plain(part.value)} {part.unit}".strip() for part in row.parts)
    sign = "−" if row.sign < 0 else " "
    factor = row.factor
    return [
        f"{sign} {product} × {factor.kgco2e_per_unit} = {plain(row.amount)}",
        f"    {factor.key} {factor.version} ± {factor.uncertainty_pct} % par {factor.unit} : "
        f"{factor.source}, {factor.source_url_or_ref}",
    ]
