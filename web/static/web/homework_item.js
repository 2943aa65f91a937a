// An item of a homework: what it is, and sitting it, be it for practice.

import { call } from "./api.js";
import { data, el, show } from "./dom.js";
import { isOver, itemsOf } from "./homework_card.js";
import { h, minutesOf, moment } from "./homework_words.js";
import { signed } from "./paper.js";
import { sit } from "./room_sit.js";
import { start } from "./who.js";
import { languages } from "./words.js";

const isPractice = new URLSearchParams(location.search).get("practice") === "1";

start(async () => {
  const homework = await call("GET", `homework-assignments/${data.homework}/`);
  const item = itemsOf(homework).find((one) => one.item === data.item || one.id === data.item);
  if (!item) throw new Error(h("none"));
  cover(homework, item, item.type === "quiz" ? await quizOf(item) : null);
});

// Its cover says what passes; one that was switched off meanwhile has none.
async function quizOf(item) {
  try {
    return await call("GET", `quizzes/${item.id}/`);
  } catch {
    return null;
  }
}

function cover(homework, item, quiz) {
  const wrong = el("p", { class: "error", role: "alert" });
  const isRunning = !isPractice && item.status === "In Progress";
  const checks = homework.checking === "ALWAYS" || (homework.checking === "QUIZZES" && item.type === "quiz");
  const begin = async (event) => {
    event.target.disabled = true;
    try {
      await sit({
        id: null, title: item.title, board_policy: "HIDDEN", may_leave_early: true,
        path: `homework-assignments/${homework.id}/items/${item.item}/start/`, body: { practice: isPractice },
        back: { href: `/homework/${homework.id}/`, text: h("back") },
      });
    } catch (problem) {
      wrong.textContent = problem.message;
      event.target.disabled = false;
    }
  };
  const mine = item.my_seconds;
  const isCut = mine && !isPractice && !isRunning && !isOver(homework) && mine.from_now < mine.total - 1;
  const lines = [
    mine?.extra ? h("extra", Math.round(mine.extra / 6) / 10) : null,
    isCut ? h("fromNow", Math.floor(mine.from_now / 6) / 10) : null,
    homework.is_one_by_one && item.type === "quiz" ? h("goesOneByOne") : null,
    checks ? h("checks") : null,
    ...(item.penalties || []).map(({ score, wrong_marks: wrong, questions }) => h("penalty", questions, item.question_count, signed(score), signed(wrong))),
    quiz?.passing_percent ? h("passes", Number(quiz.passing_percent)) : null,
    isPractice || isOver(homework) ? null : h("ends"),
    homework.show_results_immediately || isPractice ? null : h("later"),
  ].filter(Boolean);
  show(el("section", { class: "card sheet" },
    el("h1", {}, item.title),
    el("p", { class: "quiet" }, `${homework.title} · ${h("due", moment(homework.deadline))}`),
    isPractice ? el("p", { class: "note" }, h("practiceNow")) : null,
    item.description ? el("p", {}, item.description) : null,
    el("p", { class: "quiet" }, [h("questions", item.question_count), h("time", minutesOf(item))].join(" · ")),
    lines.length ? el("ul", { class: "quiet" }, ...lines.map((line) => el("li", {}, line))) : null,
    el("p", {}, h("clock")), wrong,
    el("p", { class: "actions" }, el("button", { onclick: begin }, h(isRunning ? "goOn" : "start")),
      el("a", { href: `/homework/${homework.id}/` }, h("back"))),
    languages(el, () => cover(homework, item, quiz), ["en", "ja"])));
}
