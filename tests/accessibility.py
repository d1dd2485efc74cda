"""What is wrong with a page in a browser: for readers with assistive technology, and for its window.

The colour scheme changes colours and nothing else, so a page that is drawn once is read whole in the light, and its
colours once more in the dark. Only what is wrong is brought back: listing what passes cost more than finding it.
"""

from __future__ import annotations

from typing import Any, cast

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# Without preload: it would read style sheets through a style of its own, against our policy, for rules on films.
QUICK = {"preload": False, "resultTypes": ["violations"]}
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WHOLE = QUICK | {"runOnly": STANDARDS}
COLOURS = QUICK | {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
RUN = """async (rules) => {
    const transitions = document.getAnimations().filter((one) => one instanceof CSSTransition);
    await Promise.allSettled(transitions.map((one) => one.finished)); // the admin's links fade from light to dark
    return (await axe.run(rules)).violations;
}"""


def violations(page: Page) -> list[tuple[str, list[str]]]:
    """Return what axe finds at the page as it stands, light and dark: the rules, and elements that break them."""
    page.evaluate(Axe().axe_script)
    page.emulate_media(color_scheme="light")
    found = page.evaluate(RUN, WHOLE)
    page.emulate_media(color_scheme="dark")
    found += page.evaluate(RUN, COLOURS)
    page.emulate_media(color_scheme="light")
    return [(fault["id"], [node["html"][:160] for node in fault["nodes"]][:3]) for fault in cast("list[Any]", found)]


def faults(page: Page) -> list[object]:
    """Return what axe finds at the page with every fold open, and whether it is wider than its window."""
    page.evaluate("for (const fold of document.querySelectorAll('main details')) fold.open = true")
    found: list[object] = [*violations(page)]
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        found.append("wider than its window")
    return found
