import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.collect.text import clean, decode_mixed, plain, shorten


@given(st.text(st.characters(exclude_categories=())))
def test_cleaning_twice_is_cleaning_once_and_leaves_what_can_be_stored(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert "  " not in once
    assert once == once.strip()
    once.encode()


def test_cleaning_makes_equal_headlines_equal() -> None:
    assert clean(" Social\u00a0work\u00ader\n cafe\u0301\u200b \x07\ud800") == "Social worker café"
    assert clean(None) == ""


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Council &amp; family", "Council & family"),
        ("<p>First <b>wo</b>rd.</p><p>Second</p>", "First word. Second"),
        ("one<br/>two<li>three", "one two three"),
        ("It&#8217;s &nbsp; fine&#x2026;", "It’s fine…"),
        ("before<script>if (a<b) x()</script>after<style>p {}", "before after"),
        ("a<!-- > note -->b", "ab"),
        ('<img alt="a > b" src="x">caption', "caption"),
        ('cut off <a href="https://echo.exam', "cut off"),
        ("<![CDATA[kept]]>", "kept"),
        (None, ""),
    ],
)
def test_markup_goes_and_words_stay(markup: str | None, text: str) -> None:
    assert plain(markup) == text


@pytest.mark.parametrize("text", ["5 < 6 and 7 > 3", "AT&T & B&Q", "R&D; q&a", "price=1&section=2"])
def test_plain_text_with_signs_of_markup_is_left_as_it_is(text: str) -> None:
    assert plain(text) == text


def test_a_feed_that_escapes_twice_is_read_as_one_that_escapes_once() -> None:
    assert plain("&amp;lt;p&amp;gt;Inquiry &amp;amp;amp; answers&amp;lt;/p&amp;gt;") == "Inquiry & answers"


def test_a_word_quoted_in_angle_brackets_survives() -> None:
    assert plain("<p>signed &lt;name withheld&gt;</p>") == "signed <name withheld>"


@pytest.mark.parametrize("unit", ["<script>", "<!--", '<a ="<a" ', "<a '", "&lt;p ", "&amp;", "<svg", "</p"])
def test_hostile_markup_takes_time_that_grows_with_its_length_only(unit: str) -> None:
    start = time.monotonic()
    plain(unit * 100_000)
    assert time.monotonic() - start < 5


@given(st.text(max_size=60), st.integers(1, 40))
def test_a_shortened_text_is_a_beginning_within_the_limit(text: str, characters: int) -> None:
    short = shorten(text, characters)
    assert len(short) <= characters
    assert text.startswith(short)


def test_a_text_is_cut_after_a_word() -> None:
    assert shorten("one two three", 9) == "one two"
    assert shorten("one two", 7) == "one two"
    assert shorten("unbroken", 4) == "unbr"


@given(st.text())
def test_text_in_utf8_is_read_as_utf8(text: str) -> None:
    assert decode_mixed(text.encode()) == text


def test_a_byte_from_windows_costs_only_itself() -> None:
    assert decode_mixed("café ".encode() + b"\x93quoted\x94") == "café “quoted”"
