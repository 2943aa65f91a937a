// One homework: for students its items with what they can do, for staff how everybody stands.

import { call } from "./api.js";
import { data, el, number, show, table } from "./dom.js";
import { isOver, itemsOf } from "./homework_card.js";
import { h, left, minutesOf, moment } from "./homework_words.js";
import { start } from "./who.js";
import { languages } from "./words.js";

const PAGE = 100;

start(async function page(me) {
  const isStaff = ["TEACHER", "CENTER_ADMIN"].includes(me.role);
  const homework = await call("GET", `homework-assignments/${data.homework}/`);
  const body = isStaff ? await progress(homework) : await mine(homework);
  const isPast = isOver(homework);
  show(
    el("h1", {}, homework.title),
    homework.description ? el("p", {}, homework.description) : null,
    el("p", { class: "actions" },
      el("span", { class: `badge ${isPast ? "closed" : "scheduled"}` }, h(isPast ? "wasDue" : "due", moment(homework.deadline))),
      isPast ? null : el("span", { class: "quiet" }, h("soon", left(homework.deadline))),
      isStaff ? el("a", { class: "button plain", href: `/homework/${homework.id}/edit/` }, h("change")) : null,
      el("a", { href: "/homework/" }, h("allHomework"))),
    ...body,
    languages(el, () => page(me), ["en", "ja"]));
});

// -- for students ----------------------------------------------------------------------------------------------------

async function mine(homework) {
  const { submissions } = await call("GET", `submissions/history/${homework.id}/list/`);
  const isPast = isOver(homework);
  const hasResultsLater = !homework.show_results_immediately && !isPast;
  const rows = submissions.map((one) => ({ cells: [
    one.quiz_title, one.score === null ? "–" : `${number(one.score)} / ${number(one.max_score)}`, moment(one.completed_at),
    el("span", { class: "actions" }, one.score === null ? null : el("a", { href: `/attempts/${one.submission_id}/result/` }, h("result")),
      el("a", { href: `/attempts/${one.submission_id}/receipt/` }, h("receipt"))),
  ] }));
  return [
    el("ul", { class: "cards items" }, ...itemsOf(homework).map((item) => itemCard(homework, item, isPast))),
    hasResultsLater ? el("p", { class: "quiet" }, h("later")) : null,
    ...(rows.length ? [el("h2", {}, h("attempts")), el("div", { class: "wide" }, table([[h("item"), ""], [h("score"), "num"], [h("ended"), ""], ["", ""]], rows))] : []),
  ].filter(Boolean);
}

function itemCard(homework, item, isPast) {
  const isRunning = item.status === "In Progress";
  const isUsed = item.attempts_used >= homework.attempts_allowed && !isRunning;
  const link = (text, query = "", isPlain = false) => el("a", { class: isPlain ? "button plain" : "button", href: `/homework/${homework.id}/items/${item.item}/${query}` }, text);
  const actions = [];
  if (!isPast && !isUsed) actions.push(link(h(isRunning ? "goOn" : item.status === "Completed" ? "again" : "start"), "", item.status === "Completed"));
  const canPractise = homework.practice === "ALWAYS" || (homework.practice === "AFTER_DEADLINE" && isPast);
  if (canPractise) actions.push(link(h("practise"), "?practice=1", true));
  return el("li", { class: "card" },
    el("h3", {}, item.title),
    el("p", {}, el("span", { class: `badge ${BADGES[item.status]}` }, h(item.status)), " ",
      el("span", { class: "quiet" }, [h(item.type), h("questions", item.question_count), h("time", minutesOf(item)),
        homework.attempts_allowed < 100 ? h("attemptsOf", item.attempts_used, homework.attempts_allowed) : ""].filter(Boolean).join(" · "))),
    item.score === null ? null : el("p", {}, el("b", {}, h("marks", number(item.score), number(item.max_score)))),
    canPractise ? el("p", { class: "quiet" }, h("practiceHelp")) : null,
    actions.length ? el("p", { class: "actions" }, ...actions) : null);
}

const BADGES = { "Not Started": "closed", "In Progress": "scheduled", Completed: "open" };

// -- for staff -------------------------------------------------------------------------------------------------------

async function progress(homework) {
  const rows = [];
  for (let page = 1; ; page += 1) {
    const found = await call("GET", `homework-assignments/${homework.id}/progress/?page_size=${PAGE}&page=${page}`);
    rows.push(...found.results);
    if (!found.next) break;
  }
  if (!rows.length) return [el("p", { class: "quiet" }, h("nobody"))];
  const headings = [[h("name"), ""], [h("done"), "num"], ...rows[0].items.map(({ title }) => [title, ""])];
  const listed = rows.map((row) => ({ cells: [row.name, `${row.completed} / ${row.items.length}`, ...row.items.map(standing)] }));
  return [el("h2", {}, h("students")), el("div", { class: "wide" }, table(headings, listed))];
}

function standing({ status, attempt, score, max_score: most }) {
  const badge = el("span", { class: `badge ${BADGES[status]}` }, h(status));
  if (!attempt || score === null) return badge;
  return el("span", {}, badge, " ", el("a", { href: `/attempts/${attempt}/result/` }, `${number(score)} / ${number(most)}`));
}
