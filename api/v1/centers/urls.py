"""What the main host serves of centers."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from api.v1.centers.admins import OwnerAdminViewSet
from api.v1.centers.contacts import ContactView, OwnerRequestViewSet
from api.v1.centers.views import OwnerCenterViewSet

router = SimpleRouter(use_regex_path=False)
router.register("owner-centers", OwnerCenterViewSet, basename="owner-centers")
router.register("owner-center-admins", OwnerAdminViewSet, basename="owner-center-admins")
router.register("owner-contact-requests", OwnerRequestViewSet, basename="owner-contact-requests")
urlpatterns = [path("contact-requests/", ContactView.as_view()), *router.urls]
