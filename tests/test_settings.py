"""A wrong setting stops the start, naming itself and what is allowed."""

import pytest

from marketplace.settings import SettingError, load


@pytest.fixture
def start(tmp_path):
    return lambda **environment: load({"INSTANCE_DIR": str(tmp_path), **environment})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"), ("PORT", "http"), ("PORT", "70000"), ("BASE_URL", "localhost"), ("BASE_URL", "ftp://x"),
        ("BASE_URL", "http://x/path"), ("DATABASE_URL", "mysql://x"), ("REDIS_URL", "memcached://x"), ("DEMO", "yes"),
        ("RATE_LIMITS", "sometimes"), ("CLOCK", "tomorrow"), ("CLOCK", "2026-01-01T00:00:00"), ("LOG_FORMAT", "xml"),
        ("SECRET_KEY", "short"), ("STORAGE_URL", "gopher://x"), ("MAIL_URL", "pigeon://x"), ("PROCESSES", "4"),
        ("TRUSTED_PROXIES", "-1"), ("THREADS", "many"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named(start, name, value):
    with pytest.raises(SettingError) as refused:
        start(**{name: value})
    assert refused.value.name == name
    assert f"Réglage {name} refusé" in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"), [("DEMO", "1"), ("RATE_LIMITS", "off"), ("CLOCK", "2026-01-01T00:00:00+00:00")]
)
def test_what_only_a_trial_may_have_is_refused_on_https(start, name, value):
    with pytest.raises(SettingError) as refused:
        start(BASE_URL="https://reemploi.example", **{name: value})
    assert refused.value.name == name


def test_defaults_serve_a_laptop(start, tmp_path):
    settings = start()
    assert (settings.host, settings.port, settings.base_url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert settings.demo and settings.rate_limits and not settings.https
    assert settings.database_url == f"sqlite:///{tmp_path}/seconde-prise.sqlite3"


def test_the_key_is_made_once_and_kept_to_its_owner(start, tmp_path):
    key = start().secret_key
    assert start().secret_key == key
    assert len(key) >= 43
    assert (tmp_path / "secret-key").stat().st_mode & 0o077 == 0


def test_https_turns_the_demo_off(start):
    assert not start(BASE_URL="https://reemploi.example").demo


@pytest.mark.parametrize("url", ["postgresql://u@h/b", "postgres://u@h/b", "postgresql+psycopg://u@h/b"])
def test_postgresql_always_goes_through_psycopg_3(start, url):
    assert start(DATABASE_URL=url).database_url == "postgresql+psycopg://u@h/b"


def test_a_password_in_a_refused_address_is_not_shown(start):
    with pytest.raises(SettingError) as refused:
        start(DATABASE_URL="mysql://user:secret@host/base")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LEGAL_NUMBER", "123"),
        ("LEGAL_NUMBER", "X123456789"),
        ("LEGAL_EMAIL", "nobody"),
        ("LEGAL_PRIVACY_EMAIL", "a b@c.fr"),
        ("LEGAL_NAME", "x" * 401),
        ("LEGAL_ADDRESS", "deux\nlignes"),
    ],
)
def test_what_names_the_operator_is_checked(tmp_path, name, value):
    with pytest.raises(SettingError, match=name):
        load({"INSTANCE_DIR": str(tmp_path), name: value})


@pytest.mark.parametrize("typed", ["732 829 320", "732 829 320 00074", "w751234567"])
def test_a_number_of_the_operator_loses_its_spaces(tmp_path, typed):
    assert load({"INSTANCE_DIR": str(tmp_path), "LEGAL_NUMBER": typed}).legal.number == typed.replace(" ", "").upper()
