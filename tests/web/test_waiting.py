"""A refusal for trying too often says how long to wait, and says it truly (A6)."""

import pytest

from marketplace.web.errors import wait
from tests.databases import settings_for

CASES = [
    (1, "1 seconde,"), (60, "60 secondes,"), (90, "90 secondes,"), (91, "2 minutes,"), (300, "5 minutes,"),
    (301, "6 minutes,"), (5400, "90 minutes,"), (5401, "2 heures,"), (86400, "24 heures,"),
]  # fmt: skip


@pytest.mark.parametrize(("seconds", "said"), CASES)
def test_the_unit_one_would_say(app, seconds, said):
    with app.test_request_context():
        assert said in wait(seconds)


def test_the_page_says_how_long(app, database_url, tmp_path):
    """A6: until the oldest attempt is five minutes old, in the header and in words."""
    from marketplace import create_app

    limited = create_app(settings_for(tmp_path / "limited", database_url, RATE_LIMITS="on"))
    limited.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    client = limited.test_client()
    data = {"email": "alice@exemple.fr", "password": "pas le bon"}
    for _attempt in range(10):
        assert client.post("/connexion", data=data).status_code == 422
    refused = client.post("/connexion", data=data)
    assert refused.status_code == 429
    seconds = int(refused.headers["Retry-After"])
    assert 240 < seconds <= 301
    minutes = -(-seconds // 60)
    assert f"Attendez {minutes} minutes" in refused.get_data(as_text=True)
