// What students are always given: asked for by staff, decided by the center's admins, read by whom it is about.

import { a } from "./accommodation_words.js";
import { call } from "./api.js";
import { el, notice, show, when } from "./dom.js";
import { field, number, pick, written } from "./room_fields.js";
import { ask } from "./watch_ask.js";
import { start } from "./who.js";
import { languages } from "./words.js";

const STAFF = ["TEACHER", "CENTER_ADMIN"];
const TYPES = ["*", "VOCAB", "GRAMMAR_READING", "FULL_WRITTEN", "LISTENING", "GENERAL"];
const ALIASES = { student_id: "student" };
// What an admin decides about: in which status it is possible, and whether it needs a reason.
const DECISIONS = [["approve", ["PENDING"], false], ["reject", ["PENDING"], true], ["withdraw", ["PENDING", "APPROVED"], true]];

start(draw);

async function draw(me) {
  const isStaff = STAFF.includes(me.role);
  const [found, students, guests] = await Promise.all([
    call("GET", "accommodations/?page_size=100"),
    isStaff ? call("GET", "users/?role=STUDENT&is_active=true&page=all") : [],
    isStaff ? call("GET", "users/?role=GUEST&is_active=true&page=all") : [],
  ]);
  const again = () => draw(me);
  const rows = el("ul", { class: "cards" }, ...found.results.map((one) => card(one, me, again)));
  const more = el("button", { class: "plain", hidden: !found.next, onclick: () => loadMore(rows, more, me, again) }, "…");
  show(
    el("h1", {}, a(isStaff ? "title" : "yours")), el("p", { class: "quiet" }, a("help")),
    isStaff ? form([...students, ...guests], again) : null,
    found.count ? rows : el("p", {}, a(isStaff ? "none" : "noneYours")), more,
    el("p", { class: "actions" }, el("a", { href: "/" }, a("home"))), languages(el, again, ["en", "ja"]),
  );
}

async function loadMore(rows, more, me, again) {
  const page = Math.floor(rows.children.length / 100) + 1;
  const found = await call("GET", `accommodations/?page_size=100&page=${page}`).catch((problem) => notice(problem.message));
  if (!found) return;
  rows.append(...found.results.map((one) => card(one, me, again)));
  more.hidden = !found.next;
}

function card(one, me, again) {
  const facts = [
    days(one),
    one.asked_by ? a("askedBy", one.asked_by.full_name, when(one.asked_at)) : "",
    one.decided_by ? a("decidedBy", one.decided_by.full_name, when(one.decided_at)) : "",
  ];
  const possible = me.role === "CENTER_ADMIN" ? DECISIONS.filter(([, statuses]) => statuses.includes(one.status)) : [];
  return el("li", { class: "card" },
    el("h3", {}, STAFF.includes(me.role) ? one.student.full_name : given(one)),
    el("p", {}, el("span", { class: `badge ${one.status === "APPROVED" ? "open" : one.status === "PENDING" ? "scheduled" : ""}` }, a(one.status)), " ",
      STAFF.includes(me.role) ? given(one) : null),
    el("p", { class: "quiet" }, facts.filter(Boolean).join(" · ")),
    el("p", {}, one.reason), one.decision ? el("p", { class: "quiet" }, one.decision) : null,
    possible.length ? el("p", { class: "actions" }, ...possible.map(([verb, , needsReason]) =>
      el("button", { class: "plain", onclick: () => decide(one, verb, needsReason, again) }, a(verb)))) : null);
}

function days({ valid_from: from, valid_until: until }) {
  if (from && until) return a("days", from, until);
  return from ? a("since", from) : until ? a("upTo", until) : a("always");
}

function given({ factors }) {
  const isAlone = Object.keys(factors).length === 1;
  return Object.entries(factors).map(([type, factor]) => `${type === "*" && isAlone ? a("everything") : a(type)} × ${factor}`).join(", ");
}

async function decide(one, verb, needsReason, again) {
  const name = `do${verb[0].toUpperCase()}${verb.slice(1)}`;
  const question = { title: a(name), button: a(name), text: a(`${verb}Help`), hasReason: needsReason, words: { reason: a("reason"), cancel: a("cancel") }, most: 500 };
  const done = await ask(question, `${one.student.full_name}: ${given(one)}`, (fields) => call("POST", `accommodations/${one.id}/${verb}/`, fields));
  if (done) await again();
}

function form(students, again) {
  const fields = {
    student: pick(a("student"), new Map(students.map(({ id, full_name: name, email }) => [id, name || email])), "", { required: true, empty: a("choose") }),
    factors: factorsField(),
    reason: written(a("reason"), "", { rows: 2, maxlength: 500, required: true }),
    valid_from: day(a("from")),
    valid_until: day(a("until")),
  };
  const wrong = el("p", { class: "error", role: "alert" });
  const send = el("button", {}, a("send"));
  async function submit(event) {
    event.preventDefault();
    wrong.textContent = "";
    Object.values(fields).forEach((one) => one.fault(""));
    send.disabled = true;
    try {
      await call("POST", "accommodations/", Object.fromEntries(Object.entries(fields).map(([name, one]) => [name, one.read()])));
      notice(a("asked"));
      await again();
    } catch (problem) {
      const rest = problem.errors.filter(({ pointer, detail }) => {
        const name = pointer.split("/")[1];
        const one = fields[ALIASES[name] || name];
        one?.fault(detail);
        return !one;
      });
      wrong.textContent = [problem.message, ...rest.map(({ detail }) => detail)].join(" ");
    }
    send.disabled = false;
  }
  return el("details", { class: "card" }, el("summary", {}, a("ask")),
    el("form", { onsubmit: submit }, ...Object.values(fields).map(({ box }) => box), wrong, el("p", { class: "actions" }, send)));
}

function factorsField() {
  const inputs = new Map(TYPES.map((type) => [type, number(a(type), null, { min: 1 })]));
  const box = el("div", { class: "factors" }, ...[...inputs.values()].map((one) => one.box));
  inputs.forEach((one) => { one.input.max = "4"; one.input.step = "0.001"; });
  const read = () => Object.fromEntries([...inputs].filter(([, { input }]) => input.value !== "").map(([type, { input }]) => [type, input.value]));
  return field(a("factors"), box, read, { group: true });
}

function day(label) {
  const input = el("input", { type: "date" });
  return field(label, input, () => input.value || null);
}
