"""Paths of the workspace: everything of an organisation below its slug."""

from django.urls import path

from boardwell.doors.workspace.views import accounts, home, journey, journeys, organisation, playbooks

app_name = "workspace"
urlpatterns = [
    path("", home.home, name="home"),
    path("inbox/", home.inbox, name="inbox"),
    path("search/", home.search, name="search"),
    path("accounts/", accounts.accounts, name="accounts"),
    path("accounts/new/", accounts.new, name="account_new"),
    path("accounts/<str:account_id>/", accounts.account, name="account"),
    path("accounts/<str:account_id>/edit/", accounts.edit, name="account_edit"),
    path("accounts/<str:account_id>/archive/", accounts.archive, name="account_archive"),
    path("accounts/<str:account_id>/contacts/", accounts.contact_add, name="contact_add"),
    path("accounts/<str:account_id>/contacts/<str:contact_id>/", accounts.contact_do, name="contact_do"),
    path("journeys/", journeys.journeys, name="journeys"),
    path("journeys/start/", journeys.start, name="journey_start"),
    path("journeys/views/", journeys.view_save, name="view_save"),
    path("journeys/<str:journey_id>/", journey.journey, name="journey"),
    path("journeys/<str:journey_id>/do/", journey.do, name="journey_do"),
    path("journeys/<str:journey_id>/messages/post/", journey.message, name="journey_message"),
    path("journeys/<str:journey_id>/files/upload/", journey.upload, name="journey_upload"),
    path("journeys/<str:journey_id>/facts/save/", journey.facts, name="journey_facts"),
    path("journeys/<str:journey_id>/steps/<str:key>/", journey.step, name="step"),
    path("journeys/<str:journey_id>/steps/<str:key>/do/", journey.step_do, name="step_do"),
    path("journeys/<str:journey_id>/<slug:tab>/", journey.journey, name="journey_tab"),
    path("files/<str:file_id>/", journey.download, name="file"),
    path("playbooks/", playbooks.playbooks, name="playbooks"),
    path("playbooks/new/", playbooks.new, name="playbook_new"),
    path("playbooks/check/", playbooks.check, name="playbook_check"),
    path("playbooks/<slug:key>/", playbooks.playbook, name="playbook"),
    path("playbooks/<slug:key>/edit/", playbooks.edit, name="playbook_edit"),
    path("playbooks/<slug:key>/export/", playbooks.export, name="playbook_export"),
    path("playbooks/<slug:key>/compare/", playbooks.compare, name="playbook_compare"),
    path("playbooks/<slug:key>/do/", playbooks.do, name="playbook_do"),
    path("people/", organisation.people, name="people"),
    path("people/<str:member_id>/", organisation.member_do, name="member_do"),
    path("settings/", organisation.settings, name="settings"),
    path("settings/<slug:section>/", organisation.settings, name="settings_section"),
    path("audit/", organisation.audit, name="audit"),
    path("outbox/", organisation.outbox, name="outbox"),
    path("outbox/<str:mail_id>/", organisation.mail, name="mail"),
    path("outbox/<str:mail_id>/body/", organisation.mail_body, name="mail_body"),
]
