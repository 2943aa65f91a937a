// The rooms of the signed-in person.

import { call } from "./api.js";
import { el, number, show, when } from "./dom.js";
import { start } from "./who.js";

const STAFF = new Set(["TEACHER", "CENTER_ADMIN"]);

start(async (me) => {
  const [rooms, results] = await Promise.all([
    call("GET", "exam-assignments/?page_size=30"),
    STAFF.has(me.role) ? { results: [] } : call("GET", "results/my-results/?page_size=20"),
  ]);
  const cards = rooms.results.map((room) => card(room, STAFF.has(me.role)));
  show(
    el("h1", {}, STAFF.has(me.role) ? "Exam rooms" : "Your exams"),
    cards.length ? el("ul", { class: "cards" }, ...cards) : el("p", { class: "quiet" }, "Nothing is assigned to you yet."),
    results.results.length ? el("h2", {}, "Your results") : null,
    results.results.length ? el("ul", { class: "cards" }, ...results.results.map(past)) : null,
  );
});

function card(room, isStaff) {
  const isOpen = room.status === "OPEN";
  const links = [];
  if (!isStaff && isOpen) links.push(el("a", { class: "button", href: `/rooms/${room.id}/` }, "Enter"));
  if (room.board_policy !== "HIDDEN" || isStaff) links.push(el("a", { class: "button plain", href: `/rooms/${room.id}/board/` }, "Board"));
  return el("li", { class: "card" },
    el("h3", {}, room.title),
    el("p", {}, el("span", { class: `badge ${room.status.toLowerCase()}` }, room.status.toLowerCase()),
      " ", el("span", { class: "quiet" }, room.opens_at ? when(room.opens_at) : "")),
    room.description ? el("p", { class: "quiet" }, room.description) : null,
    el("p", {}, ...links.flatMap((link) => [link, " "])));
}

function past(result) {
  return el("li", { class: "card" },
    el("h3", {}, el("a", { href: `/attempts/${result.attempt_id}/result/` }, result.title)),
    el("p", { class: "quiet" }, `${number(result.score)} of ${number(result.max_score)}`,
      result.rank ? ` · rank ${result.rank} · percentile ${number(result.percentile)}` : ""));
}
