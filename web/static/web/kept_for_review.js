// What counts for nothing and was kept all the same: answers that were refused, and sheets that were withdrawn.

import { call } from "./api.js";
import { el, notice, number, table } from "./dom.js";

const CODES = {
  too_late: "after the deadline", attempt_closed: "after the end", section_closed: "after its part was over",
  taken_over: "from a window that was taken over", answer_final: "to a question that was final already",
};

export async function refusedAnswers(attempt) {
  return listed(`attempts/${attempt}/refused-answers/`, "Nothing was refused.", "They count for nothing. What stands beside them counts.",
    [["Question", "num"], ["Refused"], ["Counts"], ["Came"]],
    (one) => [one.question_number === null ? "–" : String(one.question_number), answered(one.response, one.words), answered(one.counted, one.counted_words), came(one)]);
}

export async function withdrawnSheets(attempt) {
  return listed(`attempts/${attempt}/withdrawn-sheets/`, "No sheet was withdrawn.", "What had been handed in before the attempt was opened again.",
    [["Handed in"], ["Answers", "num"], ["Withdrawn"], ["Receipt"]],
    (one) => [moment(one.finished_at), String(Object.keys(one.answers).length),
      el("span", {}, one.reason, el("br"), el("span", { class: "quiet" }, `${one.withdrawn_by?.name || "somebody who is gone"}, ${moment(one.withdrawn_at)}`)),
      el("code", { class: "receipt-number" }, one.receipt)]);
}

// A table that grows by pages.
async function listed(path, nothing, words, headings, cells) {
  const rows = el("div", { class: "wide" });
  const more = el("button", { type: "button", class: "link" }, "More");
  let page = 0;
  const load = async () => {
    const found = await call("GET", `${path}?page=${page += 1}&page_size=50`);
    if (found.count) rows.append(table(headings, found.results.map((one) => ({ cells: cells(one) }))));
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

function came({ code, received_at: at, late_seconds: late }) {
  return el("span", {}, CODES[code] || code, late === null ? "" : `, ${number(late, 1)} s late`, el("br"), el("span", { class: "quiet" }, moment(at)));
}

function moment(text) {
  return new Date(text).toLocaleString([], { dateStyle: "medium", timeStyle: "medium" });
}
