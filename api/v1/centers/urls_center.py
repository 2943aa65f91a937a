"""What a center's host serves of itself."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from api.v1.centers.contacts import ContactView
from api.v1.centers.domains import DomainViewSet
from api.v1.centers.profile import LogoView, OwnCenterViewSet

router = SimpleRouter(use_regex_path=False)
router.register("center-admin-centers", OwnCenterViewSet, basename="center-admin-centers")
router.register("centers/domains", DomainViewSet, basename="centers-domains")
urlpatterns = [
    path("centers/avatar/", LogoView.as_view()),
    path("contact-requests/", ContactView.as_view()),
    *router.urls,
]
