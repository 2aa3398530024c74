"""The application: all pages behind one gate, and errors as pages."""

from http import HTTPStatus
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from monitor.config.configuration import Configuration
from monitor.errors import MonitorError, UsageError
from monitor.web import coding, events, leaving, pages, reports
from monitor.web.answers import Page, answer
from monitor.web.gate import Gate
from monitor.web.site import Site


def make_app(site: Site, configuration: Configuration | None = None) -> FastAPI:
    """Return the application over a site; it follows a configuration where one is given.

    Who gets in, and by which names, stays as the site has it.
    """
    app = FastAPI(title="monitor", openapi_url=None, docs_url=None, redoc_url=None)
    app.state.site = site
    app.state.configuration = configuration
    for part in (pages, events, coding, leaving, reports):
        app.include_router(part.pages)
    app.mount("/static", StaticFiles(directory=Path(__file__).with_name("static")))
    app.add_exception_handler(MonitorError, _expected)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _http)
    app.add_middleware(Gate, site=site)
    return app


def _expected(request: Request, error: Exception) -> Response:
    """Say what is wrong: what the address or form named does not exist, or the database cannot be used."""
    status = HTTPStatus.NOT_FOUND if isinstance(error, UsageError) else HTTPStatus.SERVICE_UNAVAILABLE
    return _wrong(request, str(error), status)


def _unreadable(request: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    where = ", ".join(str(one["loc"][-1]) for one in found)
    return _wrong(request, f"this address or form cannot be read: {where}", HTTPStatus.UNPROCESSABLE_ENTITY)


def _http(request: Request, error: Exception) -> Response:
    status = HTTPStatus(error.status_code) if isinstance(error, HTTPException) else HTTPStatus.BAD_REQUEST
    return _wrong(request, f"{status.phrase.lower()}: {request.url.path}", status)


def _wrong(request: Request, message: str, status: HTTPStatus) -> Response:
    return answer(request, Page("wrong", {"error": message}, {"status": status.value}), status.value)
