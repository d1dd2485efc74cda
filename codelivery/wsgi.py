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
    """Read every request as UTF-8, which JSON and our forms use, and ignore the charset that it declares.

    Django would use that charset before any middleware runs, and crash if it is unknown.
    """
    if "CONTENT_TYPE" in environ:
        media, _, parameters = environ["CONTENT_TYPE"].partition(";")
        boundary = BOUNDARY_PATTERN.search(parameters)
        environ["CONTENT_TYPE"] = f"{media}; {boundary[0]}" if boundary else media
    return django_application(environ, start_response)
