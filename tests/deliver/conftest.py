"""A certificate made for the run, and a server that asks for STARTTLS and AUTH."""

from collections.abc import Iterator

import pytest

from tests.certificate import Certificate, make_certificate
from tests.deliver.server import MailServer, run_server


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def server(certificate: Certificate) -> Iterator[MailServer]:
    with run_server(certificate) as running:
        yield running
