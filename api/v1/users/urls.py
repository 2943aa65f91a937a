from django.urls import path
from rest_framework.routers import SimpleRouter

from api.v1.users.guests import GuestViewSet
from api.v1.users.personal import OwnDataView, OwnErasureView
from api.v1.users.views import UserViewSet

router = SimpleRouter(use_regex_path=False)
router.register("users", UserViewSet, basename="users")
router.register("guests", GuestViewSet, basename="guests")
urlpatterns = [
    path("auth/me/export/", OwnDataView.as_view()),
    path("auth/me/erasure/", OwnErasureView.as_view()),
    *router.urls,
]
