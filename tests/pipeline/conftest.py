"""What several tests of the pipeline begin with; each module makes its own store."""

import pytest

from monitor.store.open import Store
from monitor.types import StoredModel
from tests.store.builders import a_model


@pytest.fixture
def model(store: Store) -> StoredModel:
    with store.writing() as session:
        return a_model(session)
