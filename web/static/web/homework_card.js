// One homework in a list: what is to be done, how far somebody is, and until when.

import { el } from "./dom.js";
import { h, left, moment } from "./homework_words.js";

export const itemsOf = (homework) => [...homework.quizzes, ...homework.mock_tests];

export const isOver = (homework, now = Date.now()) => Date.parse(homework.deadline) <= now;

export function homeworkCard(homework, isStaff) {
  const items = itemsOf(homework);
  const done = items.filter(({ status }) => status === "Completed").length;
  const isPast = isOver(homework);
  const isWaiting = !isStaff && !isPast && done < items.length;
  return el("li", { class: "card homework" },
    el("h3", {}, el("a", { href: `/homework/${homework.id}/` }, homework.title)),
    el("p", {}, isStaff ? null : el("span", { class: `badge ${done === items.length ? "open" : isPast ? "closed" : "scheduled"}` }, h("doneOf", done, items.length)), " ",
      el("span", { class: "quiet" }, h(isPast ? "wasDue" : "due", moment(homework.deadline)))),
    isWaiting ? el("p", { class: "due" }, h("soon", left(homework.deadline))) : null,
    isStaff ? el("p", { class: "quiet" }, items.map(({ title }) => title).join(" · ")) : null);
}

// The next deadline first; what is over comes last, the latest first.
export function inOrder(list) {
  const time = ({ deadline }) => Date.parse(deadline);
  return {
    toDo: list.filter((one) => !isOver(one)).sort((one, other) => time(one) - time(other)),
    over: list.filter((one) => isOver(one)).sort((one, other) => time(other) - time(one)),
  };
}
