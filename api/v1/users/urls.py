from rest_framework.routers import SimpleRouter

from api.v1.users.guests import GuestViewSet
from api.v1.users.views import UserViewSet

router = SimpleRouter(use_regex_path=False)
router.register("users", UserViewSet, basename="users")
router.register("guests", GuestViewSet, basename="guests")
urlpatterns = router.urls
