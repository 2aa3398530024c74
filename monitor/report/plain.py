"""Plain text: folded to 72 columns, tables aligned where they fit and stacked where they do not."""

import re
import textwrap
from base64 import b64encode
from collections.abc import Sequence

from monitor.report.document import Table

TEXT_WIDTH = 72
GAP = 2
PHONE_LETTERS = 48
"""How many letters of a table fit beside each other on 320 pixels, a gap counted as one."""
TOGETHER = re.compile(r"\b\d{1,2} [A-Z][a-z]{2} \d{4}\b|\bof (?=\d)|\([^\s()]+ to [^\s()]+\)")


def wrapped(text: str, indent: str = "", first: str | None = None) -> str:
    """Return the text folded to the width of plain text; a word that is longer stays whole."""
    return textwrap.fill(
        text,
        TEXT_WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def column(text: str, width: int) -> str:
    """Return the text cut or padded to a width."""
    return (text if len(text) <= width else text[: width - 1] + "…").ljust(width)


def text_table(table: Table) -> str:
    """Return a table in columns, or each row as a paragraph where the columns would not fit."""
    lines = [table.head, *table.rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(table.head))]
    if sum(widths) + GAP * (len(widths) - 1) > TEXT_WIDTH:
        return "\n".join(_stacked(table.head, row) for row in table.rows)
    return "\n".join(_aligned(line, widths) for line in lines)


def _aligned(line: Sequence[str], widths: Sequence[int]) -> str:
    return (" " * GAP).join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()


def _stacked(head: Sequence[str], row: Sequence[str]) -> str:
    told = [f"{name}: {cell}" for name, cell in zip(head[1:], row[1:], strict=True) if cell]
    if len(told) == 1:
        return wrapped(f"{row[0]}: {row[1]}", "  ", "")
    return f"{wrapped(row[0])}\n{wrapped('; '.join(told), '  ')}"


def unbroken(text: str) -> str:
    """Return the text with ranges, numbers after "of" and dates such as 9 Nov 2026 that no line may break.

    By U+2060, word joiner, and U+00A0, no-break space.
    """
    joined = re.sub(r"(?<=\d)–(?=\d)", "–\u2060", text)
    return TOGETHER.sub(lambda found: found[0].replace(" ", "\u00a0"), joined)


def crowded(table: Table) -> bool:
    """Return whether a phone has no room for the columns, each at least as wide as its longest word."""
    lines = [table.head, *table.rows]
    longest = (
        max(len(word) for line in lines for word in unbroken(line[place]).split(" "))
        for place in range(len(table.head))
    )
    return sum(letters + 1 for letters in longest) > PHONE_LETTERS


def svg_uri(svg: str) -> str:
    """Return a chart as a data URI."""
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"
