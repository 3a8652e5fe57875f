"""Which door a path belongs to."""

from django.urls import include, path

from boardwell.doors.api.schemas import playbook_schema
from boardwell.doors.api.v1 import api
from boardwell.doors.workspace.views import organisation, start
from boardwell.ui.gallery import gallery

urlpatterns = [
    path("api/", api.urls),  # first, because programs ask most often
    path("", start.start, name="start"),
    path("healthz/", start.alive, name="alive"),
    path("set-up/", organisation.set_up, name="set_up"),
    path("me/", organisation.me, name="me"),
    path("sign-out/", start.sign_out, name="sign_out"),
    path("language/", start.set_language, name="set_language"),
    path("brand/<slug:slug>/<int:revision>.css", start.brand_style, name="brand_css"),
    path("gallery/", gallery, name="gallery"),
    path("brand/<slug:slug>/<int:revision>/logo/", start.brand_logo, name="brand_logo"),
    path("schemas/playbook-1.json", playbook_schema, name="playbook_schema"),
    path("sign-in/", include("boardwell.doors.sign_in.urls")),
    path("p/", include("boardwell.doors.portal.urls")),
    path("<slug:slug>/", include("boardwell.doors.workspace.urls")),
]

handler400 = "boardwell.config.failures.bad_request"
handler404 = "boardwell.config.failures.not_found"
handler500 = "boardwell.config.failures.server_error"
