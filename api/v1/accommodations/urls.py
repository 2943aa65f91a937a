from django.urls import include, path
from rest_framework.routers import SimpleRouter

from api.v1.accommodations import views

router = SimpleRouter(use_regex_path=False)
router.register("accommodations", views.AccommodationViewSet, basename="accommodation")

urlpatterns = [path("", include(router.urls))]
