"""Seconde Prise: film sets, props and costumes kept in use."""

from importlib import import_module

from flask import Flask
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from marketplace import settings as settings_module
from marketplace import wiring
from marketplace.accounts import signing_in
from marketplace.core import clock, logs
from marketplace.core.db import db, engine_options
from marketplace.jobs import worker
from marketplace.settings import ROOT, Settings
from marketplace.web import headers, language, limits
from marketplace.web.templates import Pages

# every module with tables, so that the metadata is whole whatever is imported first
MODELS = [
    "marketplace.jobs.models",
    "marketplace.accounts.models",
    "marketplace.catalogue.models",
    "marketplace.exchanges.models",
    "marketplace.meals.models",
    "marketplace.meals.models_traced",
    "marketplace.reclaims.models",
    "marketplace.reclaims.models_plans",
    "marketplace.reclaims.models_rounds",
    "marketplace.reclaims.models_intake",
    "marketplace.carbon.models",
    "marketplace.carbon.models_rollups",
    "marketplace.carbon.models_reports",
    "marketplace.footprint.models",
    "marketplace.search.models",
    "marketplace.messaging.models",
    "marketplace.moderation.models",
]

BLUEPRINTS = [
    "marketplace.catalogue.views_publish",  # with the pages of views.py, on one blueprint
    "marketplace.catalogue.views_uploads",  # with the page of views_photos.py, on one blueprint
    "marketplace.catalogue.views_outputs",
    "marketplace.catalogue.views_pieces",
    "marketplace.catalogue.views_sets",
    "marketplace.catalogue.views_labels",
    "marketplace.carbon.views_dashboards",  # with the pages of views.py, on one blueprint
    "marketplace.carbon.views_factors",
    "marketplace.carbon.views_product_data",
    "marketplace.carbon.views_reports",
    "marketplace.carbon.views_exports",
    "marketplace.carbon.views_verification",
    "marketplace.carbon.commands_replay",  # with those of commands.py, in one group
    "marketplace.jobs.commands",
    "marketplace.accounts.views",
    "marketplace.accounts.commands",
    "marketplace.ops.views",
    "marketplace.seeding.commands",
    "marketplace.exchanges.views_asking",  # with the pages of views.py, on one blueprint
    "marketplace.exchanges.views_instead",
    "marketplace.exchanges.views_carts",
    "marketplace.exchanges.views_received",
    "marketplace.exchanges.views_papers",
    "marketplace.exchanges.views_counter",
    "marketplace.exchanges.views_calendar",
    "marketplace.exchanges.views_planner",
    "marketplace.exchanges.views_feeds",
    "marketplace.meals.views_profile",  # with the pages of views.py, on one blueprint
    "marketplace.web.home",
    "marketplace.web.theme",
    "marketplace.web.legal",
    "marketplace.web.help",
    "marketplace.web.stylesheets",
    "marketplace.search.views",
    "marketplace.search.views_feeds",
    "marketplace.search.views_filters",
    "marketplace.search.views_map",
    "marketplace.search.views_suggestions",
    "marketplace.search.commands",
    "marketplace.exchanges.commands",
    "marketplace.accounts.views_organisations",
    "marketplace.accounts.views_productions",
    "marketplace.reclaims.views_answers",  # with the pages of views.py, views_ask.py and views_profile.py
    "marketplace.footprint.views_sheet",
    "marketplace.footprint.views_crew",
    "marketplace.footprint.views_footprint",
    "marketplace.footprint.views_public",
    "marketplace.accounts.views_partners",
    "marketplace.catalogue.views_favourites",
    "marketplace.messaging.views",
    "marketplace.moderation.views",
    "marketplace.moderation.views_reports",
    "marketplace.moderation.views_corrections",
    "marketplace.reclaims.views_intake_corrections",  # with the pages of views_intake.py and views_intake_parts.py
    "marketplace.reclaims.views_register",
    "marketplace.reclaims.views_plans_shared",  # with the pages of views_plans.py, on one blueprint
    "marketplace.reclaims.views_crew_plan",
    "marketplace.reclaims.views_rounds",
    "marketplace.meals.views_traced",
    "marketplace.meals.views_reporting",
    "marketplace.meals.views_recalls",
    "marketplace.meals.views_ordering",
    "marketplace.meals.views_receipts",
    "marketplace.carbon.views_hook_ups",
    "marketplace.carbon.views_upkeep",
    "marketplace.carbon.views_ends",
    "marketplace.carbon.views_shares",
]

# modules that are not blueprints and attach themselves by init_app(app)
SHELL = [
    "marketplace.web.filters",
    "marketplace.web.errors",
    "marketplace.web.visitor",
    "marketplace.web.compression",
    "marketplace.api.shell",
]

csrf = CSRFProtect()
migrate = Migrate()


def create_app(settings: Settings | None = None) -> Flask:
    """The application for `settings` (default: those of the environment)."""
    settings = settings or settings_module.load()
    for name in MODELS:
        import_module(name)
    app = Flask(__name__, static_folder=str(ROOT / "static"), template_folder=str(ROOT / "templates"))
    app.jinja_environment = Pages
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=list(settings.old_secret_keys),
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database_url, settings.threads),
        SESSION_COOKIE_NAME="__Host-session" if settings.https else "session",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=signing_in.LONGEST,
        SESSION_REFRESH_EACH_REQUEST=False,
        MAX_CONTENT_LENGTH=2 * 1024 * 1024,  # routes that take files allow more, by themselves
        MAX_FORM_PARTS=2000,
        SEND_FILE_MAX_AGE_DEFAULT=31536000,  # addresses of assets carry a hash of their content
        WTF_CSRF_TIME_LIMIT=None,  # bound to the session
        WTF_CSRF_SSL_STRICT=False,  # the Origin is checked in web/headers.py
        PREFERRED_URL_SCHEME="https" if settings.https else "http",
    )
    app.extensions["settings"] = settings
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]

    clock.set_clock(settings.clock)
    logs.init_app(app, settings)
    db.init_app(app)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"))
    wiring.init_app(app, settings)
    worker.init_app(app, settings)
    headers.init_app(app, settings)
    language.init_app(app)
    csrf.init_app(app)

    login_manager = LoginManager(app)
    login_manager.session_protection = None  # session rows do this better: an address may change on a train
    login_manager.login_view = "accounts.sign_in"
    login_manager.login_message = None
    login_manager.user_loader(signing_in.load)

    limits.init_app(app, settings)
    for name in SHELL:
        import_module(name).init_app(app)
    for name in BLUEPRINTS:
        app.register_blueprint(import_module(name).blueprint)
    return app
