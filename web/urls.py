from django.urls import path

from web import views

urlpatterns = [
    path("favicon.ico", views.icon),
    path("", views.home, name="home"),
    path("act/", views.act, name="act"),
    path("join/", views.join, name="join"),
    path("verify/", views.verify, name="verify"),
    path("reset/", views.reset, name="reset"),
    path("unsubscribe/", views.unsubscribe, name="unsubscribe"),
    path("rooms/<uuid:room>/", views.room, name="room"),
    path("rooms/<uuid:room>/board/", views.board, name="board"),
    path("rooms/<uuid:room>/results/", views.results, name="results"),
    path("attempts/<uuid:attempt>/result/", views.result, name="result"),
]
