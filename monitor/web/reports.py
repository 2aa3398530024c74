"""The files of written reports, as they lie in their folder."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response

from monitor.errors import UsageError
from monitor.web.site import Here

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".pdf": "application/pdf",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
POLICY: Final = (
    "sandbox allow-scripts allow-popups allow-popups-to-escape-sandbox allow-downloads; default-src 'none'; "
    "script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: 'self'; "
    "frame-ancestors 'none'"
)
"""A report holds its own scripts and style; in a sandbox they reach neither cookies nor the other pages."""


@dataclass(frozen=True, slots=True)
class WrittenReport:
    """A report's folder, and those of its files that a browser can show, its page first."""

    name: str
    files: tuple[str, ...]


def newest_report(folder: Path | None) -> WrittenReport | None:
    """Return the weekly report of the last week that there is; None without any."""
    if folder is None or not folder.is_dir():
        return None
    weeks = sorted(path.name for path in folder.iterdir() if re.fullmatch(r"\d{4}-W\d{2}", path.name))
    if not weeks:
        return None
    files = [path.name for path in (folder / weeks[-1]).iterdir() if _is_shown(path)]
    return WrittenReport(weeks[-1], tuple(sorted(files, key=lambda name: (not name.endswith(".html"), name))))


pages = APIRouter()


@pages.get("/reports/{name}/{file}")
def report(site: Here, name: str, file: str) -> Response:
    """Return a file of a written report."""
    path = report_file(site.reports, name, file)
    return FileResponse(path, media_type=TYPES[path.suffix], headers={"Content-Security-Policy": POLICY})


def report_file(folder: Path | None, name: str, file: str) -> Path:
    """Return where a report's file lies.

    Raises:
        UsageError: there is none, or it is not one that is shown.
    """
    if folder is not None and NAME.fullmatch(name) and NAME.fullmatch(file):
        path = folder / name / file
        if _is_shown(path):
            return path
    raise UsageError(f"there is no report file {name}/{file}")


def _is_shown(path: Path) -> bool:
    return path.suffix in TYPES and path.is_file() and not path.is_symlink()
