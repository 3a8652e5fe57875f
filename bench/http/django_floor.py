"""The floor that the goal names, raw own commit: a Django view with three middlewares that writes the rows of `floor.py` itself.

Nobody signs in, nothing is allowed or refused, no session, no key, no tenant; one connection and one durable commit for each thread's request.
"""

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from floor import complete

settings.configure(
    SECRET_KEY="bench",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    LOGGING_CONFIG=None,
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
)
django.setup()


def view(request: HttpRequest) -> HttpResponse:
    """POST /?j=1&n=2"""
    if "j" not in request.GET:
        return HttpResponse("ok")
    done = complete(int(request.GET["j"]), int(request.GET["n"]))
    return JsonResponse({}, status=200 if done else 409)


urlpatterns = [path("", view), path("healthz/", view)]
application = get_wsgi_application()
