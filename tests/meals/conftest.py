import pytest

from tests.meals.made import Evening, make_evening


@pytest.fixture
def evening(app) -> Evening:
    return make_evening()
