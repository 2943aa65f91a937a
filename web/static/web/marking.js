// What waits for people to mark: rooms, and in each its questions.

import { call } from "./api.js";
import { el, show } from "./dom.js";
import { m } from "./marking_words.js";
import { start } from "./who.js";
import { languages } from "./words.js";

const PAGE = 100;

start(async function marking(me) {
  if (!["TEACHER", "CENTER_ADMIN"].includes(me.role)) return show(el("h1", {}, m("marking")), el("p", {}, m("notStaff")));
  const rooms = [];
  for (let page = 1; ; page += 1) {
    const found = await call("GET", `grading-queue/rooms/?page_size=${PAGE}&page=${page}`);
    rooms.push(...found.results);
    if (!found.next) break;
  }
  return show(
    el("h1", {}, m("marking")),
    el("p", { class: "actions" }, el("a", { href: "/" }, m("home"))),
    rooms.length ? el("ul", { class: "cards" }, ...rooms.map(card)) : el("p", { class: "quiet" }, m("nothing")),
    languages(el, () => marking(me), ["en", "ja"]));
});

function card(room) {
  const address = `/marking/${room.exam_assignment}/`;
  const item = (question) => el("li", {},
    el("span", {}, m("question", question.number), " ", standing(question)),
    el("a", { href: `${address}?question=${question.question}`, "aria-label": `${m("mark")}: ${m("question", question.number)}` }, m(question.waiting ? "mark" : "look")));
  return el("li", { class: "card" },
    el("h3", {}, el("a", { href: address }, room.title)),
    el("p", {}, standing(room)),
    room.questions.length > 1 ? el("ul", { class: "rows" }, ...room.questions.map(item)) : null,
    el("p", { class: "actions" }, el("a", { class: room.waiting ? "button" : "button plain", href: address }, m(room.waiting ? "mark" : "look"))));
}

function standing({ waiting, unanswered, marked, disputed }) {
  const more = [unanswered ? m("blank", unanswered) : "", marked ? m("marked", marked) : ""].filter(Boolean).join(" · ");
  return el("span", {}, el("span", { class: `badge ${waiting ? "scheduled" : "open"}` }, m("waiting", waiting)), " ",
    disputed ? el("span", { class: "badge disputed" }, m("disputed", disputed)) : null, " ", el("span", { class: "quiet" }, more));
}
