"""Every setting of an instance, with its default.

Values come from the environment, then from a `.env` file beside `wsgi.py`. A wrong value stops the start: the
message names the setting and what it accepts.
"""

import os
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

ROOT = Path(__file__).resolve().parent.parent


class SettingError(SystemExit):
    """A setting has a value that cannot work; ends the process with a sentence."""

    def __init__(self, name: str, value: str, allowed: str):
        self.name = name
        super().__init__(f"Réglage {name} refusé : {value!r}. Valeurs permises : {allowed}.")


@dataclass(frozen=True)
class Legal:
    """Who runs the instance, as its pages must say; what its operator has not given is ''."""

    name: str = ""
    form: str = ""  # « association loi 1901 », « SCIC SARL au capital de 12 000 € »
    address: str = ""
    number: str = ""  # SIREN, SIRET or RNA, without spaces
    email: str = ""
    phone: str = ""
    publisher: str = ""  # the director of publication: a person
    host: str = ""  # name, address and telephone of whoever hosts the server
    privacy_email: str = ""  # of the data protection officer, where there is one; else `email` answers

    @property
    def missing(self) -> tuple[str, ...]:
        """The settings that French law asks for and that are not given."""
        asked = ("name", "form", "address", "number", "email", "phone", "publisher", "host")
        return tuple(f"LEGAL_{name.upper()}" for name in asked if not getattr(self, name))


@dataclass(frozen=True)
class Settings:
    """What one instance runs with. `instance_dir` exists and is writable."""

    host: str
    port: int
    base_url: str  # no trailing slash; its scheme decides on secure cookies and HSTS
    allowed_hosts: frozenset[str]
    instance_dir: Path
    demo: bool
    secret_key: str
    old_secret_keys: tuple[str, ...]  # those of before: what they signed or encrypted is still read
    database_url: str  # a SQLAlchemy URL: sqlite:///… or postgresql+psycopg://…
    redis_url: str | None
    storage_url: str  # file:///…
    mail_url: str  # file:///… or smtp://…
    log_format: str
    clock: str
    rate_limits: bool
    trusted_proxies: int  # how many reverse proxies in front are ours
    threads: int  # of the application server, per process
    processes: int  # of the application server; more than one asks for REDIS_URL
    legal: Legal = Legal()

    @property
    def https(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")


def load(environment: dict[str, str] | None = None) -> Settings:
    """The settings of `environment` (default: `.env`, then the process's own).

    Raises `SettingError` with the name of the first wrong one.
    """
    if environment is None:
        from_file = {k: v for k, v in dotenv_values(ROOT / ".env").items() if v is not None}
        environment = {**from_file, **os.environ}
    values = {name: value.strip() for name, value in environment.items() if value.strip()}

    def integer(name: str, default: int, low: int, high: int) -> int:
        text = values.get(name, str(default))
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise SettingError(name, text, f"un nombre entier de {low} à {high}")
        return int(text)

    def one_of(name: str, default: str, allowed: tuple[str, ...]) -> str:
        text = values.get(name, default).lower()
        if text not in allowed:
            raise SettingError(name, text, ", ".join(allowed))
        return text

    host = values.get("HOST", "127.0.0.1")
    port = integer("PORT", 8000, 1, 65535)
    base_url = values.get("BASE_URL", f"http://127.0.0.1:{port}").rstrip("/")
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query or parts.username:
        raise SettingError("BASE_URL", base_url, "http://hôte[:port] ou https://hôte[:port], sans chemin")
    https = parts.scheme == "https"
    hosts = values.get("ALLOWED_HOSTS", f"{parts.hostname},localhost,127.0.0.1")
    allowed_hosts = frozenset(h.strip().lower() for h in hosts.split(",") if h.strip())

    instance_dir = Path(values.get("INSTANCE_DIR", "instance"))
    if not instance_dir.is_absolute():
        instance_dir = ROOT / instance_dir
    try:
        instance_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError("INSTANCE_DIR", str(instance_dir), f"un dossier où écrire ({error.strerror})") from None

    demo = one_of("DEMO", "0" if https else "1", ("0", "1")) == "1"
    rate_limits = one_of("RATE_LIMITS", "on", ("on", "off")) == "on"
    clock = values.get("CLOCK", "system")
    if clock != "system" and _clock_is_wrong(clock):
        raise SettingError("CLOCK", clock, "system, une heure ISO avec son fuseau, ou un décalage comme +72h")
    if https:
        if demo:
            raise SettingError("DEMO", "1", "0 en https : la démonstration a des mots de passe publics")
        if not rate_limits:
            raise SettingError("RATE_LIMITS", "off", "on en https")
        if clock != "system" and not clock.startswith(("+", "-")):
            raise SettingError("CLOCK", clock, "system en https : une heure fixe arrêterait les échéances")

    secret_key = values.get("SECRET_KEY") or _kept_secret(instance_dir)
    if len(secret_key) < 32:
        raise SettingError("SECRET_KEY", "…", "au moins 32 caractères tirés au hasard")
    old_secret_keys = tuple(k.strip() for k in values.get("OLD_SECRET_KEYS", "").split(",") if k.strip())
    if any(len(key) < 32 for key in old_secret_keys):
        raise SettingError(
            "OLD_SECRET_KEYS", "…", "les clés d’avant, séparées par des virgules, de 32 caractères au moins"
        )

    redis_url = values.get("REDIS_URL")
    if redis_url and not redis_url.startswith(("redis://", "rediss://", "unix://")):
        raise SettingError("REDIS_URL", redis_url, "redis://hôte:port/numéro")
    processes = integer("PROCESSES", 2 if redis_url else 1, 1, 64)
    if processes > 1 and not redis_url:
        raise SettingError("PROCESSES", str(processes), "1 sans REDIS_URL : les limites d’essais se comptent ensemble")

    storage_url = values.get("STORAGE_URL", f"file://{instance_dir}/files")
    if not storage_url.startswith("file://"):
        raise SettingError("STORAGE_URL", storage_url, "file:///dossier")
    mail_url = values.get("MAIL_URL", f"file://{instance_dir}/mail")
    if not mail_url.startswith(("file://", "smtp://", "smtps://")):
        raise SettingError("MAIL_URL", mail_url, "smtp://hôte:port ou file:///dossier")

    return Settings(
        host=host,
        port=port,
        base_url=base_url,
        allowed_hosts=allowed_hosts,
        instance_dir=instance_dir,
        demo=demo,
        secret_key=secret_key,
        old_secret_keys=old_secret_keys,
        database_url=_database_url(values.get("DATABASE_URL", f"sqlite:///{instance_dir}/seconde-prise.sqlite3")),
        redis_url=redis_url,
        storage_url=storage_url,
        mail_url=mail_url,
        log_format=one_of("LOG_FORMAT", "text", ("text", "json")),
        clock=clock,
        rate_limits=rate_limits,
        trusted_proxies=integer("TRUSTED_PROXIES", 0, 0, 5),
        threads=integer("THREADS", 8, 1, 64),
        processes=processes,
        legal=_legal(values),
    )


LONGEST_LEGAL = 400
LEGAL_NUMBER = re.compile(r"\d{9}|\d{14}|W\d{9}")
MAIL_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def _legal(values: dict[str, str]) -> Legal:
    """What is printed about the operator. Raises `SettingError`."""
    given = Legal(
        name=values.get("LEGAL_NAME", ""),
        form=values.get("LEGAL_FORM", ""),
        address=values.get("LEGAL_ADDRESS", ""),
        number=re.sub(r"\s", "", values.get("LEGAL_NUMBER", "")).upper(),
        email=values.get("LEGAL_EMAIL", ""),
        phone=values.get("LEGAL_PHONE", ""),
        publisher=values.get("LEGAL_PUBLISHER", ""),
        host=values.get("LEGAL_HOST", ""),
        privacy_email=values.get("LEGAL_PRIVACY_EMAIL", ""),
    )
    for field, text in vars(given).items():
        if len(text) > LONGEST_LEGAL or not text.isprintable():
            raise SettingError(f"LEGAL_{field.upper()}", text[:40], f"une ligne de {LONGEST_LEGAL} caractères au plus")
    if given.number and not LEGAL_NUMBER.fullmatch(given.number):
        raise SettingError("LEGAL_NUMBER", given.number, "un SIREN (9 chiffres), un SIRET (14) ou un RNA (W et 9)")
    for name, address in (("LEGAL_EMAIL", given.email), ("LEGAL_PRIVACY_EMAIL", given.privacy_email)):
        if address and not MAIL_ADDRESS.fullmatch(address):
            raise SettingError(name, address, "une adresse électronique")
    return given


SHIFT = re.compile(r"([+-])(\d{1,6})([smhd])")


def clock_shift(clock: str) -> timedelta | None:
    """The shift that `+72h` and the like mean, None for any other form."""
    match = SHIFT.fullmatch(clock)
    if not match:
        return None
    sign, count, unit = match.groups()
    seconds = int(count) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit]
    return timedelta(seconds=seconds if sign == "+" else -seconds)


def clock_fixed(clock: str) -> datetime:
    """The UTC time that an ISO `clock` names. Raises ValueError."""
    moment = datetime.fromisoformat(clock)
    if moment.tzinfo is None:
        raise ValueError("no time zone")
    return moment.astimezone(UTC)


def _clock_is_wrong(clock: str) -> bool:
    if clock_shift(clock) is not None:
        return False
    try:
        clock_fixed(clock)
    except ValueError:
        return True
    return False


def _database_url(url: str) -> str:
    """`url` with the driver we ship: psycopg 3, whatever the spelling."""
    for prefix in ("postgresql://", "postgres://", "postgresql+psycopg://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    if url.startswith("sqlite:///"):
        return url
    raise SettingError("DATABASE_URL", re.sub(r"//[^@/]*@", "//…@", url), "sqlite:///fichier ou postgresql://hôte/base")


def _kept_secret(instance_dir: Path) -> str:
    """The instance's own key, made at the first start and readable by its owner alone."""
    path = instance_dir / "secret-key"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            handle.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_text().strip()
