"""Which adapter serves each port, who listens to what, and which function does which job."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask

from marketplace.adapters.file_mail import FileMail
from marketplace.adapters.local_files import LocalFiles
from marketplace.adapters.postgres_index import PostgresIndex
from marketplace.adapters.smtp_mail import SmtpMail
from marketplace.adapters.sqlite_index import SqliteIndex
from marketplace.api import jobs as api_jobs
from marketplace.carbon import jobs as carbon_jobs
from marketplace.carbon import listeners as carbon
from marketplace.carbon.events import EstimateChanged
from marketplace.catalogue.events import ListingHidden, ListingSaved
from marketplace.exchanges.events import ExchangeCompleted, StockChanged
from marketplace.jobs import runner
from marketplace.search import listeners as search
from marketplace.settings import Settings

# event class → functions, called in this order inside the announcing transaction
LISTENERS: dict[type, list[Callable[[Any], None]]] = {
    ListingSaved: [search.on_listing, carbon.on_listing_saved],
    ListingHidden: [search.on_listing],
    StockChanged: [search.on_stock],
    EstimateChanged: [search.on_estimate],
    ExchangeCompleted: [carbon.on_exchange_completed],
}

# name of a job → function; its keywords are the outbox row's payload
JOBS: dict[str, Callable[..., None]] = {
    "jobs.sweep_done": runner.sweep_done,
    "api.sweep_idempotency_keys": api_jobs.sweep_idempotency_keys,
    "carbon.record_again": carbon_jobs.record_again,
    "carbon.estimate_all": carbon_jobs.estimate_all,
}

# name of a job → seconds between two runs
TIMETABLE: dict[str, int] = {
    "jobs.sweep_done": 3600,
    "api.sweep_idempotency_keys": 3600,
}


def init_app(app: Flask, settings: Settings) -> None:
    sender = f"Seconde Prise <ne-pas-repondre@{urlsplit(settings.base_url).hostname}>"
    if settings.mail_url.startswith("file://"):
        mailer: Any = FileMail(Path(settings.mail_url.removeprefix("file://")), sender)
    else:
        mailer = SmtpMail(settings.mail_url, sender)
    app.extensions["ports"] = {
        "files": LocalFiles(Path(settings.storage_url.removeprefix("file://"))),
        "mailer": mailer,
        "index": PostgresIndex() if settings.database_url.startswith("postgresql") else SqliteIndex(),
    }
    app.extensions["listeners"] = LISTENERS
    app.extensions["jobs"] = JOBS
    app.extensions["timetable"] = TIMETABLE
