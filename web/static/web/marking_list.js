// Every answer of a room that people mark, to look at one again; fetched once somebody opens the list.

import { call } from "./api.js";
import { el, number, table } from "./dom.js";
import { writerOf } from "./marking_sheet.js";
import { m, refusal } from "./marking_words.js";

const PAGE = 50;
const BADGES = { WAITING: "scheduled", MARKED: "open", DISPUTED: "disputed" };

export function listOfAnswers(room, question) {
  const place = el("div", {});
  const states = el("select", { "aria-label": m("show"), onchange: () => fill() },
    el("option", { value: "" }, m("any")), ...Object.keys(BADGES).map((state) => el("option", { value: state }, m(state))));
  const box = el("details", { class: "card all-answers", ontoggle: () => { if (box.open && !place.firstChild) fill(); } },
    el("summary", {}, m("all")), el("p", {}, states), place);
  return box;

  async function fill(rows = [], page = 1) {
    const only = `${question ? `&question_id=${question}` : ""}${states.value ? `&state=${states.value}` : ""}`;
    try {
      const found = await call("GET", `grading-queue/?exam_assignment_id=${room.exam_assignment}&page_size=${PAGE}&page=${page}${only}`);
      const all = [...rows, ...found.results];
      place.replaceChildren(
        all.length ? el("div", { class: "wide" }, table([[m("writer"), ""], [m("number"), "num"], [m("state"), ""], [m("mine"), "num"]], all.map(row))) : el("p", { class: "quiet" }, "–"),
        found.next ? el("button", { type: "button", class: "plain", onclick: () => fill(all, page + 1) }, m("more")) : "");
    } catch (problem) {
      place.replaceChildren(el("p", { class: "error", role: "alert" }, refusal(problem)));
    }
  }
}

function row(script) {
  return { cells: [
    el("a", { href: `?script=${script.id}` }, writerOf(script)), String(script.number),
    el("span", { class: `badge ${BADGES[script.state]}` }, m(script.state)), script.marks === null ? "–" : `${number(script.marks, 3)} / ${number(script.max_marks, 3)}`,
  ] };
}
