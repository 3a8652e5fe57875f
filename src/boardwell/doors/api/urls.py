"""Paths of the API."""

from django.urls import path

from boardwell.doors.api.v1 import api

urlpatterns = [path("", api.urls)]
