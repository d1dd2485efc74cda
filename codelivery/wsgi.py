"""The application that a WSGI server calls."""

import os
import re
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "codelivery.settings")

BOUNDARY_PATTERN = re.compile(r"\bboundary=[^;]+", re.IGNORECASE)

django_application = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a request whose text is UTF-8, as that of JSON and of our forms is, whatever charset it declares.

    Django would decode by that charset before any middleware is asked, and fall over one that is none.
    """
    if "CONTENT_TYPE" in environ:
        media, _, parameters = environ["CONTENT_TYPE"].partition(";")
        boundary = BOUNDARY_PATTERN.search(parameters)
        environ["CONTENT_TYPE"] = f"{media}; {boundary[0]}" if boundary else media
    return django_application(environ, start_response)
