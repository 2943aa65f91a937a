from django.urls import path

from web import views

urlpatterns = [
    path("favicon.ico", views.icon),
    path("", views.home, name="home"),
    path("act/", views.act, name="act"),
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-in/provider/", views.provider, name="provider"),
    path("security/", views.security, name="security"),
    path("join/", views.join, name="join"),
    path("verify/", views.verify, name="verify"),
    path("reset/", views.reset, name="reset"),
    path("unsubscribe/", views.unsubscribe, name="unsubscribe"),
    path("live/", views.live, name="live"),
    path("live/<uuid:session>/", views.live_room, name="live_room"),
    path("rooms/<uuid:room>/", views.room, name="room"),
    path("rooms/new/", views.new_room, name="new_room"),
    path("rooms/<uuid:room>/edit/", views.edit_room, name="edit_room"),
    path("rooms/<uuid:room>/watch/", views.watch, name="watch"),
    path("rooms/<uuid:room>/board/", views.board, name="board"),
    path("rooms/<uuid:room>/results/", views.results, name="results"),
    path("attempts/<uuid:attempt>/result/", views.result, name="result"),
    path("attempts/<uuid:attempt>/receipt/", views.receipt, name="receipt"),
    path("receipts/", views.receipts, name="receipts"),
    path("tests/<uuid:test>/preview/", views.preview, name="preview"),
    path("homework/", views.homework_list, name="homework_list"),
    path("homework/new/", views.new_homework, name="new_homework"),
    path("homework/<uuid:homework>/", views.homework, name="homework"),
    path("homework/<uuid:homework>/edit/", views.edit_homework, name="edit_homework"),
    path("homework/<uuid:homework>/items/<uuid:item>/", views.homework_item, name="homework_item"),
]
