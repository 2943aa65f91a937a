// All homework that somebody may see: their own with how far they are, or what staff have given.

import { call } from "./api.js";
import { el, show } from "./dom.js";
import { homeworkCard, inOrder } from "./homework_card.js";
import { h } from "./homework_words.js";
import { start } from "./who.js";
import { languages } from "./words.js";

const PAGE = 100;

start(async function list(me) {
  const isStaff = ["TEACHER", "CENTER_ADMIN"].includes(me.role);
  const rows = [];
  for (let page = 1; ; page += 1) {
    const found = await call("GET", `homework-assignments/?page_size=${PAGE}&page=${page}`);
    rows.push(...found.results);
    if (!found.next) break;
  }
  const { toDo, over } = inOrder(rows);
  const part = (title, some) => (some.length ? [el("h2", {}, title), el("ul", { class: "cards" }, ...some.map((one) => homeworkCard(one, isStaff)))] : []);
  show(
    el("h1", {}, h(isStaff ? "homework" : "yourHomework")),
    el("p", { class: "actions" }, isStaff ? el("a", { class: "button", href: "/homework/new/" }, h("newHomework")) : null, el("a", { href: "/" }, h("home"))),
    ...part(h("toDo"), toDo), ...part(h("over"), over),
    rows.length ? null : el("p", { class: "quiet" }, h("none")),
    languages(el, () => list(me), ["en", "ja"]));
});
