"""An organisation with its people, a stranger to it, and pictures to send."""

import io

import pytest
from PIL import Image

from tests import factories


@pytest.fixture
def org(app):
    return factories.make_organisation()


@pytest.fixture
def owner(org):
    return factories.owner_of(org)


@pytest.fixture
def stranger(app):
    """The owner of another organisation."""
    return factories.owner_of(factories.make_organisation("Studio Nord", "rental_house"))


def picture(format_: str = "JPEG", size: tuple[int, int] = (64, 48), colour: str = "#c04030", **options) -> bytes:
    """A small real picture."""
    data = io.BytesIO()
    Image.new(options.pop("mode", "RGB"), size, colour).save(data, format_, **options)
    return data.getvalue()
