from django.urls import path
from rest_framework.routers import SimpleRouter

from api.v1.acting import views

router = SimpleRouter(use_regex_path=False)
router.register("acting", views.ActingViewSet, basename="acting")
urlpatterns = [
    path("auth/act/", views.BeginView.as_view()),
    path("acting/settings/", views.ActingSettingsView.as_view()),
    *router.urls,
]
