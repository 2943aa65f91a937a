from django.urls import path

from api.v1.subscriptions import views

urlpatterns = [
    path("subscriptions/my-subscription/", views.MySubscriptionView.as_view()),
    path("subscriptions/plans/", views.PlansView.as_view()),
]
