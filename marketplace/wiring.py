"""Which adapter serves each port, who listens to what, and which function does which job."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask

from marketplace.accounts import jobs as account_jobs
from marketplace.accounts.events import (
    BrowserIsNew,
    InvitationAccepted,
    InvitationMade,
    MembershipChanged,
    PartnershipChanged,
    VerificationChanged,
)
from marketplace.adapters import ortools_router
from marketplace.adapters.file_mail import FileMail
from marketplace.adapters.local_files import LocalFiles
from marketplace.adapters.postgres_index import PostgresIndex
from marketplace.adapters.smtp_mail import SmtpMail
from marketplace.adapters.sqlite_index import SqliteIndex
from marketplace.api import jobs as api_jobs
from marketplace.carbon import declaring, eaten, recording_reclaims
from marketplace.carbon import jobs as carbon_jobs
from marketplace.carbon import listeners as carbon
from marketplace.carbon.events import EntryRecorded, EstimateChanged, SharesMoved
from marketplace.catalogue import jobs as catalogue_jobs
from marketplace.catalogue import piece_photos
from marketplace.catalogue.events import ListingHidden, ListingSaved, ListingsLeaveSoon, PieceBack, PieceSetAside
from marketplace.exchanges import condition_photos, insurance, moves, reminders, ways
from marketplace.exchanges import jobs as exchange_jobs
from marketplace.exchanges import listeners as exchanges
from marketplace.exchanges.events import (
    ExchangeCompleted,
    ExchangeMoved,
    ExchangeRequested,
    InsuranceLookedAt,
    PaperSigned,
    ReminderDue,
    ShortageOpened,
    ShortageSolved,
    StockChanged,
    WaitingMovedUp,
)
from marketplace.exchanges.states import Kind
from marketplace.footprint import jobs as footprint_jobs
from marketplace.jobs import runner
from marketplace.meals import claiming, handing
from marketplace.meals import jobs as meal_jobs
from marketplace.meals import jobs_traced as meal_traced_jobs
from marketplace.meals import listeners as meals
from marketplace.meals import listeners_traced as meals_traced
from marketplace.meals.events import (
    EatenDue,
    EatenReported,
    LeftoverExpired,
    MealFreed,
    MealRecalled,
    RecallAnswered,
    ReceiversAlerted,
)
from marketplace.meals.kind import MEAL
from marketplace.messaging import jobs as messaging_jobs
from marketplace.messaging import listeners as messaging
from marketplace.messaging import listeners_intake as messaging_intake
from marketplace.messaging import listeners_meals as messaging_meals
from marketplace.messaging import listeners_reclaims as messaging_reclaims
from marketplace.messaging import listeners_traced as messaging_traced
from marketplace.moderation import reports
from marketplace.reclaims import closing as intake_closing
from marketplace.reclaims import jobs as reclaim_jobs
from marketplace.reclaims import jobs_intake, listeners_intake, plan_moving, weighing_photos
from marketplace.reclaims import moves as reclaim_moves
from marketplace.reclaims import photos as reclaim_photos
from marketplace.reclaims.events import (
    CallDeclined,
    CallEnded,
    CallSent,
    IntakeCorrected,
    OfferChosen,
    OfferMade,
    OfferWithdrawn,
    ReclaimCompleted,
)
from marketplace.reclaims.kind import RECLAIM
from marketplace.search import jobs as search_jobs
from marketplace.search import listeners as search
from marketplace.settings import Settings
from marketplace.web import label_sheets, papers, report_papers

# event class → functions, called in this order inside the announcing transaction
LISTENERS: dict[type, list[Callable[[Any], None]]] = {
    ListingSaved: [search.on_listing, carbon.on_listing_saved],
    ListingHidden: [search.on_listing, messaging.on_listing_hidden],
    ListingsLeaveSoon: [messaging.on_listings_leave_soon],
    PieceSetAside: [exchanges.on_piece_set_aside],
    PieceBack: [exchanges.on_piece_back],
    StockChanged: [search.on_stock],
    EstimateChanged: [search.on_estimate],
    ExchangeRequested: [messaging.on_exchange_requested],
    ExchangeMoved: [messaging.on_exchange_moved, meals.on_exchange_moved],
    ShortageOpened: [messaging.on_shortage_opened],
    ShortageSolved: [messaging.on_shortage_solved],
    WaitingMovedUp: [messaging.on_waiting_moved_up],
    ReminderDue: [messaging.on_reminder_due],
    SharesMoved: [messaging.on_shares_moved],
    PaperSigned: [messaging.on_paper_signed],
    InsuranceLookedAt: [messaging.on_insurance_looked_at],
    ExchangeCompleted: [
        meals_traced.on_exchange_completed,
        carbon.on_exchange_completed,
        listeners_intake.on_exchange_completed,
    ],
    ReclaimCompleted: [recording_reclaims.on_reclaim_completed],
    IntakeCorrected: [recording_reclaims.on_intake_corrected, messaging_intake.on_intake_corrected],
    EntryRecorded: [carbon.on_entry_recorded],
    EatenReported: [eaten.on_eaten_reported],
    ReceiversAlerted: [messaging_meals.on_receivers_alerted],
    MealFreed: [messaging_meals.on_meal_freed],
    LeftoverExpired: [messaging_meals.on_leftover_expired],
    MealRecalled: [messaging_traced.on_meal_recalled],
    EatenDue: [messaging_traced.on_eaten_due],
    RecallAnswered: [messaging_traced.on_recall_answered],
    InvitationMade: [messaging.on_invitation_made],
    InvitationAccepted: [messaging.on_invitation_accepted],
    BrowserIsNew: [messaging.on_browser_new],
    MembershipChanged: [messaging.on_membership_changed],
    PartnershipChanged: [messaging.on_partnership_changed],
    VerificationChanged: [messaging.on_verification_changed],
    CallSent: [messaging_reclaims.on_call_sent],
    OfferMade: [messaging_reclaims.on_offer_made],
    OfferWithdrawn: [messaging_reclaims.on_offer_withdrawn],
    CallDeclined: [messaging_reclaims.on_call_declined],
    OfferChosen: [messaging_reclaims.on_offer_chosen],
    CallEnded: [messaging_reclaims.on_call_ended],
}

# name of a job → function; its keywords are the outbox row's payload
JOBS: dict[str, Callable[..., None]] = {
    "catalogue.process_photo": catalogue_jobs.process_photo,
    "catalogue.remake_photo": catalogue_jobs.remake_photo,
    "catalogue.process_piece_photo": piece_photos.process,
    "catalogue.delete_files": catalogue_jobs.delete_files,
    "catalogue.sweep_uploads": catalogue_jobs.sweep_uploads,
    "catalogue.expire_listings": catalogue_jobs.expire_listings,
    "catalogue.widen_listings": catalogue_jobs.widen_listings,
    "catalogue.remind_departures": catalogue_jobs.remind_departures,
    "jobs.sweep_done": runner.sweep_done,
    "accounts.write_verification": account_jobs.write_verification,
    "accounts.write_reset": account_jobs.write_reset,
    "accounts.write_notice": account_jobs.write_notice,
    "accounts.sweep_past": account_jobs.sweep_past,
    "api.sweep_idempotency_keys": api_jobs.sweep_idempotency_keys,
    "exchanges.close_overdue": exchange_jobs.close_overdue,
    "exchanges.turn_of_the_day": exchange_jobs.turn_of_the_day,
    "exchanges.remind": reminders.remind,
    "exchanges.process_condition_photo": condition_photos.process,
    "papers.render": papers.render,
    "papers.take_in": insurance.take_in,
    "labels.render": label_sheets.render,
    "labels.sweep": label_sheets.sweep,
    "messaging.send_mail": messaging_jobs.send_mail,
    "messaging.write_invitation": messaging_jobs.write_invitation,
    "moderation.sweep_contacts": reports.sweep_contacts,
    "reclaims.expire_calls": reclaim_jobs.expire_calls,
    "reclaims.process_photo": reclaim_photos.process,
    "carbon.record_again": carbon_jobs.record_again,
    "carbon.record_reclaim_again": carbon_jobs.record_reclaim_again,
    "reclaims.stock_parts": jobs_intake.stock_parts,
    "reclaims.process_weighing_photo": weighing_photos.process,
    "meals.remind_eaten": meal_traced_jobs.remind_eaten,
    "carbon.take_report": carbon_jobs.take_report,
    "footprint.sweep_drafts": footprint_jobs.sweep_drafts,
    "reclaims.move_plan_lines": plan_moving.move_due,
    "carbon.estimate_all": carbon_jobs.estimate_all,
    "carbon.roll_up": carbon_jobs.roll_up,
    "carbon.make_report": report_papers.make,
    "carbon.turn_of_the_day": carbon_jobs.turn_of_the_day,
    "carbon.measure_import": carbon_jobs.measure_import,
    "carbon.take_in_document": declaring.take_in,
    "meals.wave": meal_jobs.wave,
    "meals.waves_due": meal_jobs.waves_due,
    "meals.expire": meal_jobs.expire,
    "search.rebuild": search_jobs.rebuild,
    "search.refresh_vocabulary": search_jobs.refresh_vocabulary,
    "search.rebuild_vocabulary": search_jobs.rebuild_vocabulary,
}

# name of a job → seconds between two runs
TIMETABLE: dict[str, int] = {
    "catalogue.expire_listings": 900,
    "catalogue.widen_listings": 900,
    "catalogue.remind_departures": 3600,
    "catalogue.sweep_uploads": 21600,
    "labels.sweep": 21600,
    "exchanges.close_overdue": 60,
    "reclaims.move_plan_lines": 60,
    "exchanges.turn_of_the_day": 3600,
    "exchanges.remind": 3600,
    "reclaims.expire_calls": 60,
    "carbon.turn_of_the_day": 3600,
    "carbon.roll_up": 300,
    "jobs.sweep_done": 3600,
    "accounts.sweep_past": 86400,
    "moderation.sweep_contacts": 86400,
    "api.sweep_idempotency_keys": 3600,
    "footprint.sweep_drafts": 86400,
    "meals.waves_due": 60,
    "meals.expire": 60,
    "search.refresh_vocabulary": 600,
    "search.rebuild_vocabulary": 86400,
}

# kinds of exchange that packages further out bring, with the moves that do something of their own there
KINDS: list[tuple[Kind, dict[str, moves.Effect]]] = [
    (RECLAIM, {**reclaim_moves.EFFECTS, "complete": intake_closing.complete}),
    (MEAL, handing.EFFECTS),
]


# how the kinds among them are asked for that one asks for with the call of donations, rentals and sales
WAYS: list[tuple[Kind, ways.Ways]] = [(MEAL, claiming.WAYS)]


def init_app(app: Flask, settings: Settings) -> None:
    for kind, effects in KINDS:
        moves.register(kind, effects)
    for kind, own in WAYS:
        ways.register(kind.key, own)
    sender = f"Seconde Prise <ne-pas-repondre@{urlsplit(settings.base_url).hostname}>"
    if settings.mail_url.startswith("file://"):
        mailer: Any = FileMail(Path(settings.mail_url.removeprefix("file://")), sender)
    else:
        mailer = SmtpMail(settings.mail_url, sender)
    app.extensions["ports"] = {
        "files": LocalFiles(Path(settings.storage_url.removeprefix("file://"))),
        "mailer": mailer,
        "index": PostgresIndex() if settings.database_url.startswith("postgresql") else SqliteIndex(),
        "router": ortools_router.router(),
    }
    app.extensions["listeners"] = LISTENERS
    app.extensions["jobs"] = JOBS
    app.extensions["timetable"] = TIMETABLE
