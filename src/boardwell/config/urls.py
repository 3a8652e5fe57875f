"""Which door a path belongs to."""

from django.urls import include, path

urlpatterns = [
    path("api/", include("boardwell.doors.api.urls")),
    path("p/", include("boardwell.doors.portal.urls")),
    path("", include("boardwell.doors.workspace.urls")),
]

handler400 = "boardwell.config.failures.bad_request"
handler404 = "boardwell.config.failures.not_found"
handler500 = "boardwell.config.failures.server_error"
