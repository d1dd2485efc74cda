"""What tests do on a case's page in a browser, and read from it."""

from __future__ import annotations

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext, Locator, Page
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from annotations.models import Annotation

CASE = "/cases/library/"

ENDS = """(words) => {
    const text = document.getElementById("narrative").textContent;
    const at = (offset) => {
        const walk = document.createTreeWalker(document.getElementById("narrative"), NodeFilter.SHOW_TEXT);
        for (let node = walk.nextNode(), left = offset; node; node = walk.nextNode()) {
            if (left < node.length) return [node, left];
            left -= node.length;
        }
    };
    const box = (offset) => {
        const range = document.createRange();
        const [node, place] = at(offset);
        range.setStart(node, place);
        range.setEnd(node, place + 1);
        return range.getBoundingClientRect();
    };
    const start = text.indexOf(words);
    const [first, last] = [box(start), box(start + words.length - 1)];
    return [first.left, first.top + first.height / 2, last.right, last.top + last.height / 2];
}"""
"""Where on the screen some words of the narrative begin and end."""


def sign_in(context: BrowserContext, user: User, live_server: LiveServer) -> None:
    client = Client()
    client.force_login(user)
    cookie = client.cookies["sessionid"]
    context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])


def drag_over(page: Page, words: str) -> None:
    """Select words of the narrative with the mouse."""
    left, top, right, bottom = page.evaluate(ENDS, words)
    page.mouse.move(left + 1, top)
    page.mouse.down()
    page.mouse.move(right, bottom, steps=5)
    page.mouse.up()


def kept() -> list[tuple[str, int | None, int | None, str, str]]:
    """Return the notes that are not deleted."""
    return list(Annotation.objects.filter(deleted_at=None).values_list("exact", "start", "end", "comment", "audience"))


def marks(page: Page) -> list[str]:
    return page.locator("#narrative mark").all_text_contents()


def tab_to(page: Page, place: Locator) -> None:
    """Press Tab until the place has the focus."""
    for _ in range(60):
        if place.evaluate("place => place === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail("The Tab key does not lead there.")
