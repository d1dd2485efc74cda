"""Odd Markdown, for the tests of what stands where: by hand and made up."""

from __future__ import annotations

from hypothesis import strategies as st

ODD = {
    "nothing": "",
    "a paragraph": "It began small.",
    "two paragraphs": "It began small.\n\nThen it **grew**, and *grew*.",
    "CRLF": "One line\r\nand another.\r\n\r\nA paragraph.\rA line.",
    "emoji": "Thanks 👩🏽‍⚕️ and 👍🏽, from 🇩🇪 to 🏴󠁧󠁢󠁳󠁣󠁴󠁿.",
    "combining marks": "Cafe\u0301, and café; a\u0308\u0304\u0323 stack.",
    "right to left": "The word שלום (shalom) and السَّلام stand *هنا* and so on.\u200f",
    "a table": "| Year | Patients |\n|:--|--:|\n| 2006 | **875** |\n| 2014 | 10,190 👍 |\n\nAfter it.",
    "a tight list": "- one\n- two\n  - inner *one*\n  - inner two\n- three",
    "a loose list": "3. one\n\n   more of one\n\n4. two\n\n   > quoted\n   > words",
    "softly broken items": "- *one*\n  **two**\n- [a](https://example.org/)\n  [b](https://example.org/)",
    "code": "Call `a < b && c` or\n\n```\nif a < b:\n    return '&amp;'\n\n```\n\n    indented\n",
    "code that begins with an empty line": "```\n\nhere\n```",
    "entities": "R&amp;D &lt;b&gt; &copy; &nbsp;x&nbsp; &#13; &#10; &#0; &#x1F600; &notanentity; AT&T &ampersand",
    "raw HTML": "<b>bold</b> <script>alert(1)</script> <!-- hidden --> <a href='x'>x</a>\n\n<table><tr><td>x",
    "links": 'See [the **long** words](https://example.org/ "a \\"title\\" > that"), <https://example.org/?a=1&b=2>.',
    "a refused link": "[click](javascript:alert(1)) and [mail](mailto:a@example.org)",
    "an image": "![a *picture*](https://example.org/a.png) beside words",
    "headings and rules": "# Title\n\nText\n\n***\n\n### Lower `code`\n\nSetext\n------\nMore  \nbroken\\\nlines",
    "odd white space": "a\u00a0b\u2003c\u2028d\u0085e\x0cf\x0bg\x1fh\u200bi\ufeffj\tk",
    "control characters": "a\x00b\x01c\x7fd\x9fe\ufffef\U0001fffeg",
    "struck": "~~gone~~ stays, **bold *and* more**",
    "deep": "> - > 1. deep\n>   >\n>   >    deeper",
}

INLINE = [
    "word", " ", "two words", "*soft*", "**loud *both***", "~~no~~", "`a<b`", "[link](https://a.example/)",
    "👍🏽", "e\u0301", "שלום", "&amp;", "&#13;", "&nbsp;", "<i>", "  \n", "\n", "\r\n", "\\*", "a & b < c", '"q"', "|",
    "\u2028", "\x0c", "#", ".",
]  # fmt: skip

_lines = st.lists(st.sampled_from(INLINE), max_size=6).map("".join)
_blocks = st.one_of(
    _lines,
    st.lists(_lines, min_size=1, max_size=3).map(lambda lines: "\n".join(f"- {line}" for line in lines)),
    st.lists(_lines, min_size=1, max_size=2).map(lambda lines: "\n\n".join(f"1. {line}" for line in lines)),
    st.lists(_lines, min_size=1, max_size=2).map(lambda lines: "\n".join(f"> {line}" for line in lines)),
    st.tuples(_lines, _lines).map(lambda cells: f"|{cells[0]}|{cells[1]}|\n|-|-|\n|{cells[1]}|{cells[0]}|"),
    _lines.map(lambda line: f"```\n{line}\n```"),
    _lines.map(lambda line: f"## {line}"),
    st.text(max_size=20),
)
narratives = st.lists(_blocks, max_size=4).map("\n\n".join)
"""Narratives of every kind of block, with every kind of thing in them."""
