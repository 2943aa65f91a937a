"""Shells: a title, a place for the module to fill, and what it should load. Everything else comes from the API."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.views.decorators.http import require_http_methods, require_safe

from apps.core import tenancy
from apps.demo import queries as demo
from web import contact


def _shell(request: HttpRequest, module: str, title: str, *, style: str = "", **data: object) -> HttpResponse:
    tenant = tenancy.current()
    context = {
        "module": f"web/{module}.js",
        "title": title,
        "center": tenant.name,
        "data": data,
        "style": style,
        # Its people's passwords are shown; other centers of a development machine have none of them.
        "demo": settings.SHIKEN_DEMO and demo.is_demo(slug=tenant.slug),
    }
    return render(request, "web/shell.html", context)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Sign in, then the rooms of the signed-in person."""
    return _shell(request, "home", "Exam rooms")


@require_safe
def room(request: HttpRequest, room: uuid.UUID) -> HttpResponse:
    """Before, during and after an attempt of one's own."""
    return _shell(request, "room", "Exam", room=str(room))


@require_safe
def board(request: HttpRequest, room: uuid.UUID) -> HttpResponse:
    """The live board of a room."""
    return _shell(request, "board", "Live board", room=str(room))


@require_safe
def watch(request: HttpRequest, room: uuid.UUID) -> HttpResponse:
    """The seats of a room, for its invigilators."""
    return _shell(request, "watch", "Watch", room=str(room))


@require_safe
def marking(request: HttpRequest) -> HttpResponse:
    """What waits for people to mark, by room and question."""
    return _shell(request, "marking", "Marking")


@require_safe
def marking_room(request: HttpRequest, room: uuid.UUID) -> HttpResponse:
    """One answer of a room after the other, to be marked."""
    return _shell(request, "marking_room", "Marking", room=str(room))


@require_safe
def new_room(request: HttpRequest) -> HttpResponse:
    """Make a room."""
    return _shell(request, "room_form", "New room", room="")


@require_safe
def edit_room(request: HttpRequest, room: uuid.UUID) -> HttpResponse:
    """Change a room."""
    return _shell(request, "room_form", "Room", room=str(room))


@require_safe
def results(request: HttpRequest, room: uuid.UUID) -> HttpResponse:
    """The results of a room, for its staff."""
    return _shell(request, "results", "Results", room=str(room))


@require_safe
def result(request: HttpRequest, attempt: uuid.UUID) -> HttpResponse:
    """The result of one attempt, once it is released."""
    return _shell(request, "result", "Result", attempt=str(attempt))


@require_safe
def receipt(request: HttpRequest, attempt: uuid.UUID) -> HttpResponse:
    """The receipt of one attempt, to keep."""
    return _shell(request, "receipt", "Receipt", attempt=str(attempt))


@require_safe
def receipts(request: HttpRequest) -> HttpResponse:
    """Whether a receipt is genuine, for anybody who holds it."""
    return _shell(request, "receipt_check", "Check a receipt")


@require_safe
def preview(request: HttpRequest, test: uuid.UUID) -> HttpResponse:
    """A test as its takers will see it, for its author."""
    return _shell(request, "preview", "Preview", test=str(test))


@require_safe
def accommodations(request: HttpRequest) -> HttpResponse:
    """What students are always given: one's own, or those of one's students to ask for and decide about."""
    return _shell(request, "accommodations", "Accommodations")


@require_safe
def homework_list(request: HttpRequest) -> HttpResponse:
    """The homework of the signed-in person, or what staff have given."""
    return _shell(request, "homework_list", "Homework")


@require_safe
def homework(request: HttpRequest, homework: uuid.UUID) -> HttpResponse:
    """One homework: its items, or how everybody stands."""
    return _shell(request, "homework", "Homework", homework=str(homework))


@require_safe
def new_homework(request: HttpRequest) -> HttpResponse:
    """Give homework."""
    return _shell(request, "homework_form", "New homework", homework="")


@require_safe
def edit_homework(request: HttpRequest, homework: uuid.UUID) -> HttpResponse:
    """Change a homework."""
    return _shell(request, "homework_form", "Homework", homework=str(homework))


@require_safe
def homework_item(request: HttpRequest, homework: uuid.UUID, item: uuid.UUID) -> HttpResponse:
    """Before, during and after an attempt at an item."""
    return _shell(request, "homework_item", "Homework", homework=str(homework), item=str(item))


@require_safe
def act(request: HttpRequest) -> HttpResponse:
    """Begin to work in an admin's place, by an owner's link."""
    return _shell(request, "act", "Act")


@require_safe
def sign_in(request: HttpRequest) -> HttpResponse:
    """Password, code, or a provider; then back to where somebody was going."""
    is_main = tenancy.current().is_public
    return _shell(request, "sign_in", "Sign in", main=is_main, home="/security/" if is_main else "/")


@require_safe
def provider(request: HttpRequest) -> HttpResponse:
    """Where an identity provider sends the browser back."""
    return _shell(request, "provider", "Sign in")


@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """Second factor, other ways in, and devices of the signed-in person."""
    return _shell(request, "security", "Security", main=tenancy.current().is_public)


@require_safe
def join(request: HttpRequest) -> HttpResponse:
    """Make an account."""
    return _shell(request, "account", "Join", page="join", home="/")


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """Join a live quiz by its code, or open one."""
    return _shell(request, "live", "Live quiz", style="web/live.css")


@require_safe
def live_room(request: HttpRequest, session: uuid.UUID) -> HttpResponse:
    """A live quiz, for its host or a player."""
    return _shell(request, "live_room", "Live quiz", style="web/live.css", session=str(session))


@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """Confirm an address, by a link from a letter."""
    return _shell(request, "account", "Confirm", page="verify", home="/")


@require_safe
def reset(request: HttpRequest) -> HttpResponse:
    """Ask for a link by mail, or choose a new password with one. Owners sign in at the admin."""
    home = "/admin/" if tenancy.current().is_public else "/"
    return _shell(request, "account", "New password", page="reset", home=home)


@require_safe
def unsubscribe(request: HttpRequest) -> HttpResponse:
    """No more letters of a kind, by the link at the end of one."""
    return _shell(request, "unsubscribe", "Letters")


@require_safe
def icon(request: HttpRequest) -> HttpResponse:
    """Where a browser looks that was told of no icon."""
    return redirect(static("web/icon.svg"))


@require_http_methods(["GET", "HEAD", "POST"])
def main_host(request: HttpRequest) -> HttpResponse:
    """What Shiken is, and where to go; in the demo, its centers with their addresses. Takes the contact form, and leads
    who sent it to where sending it twice does no harm."""
    form = contact.submit(request.POST) if request.method == "POST" else contact.EMPTY
    if form is None:
        return redirect("/?sent=1#contact")
    port = request.get_port()
    suffix = "" if port in {"80", "443"} else f":{port}"
    centers = demo.list_centers() if settings.SHIKEN_DEMO else []
    addresses = [(name, f"{request.scheme}://{host}{suffix}/") for name, host in centers]
    context = {
        "centers": addresses,
        "demo": settings.SHIKEN_DEMO,
        "form": form,
        "sent": request.GET.get("sent") == "1",
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "web/main_host.html", context, status=status)
