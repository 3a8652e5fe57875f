"""Paths of the portal."""

from django.urls import path

from boardwell.doors.portal.views import coming_in, daysoff, onboarding, papers

app_name = "portal"
urlpatterns = [
    path("", coming_in.choose, name="choose"),
    path("me/", coming_in.me, name="me"),
    path("i/<str:invitation_id>/", coming_in.invitation, name="invitation"),
    path("unsubscribe/<str:token>/", coming_in.unsubscribe, name="unsubscribe"),
    path("<str:journey_id>/", onboarding.home, name="home"),
    path("<str:journey_id>/undo/", onboarding.undo_act, name="undo"),
    path("<str:journey_id>/plan/", onboarding.plan, name="plan"),
    path("<str:journey_id>/messages/", onboarding.talk, name="messages"),
    path("<str:journey_id>/files/", onboarding.files, name="files"),
    path("<str:journey_id>/files/<str:file_id>/", onboarding.download, name="file"),
    path("<str:journey_id>/pictures/<str:file_id>/", onboarding.face, name="picture"),
    path("<str:journey_id>/people/", onboarding.people, name="people"),
    path("<str:journey_id>/days-off/", daysoff.days_off, name="days_off"),
    path("<str:journey_id>/papers/<str:paper_id>/", papers.paper, name="paper"),
    path("<str:journey_id>/papers/<str:paper_id>/pdf/", papers.paper_pdf, name="paper_pdf"),
    path("<str:journey_id>/steps/<str:key>/", onboarding.step, name="step"),
    path("<str:journey_id>/steps/<str:key>/hand-over/", onboarding.hand_over, name="hand_over"),
    path("<str:journey_id>/steps/<str:key>/out/<str:name>", onboarding.hand_out, name="step_out"),
]
