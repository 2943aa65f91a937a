from django.urls import path
from rest_framework.routers import SimpleRouter

from api.v1.jobs.views import TaskFileView, TaskViewSet

router = SimpleRouter(use_regex_path=False)
router.register("tasks", TaskViewSet, basename="tasks")
urlpatterns = [path("tasks/<uuid:id>/file/", TaskFileView.as_view()), *router.urls]
