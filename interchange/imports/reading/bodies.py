"""Long texts: HTML as Markdown, without scripts, styles and trackers; plain text as it is."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Collection
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import nh3
from markdownify import MarkdownConverter

from .problems import Problem, error, joined_problem, warning
from .texts import Cleaned, clean_text

IMPORTED_TAGS = {
    "a", "b", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "li", "ol", "p",
    "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul", "div",
}  # fmt: skip
DROPPED_ELEMENTS = {"script", "style", "title", "noscript", "template", "iframe", "object", "svg", "math"}
"""Elements that are dropped with their content; of other elements, the text is untracked."""
SHOWN_ELEMENTS = {
    "img": "an image", "iframe": "an embedded page", "object": "an embedded object", "embed": "an embedded object",
    "svg": "a drawing", "math": "a formula", "video": "a video", "audio": "a sound", "form": "a form",
}  # fmt: skip
"""What readers of the HTML saw, and do not see here."""
SHOWN_ELEMENT = re.compile(rf"<({'|'.join(SHOWN_ELEMENTS)})(?=[\s/>])", re.IGNORECASE)
IMPORTED_LINK_SCHEMES = {"http", "https", "mailto"}

MAX_HTML_TAGS = 10_000

HTML_MARKUP = re.compile(
    r"<(?:/?(?:p|br|div|span|a|b|i|u|em|strong|h[1-6]|ul|ol|li|table|tbody|tr|td|th|img|font|blockquote|pre|code|hr|"
    r"script|style|iframe|html|head|body|o:p|section|article)(?:\s[^<>]*)?/?>|!--|!doctype\b|\?xml)",
    re.IGNORECASE,
)
HTML_ENTITY = re.compile(r"&(?:[a-z]{2,8}|#\d{2,6}|#x[0-9a-f]{2,5});", re.IGNORECASE)
OFFICE_MARKUP = re.compile(
    r"<\?xml[^<>]{0,200}>|<!\[(?:if|endif)[^<>]{0,200}(?<!--)>|</?\w{1,10}:\w{1,30}[^<>]{0,500}>", re.IGNORECASE
)
"""What word processors leave in HTML."""

TRACKING_PARAMETER = re.compile(
    r"utm_|mc_(?:cid|eid)$|(?:fbclid|gclid|dclid|msclkid|igshid|yclid|mkt_tok|_hsenc|_hsmi)$", re.IGNORECASE
)
"""URL parameters that track readers."""


BLOCK_MARK = re.compile(
    r"^(\s*)(?:(\d{1,9})(?=[.)](?:\s|$))|(?=[-+](?:\s|$)|#{1,6}(?:\s|$)|>|[-=]+\s*$|(?:`{3}|~{3})|\[[^\]]*\]:))",
    re.MULTILINE,
)
"""Where the text of a paragraph would begin a list, a heading, a quotation, a block of code or a link in Markdown."""

YEAR_LIKE_A_LIST = re.compile(r"^( {0,3}\d{4,9})(?=[.)]\s)", re.MULTILINE)
"""A number too high for a list that somebody wrote."""


def clean_body(value: object, *, meant: Collection[str] = ()) -> Cleaned[str]:
    r"""A long text as Markdown: HTML is converted; plain text is Markdown, but for entities and years before a point.

    >>> clean_body("<p>One &amp; <b>two</b><script>x()</script></p>")[0]
    'One & **two**'
    >>> clean_body("2014. It began.")[0]
    '2014\\. It began.'
    >>> clean_body("Fish &amp; chips")[0], clean_body("a < b")[0]
    ('Fish & chips', 'a < b')
    """
    given, problem = clean_text(value, meant=meant)
    if given is None:
        return None, problem
    if not HTML_MARKUP.search(given):
        plain = html.unescape(given) if HTML_ENTITY.search(given) else given
        return YEAR_LIKE_A_LIST.sub(r"\1\\", plain), problem
    if given.count("<") > MAX_HTML_TAGS:
        return None, error(
            f"The HTML of this text has more than {MAX_HTML_TAGS:,} tags. Bring it in as plain text.", value
        )
    try:
        found = _markdown(given)
    except RecursionError:
        return None, error("The HTML of this text is nested too deep. Bring it in as plain text or as Markdown.", value)
    cleaned, more = clean_text(found)
    if cleaned is None:
        return None, warning("This HTML has no text in it. The cell was taken for empty.", value)
    return cleaned, joined_problem([problem, more, _left_out(given)])


def _left_out(given: str) -> Problem | None:
    """What is said of the pictures and other contents that HTML shows and Markdown here does not."""
    found = Counter(name.lower() for name in SHOWN_ELEMENT.findall(given))
    counts = [f"{number} × {SHOWN_ELEMENTS[name]}" for name, number in found.items()]
    return warning(f"This was left out of the text: {', '.join(counts)}.", given) if counts else None


def _markdown(given: str) -> str:
    harmless = nh3.clean(
        OFFICE_MARKUP.sub("", given),
        tags=IMPORTED_TAGS,
        clean_content_tags=DROPPED_ELEMENTS,
        attributes={"a": {"href"}, "ol": {"start"}},
        attribute_filter=_attribute,
        url_schemes=IMPORTED_LINK_SCHEMES,
        link_rel=None,
    )
    made = _Converter(heading_style="ATX", bullets="-", newline_style="backslash", table_infer_header=True).convert(
        harmless
    )
    lines = (line.rstrip() for line in made.replace("\u00a0", " ").splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Converter(MarkdownConverter):
    """Keeps the text of HTML a text: “2014. It began” in a paragraph is no list."""

    def escape(self, text: str, parent_tags: set[str]) -> str:
        escaped = super().escape(text, parent_tags)  # type: ignore[misc]  # the stubs lack it
        return BLOCK_MARK.sub(lambda mark: f"{mark[1]}{mark[2] or ''}\\", escaped)


def _attribute(_: str, name: str, value: str) -> str | None:
    """The value of an attribute; a URL without its tracking parameters."""
    if name != "href":
        return value
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    untracked = [(key, each) for key, each in pairs if not TRACKING_PARAMETER.match(key)]
    return value if len(untracked) == len(pairs) else urlunsplit(parts._replace(query=urlencode(untracked)))
