from contextlib import AbstractContextManager

from django.http import HttpRequest

def request_context(request: HttpRequest) -> AbstractContextManager[None]: ...
