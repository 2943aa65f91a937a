from django.urls import path

from api.v1.pictures.views import PictureView

urlpatterns = [path("pictures/<path:path>", PictureView.as_view())]
