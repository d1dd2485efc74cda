"""Markdown to safe HTML, and that HTML's text: the only place where a user's text becomes markup."""

from __future__ import annotations

import re
from functools import lru_cache
from html.parser import HTMLParser

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, list_block

SAFE_TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h2", "h3", "h4", "hr", "li", "ol", "p", "pre", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
SAFE_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SAFE_SCHEMES = {"http", "https", "mailto"}

ORDERED_MARKER = re.compile(r"(\d{1,9})[.)](?=\s|$)")
FIRST_NUMBERS = (0, 1)


def _list_rule(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:  # noqa: FBT001 - markdown-it's
    """CommonMark's lists, but a numbered one begins with 0 or 1, or goes on from the one before it.

    Any other number begins a sentence (“2014. It began …”), and would be lost from the text as the number of a list.
    """
    marker = ORDERED_MARKER.match(state.src, state.bMarks[start_line] + state.tShift[start_line])
    within = state.sCount[start_line] >= state.blkIndent  # otherwise it ends an item, and is another one of its list
    if marker and within and int(marker[1]) not in (*FIRST_NUMBERS, _next_number(state)):
        return False
    return list_block(state, start_line, end_line, silent)


def _next_number(state: StateBlock) -> int | None:
    """The number that would go on from the last numbered list of this level; None if there is none."""
    level, items = state.level, 0
    for token in reversed(state.tokens):
        if token.level < level:
            return None
        items += token.level == level + 1 and token.type == "list_item_open"
        if token.level == level and token.type == "ordered_list_open":
            return int(token.attrs.get("start", 1)) + items
        if token.level == level and token.type == "bullet_list_open":
            items = 0
    return None


_parser = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])
_parser.block.ruler.at("list", _list_rule, {"alt": ["paragraph", "reference", "blockquote"]})


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
