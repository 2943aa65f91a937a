// The overview before handing in: which questions have an answer, which are blank, which somebody wanted to come back to.

import { el } from "./dom.js";
import { s } from "./sitting_words.js";

// True to hand in. A click on a question leads there instead.
export function review({ sections, questionsOf, isAnswered, isFlagged, goTo, warning }) {
  return new Promise((done) => {
    const box = el("dialog", { class: "review", onclose: () => { box.remove(); done(box.returnValue === "yes"); } });
    const leadTo = (question) => { box.close("no"); goTo(question); };
    const cell = ({ id, question_number: number }) => {
      const states = [isAnswered(id) ? "answered" : "blank", isFlagged(id) ? "flagged" : ""].filter(Boolean);
      return el("button", { type: "button", class: `cell ${states.join(" ")}`, "aria-label": s("cellOf", number, states.map((state) => s(state)).join(", ")), onclick: () => leadTo(id) }, String(number));
    };
    const flagged = sections.flatMap(questionsOf).filter(({ id }) => isFlagged(id)).length;
    box.append(el("form", { method: "dialog" },
      el("h2", {}, s("handInAsk")),
      el("p", {}, [warning, flagged ? s("flaggedCount", flagged) : "", s("noWayBack")].filter(Boolean).join(" ")),
      ...sections.flatMap((section) => [el("h3", {}, section.name), el("div", { class: "cells" }, ...questionsOf(section).map(cell))]),
      el("p", { class: "quiet legend" }, ...["answered", "blank", "flagged"].map((state, at) => el("span", {}, el("span", { class: `cell ${state}` }, String(at + 1)), ` ${s(state)}`))),
      el("p", { class: "actions" }, el("button", { value: "yes" }, s("handIn")), el("button", { class: "plain", value: "no", autofocus: true }, s("goOnWorking")))));
    document.body.append(box);
    box.showModal();
  });
}
