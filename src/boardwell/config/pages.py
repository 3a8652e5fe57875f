"""What only people need of the middleware: programs bring a key with each request, so session, person and messages are left out for them."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string


class PagesMiddleware:
    """Sends everything but the API through the middlewares of `PAGES_MIDDLEWARE`, in their order."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.for_programs = get_response
        self.for_pages: Any = get_response
        for path in reversed(settings.PAGES_MIDDLEWARE):
            made = import_string(path)(self.for_pages)
            if any(hasattr(made, f"process_{hook}") for hook in ("view", "exception", "template_response")):
                raise TypeError(f"{path} belongs into MIDDLEWARE: it has a hook that is called there only")
            self.for_pages = convert_exception_to_response(made)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_of_a_program = request.path_info.startswith("/api/")
        answer: HttpResponse = (self.for_programs if is_of_a_program else self.for_pages)(request)
        return answer
