"""Numbers and years in texts are rendered as they were written."""

from __future__ import annotations

import pytest

from cases.markdown import narrative_text, render_markdown


@pytest.mark.parametrize(
    "written",
    [
        "2014. It began with ten people.",
        "2014) It began.",
        "It was\n\n1986. Then it grew.",
        "7. May 2001 was the day.",
        "120. The number of members.",
        "2014. It began.\n2015. It grew.",
        "15.",
    ],
)
def test_a_number_that_begins_a_paragraph_stays_in_the_text(written: str) -> None:
    assert "<ol" not in render_markdown(written)
    assert narrative_text(written).split() == written.split()


@pytest.mark.parametrize(
    ("written", "html"),
    [
        ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"),
        ("0. a\n1. b", '<ol start="0"><li>a</li><li>b</li></ol>'),
        ("1. a\n2. b\n\nSo:\n\n3. c", '<ol><li>a</li><li>b</li></ol><p>So:</p><ol start="3"><li>c</li></ol>'),
        ("1. a\n\nSo:\n\n2014. c", "<ol><li>a</li></ol><p>So:</p><p>2014. c</p>"),
        ("- a\n\n  2014. b", "<ul><li><p>a</p><p>2014. b</p></li></ul>"),
        ("> 3. b", "<blockquote><p>3. b</p></blockquote>"),
        ("1. a\n   1. b\n   2. c\n2. d", "<ol><li>a<ol><li>b</li><li>c</li></ol></li><li>d</li></ol>"),
        ("- a\n2014. b", "<ul><li>a</li></ul><p>2014. b</p>"),
    ],
)
def test_a_list_begins_with_one_or_goes_on(written: str, html: str) -> None:
    assert render_markdown(written).replace("\n", "") == html
