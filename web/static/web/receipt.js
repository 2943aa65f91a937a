// The receipt of an attempt that was handed in, to keep and to print.

import { call } from "./api.js";
import { data, el, show } from "./dom.js";
import { h, moment } from "./homework_words.js";
import { start } from "./who.js";
import { languages } from "./words.js";

start(async () => {
  const [attempt, receipt] = await Promise.all([call("GET", `attempts/${data.attempt}/`), call("GET", `attempts/${data.attempt}/receipt/`)]);
  draw(attempt, receipt);
});

function draw(attempt, receipt) {
  const check = `/receipts/#${new URLSearchParams({ attempt: attempt.id, receipt: receipt.receipt })}`;
  show(el("section", { class: "card sheet receipt" },
    el("h1", {}, h("receipt")),
    el("p", {}, el("b", {}, attempt.assignment.title), ` · ${attempt.student.name}`),
    el("p", {}, h("receiptHelp")),
    el("dl", {}, el("dt", {}, h("attempt")), el("dd", {}, el("code", {}, attempt.id)),
      el("dt", {}, h("number")), el("dd", {}, el("code", { class: "receipt-number" }, receipt.receipt))),
    el("p", { class: "quiet" }, [h("frozen", moment(attempt.finished_at)), h("entries", receipt.entries.length)].join(" · ")),
    el("p", { role: "status", class: receipt.is_intact ? "good" : "error" }, h(receipt.is_intact ? "intact" : "broken")),
    el("p", { class: "actions" },
      el("button", { onclick: () => navigator.clipboard?.writeText(`${attempt.id} ${receipt.receipt}`) }, h("copy")),
      el("button", { class: "plain", onclick: () => print() }, h("print")),
      el("a", { href: check }, h("checkReceipt")),
      attempt.assignment.homework ? el("a", { href: `/homework/${attempt.assignment.homework}/` }, h("back")) : el("a", { href: "/" }, h("home"))),
    languages(el, () => draw(attempt, receipt), ["en", "ja"])));
}
