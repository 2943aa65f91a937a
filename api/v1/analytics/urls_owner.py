from django.urls import path

from api.v1.analytics import views

urlpatterns = [
    path("analytics/owner/", views.OwnerView.as_view()),
    path("analytics/owner/centers/", views.OwnerCentersView.as_view()),
]
