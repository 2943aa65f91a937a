from rest_framework.routers import SimpleRouter

from api.v1.users.views import UserViewSet

router = SimpleRouter(use_regex_path=False)
router.register("users", UserViewSet, basename="users")
urlpatterns = router.urls
