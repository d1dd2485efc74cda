"""A page as text to look into: how its template is wrapped makes no difference."""

from __future__ import annotations

import re


def one_line(html: str) -> str:
    r"""Return HTML on one line, without the spaces between tags and inside their ends.

    >>> one_line('<p>no\\n  case <b\\n>yet</b>\\n</p>')
    '<p>no case <b>yet</b></p>'
    """
    text = re.sub(r"\s+", " ", html)
    return re.sub(r"> <", "><", re.sub(r" >", ">", text))
