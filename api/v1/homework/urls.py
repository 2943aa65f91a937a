from django.urls import path
from rest_framework.routers import SimpleRouter

from api.v1.homework import views

router = SimpleRouter(use_regex_path=False)
router.register("homework-assignments", views.HomeworkViewSet, basename="homework")
urlpatterns = [
    path("homework-assignments/<uuid:id>/items/<uuid:item>/start/", views.StartItemView.as_view()),
    path("attempts/<uuid:id>/check/", views.CheckView.as_view()),
    *router.urls,
]
