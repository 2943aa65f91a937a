from django.urls import path
from rest_framework.routers import SimpleRouter

from api.v1.materials.views import CategoryViewSet, FileView, MaterialViewSet

router = SimpleRouter(use_regex_path=False)
router.register("material-categories", CategoryViewSet, basename="material-categories")
router.register("materials", MaterialViewSet, basename="materials")
urlpatterns = [*router.urls, path("materials/<uuid:id>/file/", FileView.as_view())]
