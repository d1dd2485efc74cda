"""The text that offsets count in is the one that a real browser finds in the page."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page, Route

from annotations.anchoring.highlights import highlight
from cases.markdown import narrative_text, render_markdown

from .anchoring.test_highlights import placed
from .narratives import ODD, narratives


def in_browser(page: Page, pieces: list[str]) -> list[dict[str, int | str]]:
    """Return what a browser makes of each piece of HTML inside a `div`: its textContent, and the number of marks."""
    body = "".join(f'<div class="narrative">{piece}</div>' for piece in pieces)
    html = f"<!doctype html><meta charset=utf-8><title>Odd</title><body>{body}"

    def answer(route: Route) -> None:
        route.fulfill(body=html, content_type="text/html; charset=utf-8")

    page.route("**/odd", answer)
    page.goto("/odd")
    found: list[dict[str, int | str]] = page.locator(".narrative").evaluate_all(
        "all => all.map(one => ({text: one.textContent, marks: one.querySelectorAll('mark').length}))"
    )
    page.unroute("**/odd")
    return found


def check(page: Page, sources: list[str]) -> None:
    """Hold the text of narratives, plain and marked, against what the browser reads."""
    texts = [narrative_text(source) for source in sources]
    plain = [render_markdown(source) for source in sources]
    marked = [
        highlight(html, placed(*[(at, at + 1) for at, letter in enumerate(text) if not letter.isspace()][:40:3]))
        for html, text in zip(plain, texts, strict=True)
    ]
    assert in_browser(page, plain) == [{"text": text, "marks": 0} for text in texts]
    assert in_browser(page, marked) == [
        {"text": text, "marks": html.count("<mark ")} for text, html in zip(texts, marked, strict=True)
    ]


def test_odd_markdown_has_the_text_that_the_browser_reads(page: Page) -> None:
    check(page, list(ODD.values()))


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(sources=st.lists(narratives, min_size=5, max_size=25))
def test_any_markdown_has_the_text_that_the_browser_reads(page: Page, sources: list[str]) -> None:
    check(page, sources)
