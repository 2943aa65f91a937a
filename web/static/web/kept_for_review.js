// What counts for nothing and was kept all the same: answers that were refused, and sheets that were withdrawn.

import { call } from "./api.js";
import { el, notice, number } from "./dom.js";

const CODES = {
  too_late: "after the deadline", attempt_closed: "after the end", section_closed: "after its part was over",
  taken_over: "from a window that was taken over", answer_final: "to a question that was final already",
};

export async function refusedAnswers(attempt) {
  return listed(`attempts/${attempt}/refused-answers/`, "Nothing was refused.", "They count for nothing. What stands beside them counts.",
    (one) => el("li", {},
      el("span", {}, el("b", {}, one.question_number === null ? "Question" : `Question ${one.question_number}`), ` · ${CODES[one.code] || one.code}`,
        one.late_seconds === null ? "" : `, ${number(one.late_seconds, 1)} s late`),
      el("span", { class: "why" }, "Refused: ", answered(one.response, one.words)),
      el("span", { class: "why" }, "Counts: ", answered(one.counted, one.counted_words)),
      el("span", { class: "why quiet" }, moment(one.received_at))));
}

export async function withdrawnSheets(attempt) {
  return listed(`attempts/${attempt}/withdrawn-sheets/`, "No sheet was withdrawn.", "What had been handed in before the attempt was opened again.",
    (one) => el("li", {},
      el("span", { class: "why" }, el("b", {}, counted(Object.keys(one.answers).length)), `, handed in ${moment(one.finished_at)}`),
      el("span", { class: "why" }, one.reason, " ", el("span", { class: "quiet" }, `${one.withdrawn_by?.name || "somebody who is gone"}, ${moment(one.withdrawn_at)}`)),
      el("code", { class: "why receipt-number" }, one.receipt)));
}

// A list that grows by pages.
async function listed(path, nothing, words, line) {
  const rows = el("ol", { class: "ledger kept" });
  const more = el("button", { type: "button", class: "link" }, "More");
  let page = 0;
  const load = async () => {
    const found = await call("GET", `${path}?page=${page += 1}&page_size=50`);
    rows.append(...found.results.map(line));
    more.hidden = !found.next;
    return found.count;
  };
  more.addEventListener("click", () => load().catch((problem) => notice(problem.message)));
  const isEmpty = !await load();
  return isEmpty ? el("p", { class: "quiet" }, nothing) : el("div", {}, el("p", { class: "quiet" }, words), rows, more);
}

function answered(response, words) {
  if (words.length) return words.join(", ");
  if (response === null) return el("span", { class: "quiet" }, "no answer");
  return typeof response === "string" ? response : JSON.stringify(response);
}

function counted(answers) {
  return answers === 1 ? "1 answer" : `${answers} answers`;
}

function moment(text) {
  return new Date(text).toLocaleString([], { dateStyle: "medium", timeStyle: "medium" });
}
