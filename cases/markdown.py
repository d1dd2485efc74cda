"""Markdown to safe HTML, and that HTML's text: the only place where a user's text becomes markup."""

from __future__ import annotations

import re
from functools import lru_cache
from html.parser import HTMLParser

import nh3
from markdown_it import MarkdownIt

SAFE_TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h2", "h3", "h4", "hr", "li", "ol", "p", "pre", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
SAFE_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SAFE_SCHEMES = {"http", "https", "mailto"}

_parser = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])


@lru_cache(maxsize=512)
def render_markdown(markdown: str) -> str:
    """Return `markdown` as HTML with harmless tags only.

    Raw HTML in the source is shown as text. Headings start at h2, since h1 is the title of the page.
    """
    html = _parser.render(markdown.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "�"))
    return nh3.clean(
        html.replace("<h1>", "<h2>").replace("</h1>", "</h2>"),
        tags=SAFE_TAGS,
        attributes=SAFE_ATTRIBUTES,
        url_schemes=SAFE_SCHEMES,
    )


class _TextCollector(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)


def html_text_content(html: str) -> str:
    """The `textContent` that a browser would give an element containing `html`."""
    parser = _TextCollector()
    parser.feed(html)
    parser.close()
    return "".join(parser.pieces)


@lru_cache(maxsize=64)
def narrative_text(narrative: str) -> str:
    """The text in which offsets into a narrative are counted."""
    return html_text_content(render_markdown(narrative))


MARKUP = re.compile(r"[\[\\<&*_`~]")
"""What may make the words of a text other than its Markdown; other syntax stands between words."""


def words_of_markdown(markdown: str) -> str:
    """Return the text that is searched: what is to be read, without the addresses of links."""
    return html_text_content(render_markdown(markdown)) if MARKUP.search(markdown) else markdown
