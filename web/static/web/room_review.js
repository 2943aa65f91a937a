// The overview before handing in: which questions have an answer, which are blank, which somebody wanted to come back to.

import { el } from "./dom.js";

// True to hand in. A click on a question leads there instead.
export function review({ sections, questionsOf, isAnswered, isFlagged, goTo, warning }) {
  return new Promise((done) => {
    const box = el("dialog", { class: "review", onclose: () => { box.remove(); done(box.returnValue === "yes"); } });
    const leadTo = (question) => { box.close("no"); goTo(question); };
    const cell = ({ id, question_number: number }) => {
      const states = [isAnswered(id) ? "answered" : "blank", isFlagged(id) ? "flagged" : ""].filter(Boolean);
      return el("button", { type: "button", class: `cell ${states.join(" ")}`, "aria-label": `Question ${number}: ${states.join(", ")}`, onclick: () => leadTo(id) }, String(number));
    };
    const flagged = sections.flatMap(questionsOf).filter(({ id }) => isFlagged(id)).length;
    box.append(el("form", { method: "dialog" },
      el("h2", {}, "Hand in your paper?"),
      el("p", {}, warning, flagged ? ` ${flagged} flagged for later.` : "", " You cannot change anything afterwards."),
      ...sections.flatMap((section) => [el("h3", {}, section.name), el("div", { class: "cells" }, ...questionsOf(section).map(cell))]),
      el("p", { class: "quiet legend" }, el("span", { class: "cell answered" }, "1"), " answered ", el("span", { class: "cell blank" }, "2"), " blank ", el("span", { class: "cell flagged" }, "3"), " flagged"),
      el("p", { class: "actions" }, el("button", { value: "yes" }, "Hand in"), el("button", { class: "plain", value: "no", autofocus: true }, "Go on working"))));
    document.body.append(box);
    box.showModal();
  });
}
