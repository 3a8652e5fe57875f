"""Paths of the workspace."""
urlpatterns = []
app_name = "workspace"
