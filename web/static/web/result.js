// The result of one attempt; waits for its marks, and says plainly when it is not released.

import { call } from "./api.js";
import { data, el, figure, number, show, table, unfolding } from "./dom.js";
import { refusedAnswers, withdrawnSheets } from "./kept_for_review.js";
import { questionGroup } from "./paper.js";
import { timeLedger } from "./time_ledger.js";
import { start } from "./who.js";

start(async (me) => {
  for (let tries = 0; tries < 40; tries += 1) {
    const attempt = await call("GET", `attempts/${data.attempt}/`);
    if (attempt.status === "GRADED") return result(me);
    if (attempt.status === "IN_PROGRESS") return show(el("h1", {}, "Still running"), el("p", {}, "This attempt is not handed in yet."));
    show(el("h1", {}, "Being marked…"), el("p", { class: "quiet" }, "This usually takes a second."));
    await new Promise((done) => { setTimeout(done, 750); });
  }
  return show(el("h1", {}, "Not marked yet"), el("p", {}, "Your paper is safe. Please look again later."));
});

async function result(me) {
  let marks;
  try {
    marks = await call("GET", `attempts/${data.attempt}/result/`);
  } catch (problem) {
    return show(el("h1", {}, "Result"), el("p", { class: "note" }, problem.message), unfolding("Your time", () => timeLedger(data.attempt, { isOwn: true })));
  }
  const figures = [figure(`${number(marks.score)} / ${number(marks.max_score)}`, "marks"), figure(`${number(marks.percentage, 1)} %`, "of all marks")];
  if (marks.passed !== null && marks.passed !== undefined) {
    figures.push(figure(marks.passed ? "Passed" : "Not passed", `from ${number(marks.passing_percent)} % on`));
  }
  if (marks.rank) {
    const what = marks.rank.is_final ? "" : " so far";
    figures.push(figure(`${marks.rank.rank} of ${marks.rank.people}`, `rank${what}`), figure(number(marks.rank.percentile), `percentile${what}`));
  }
  const parts = (title, rows) => (rows?.length ? [el("h2", {}, title), table([["Part", ""], ["Marks", "num"], ["Share", ""]],
    rows.map((row) => ({ cells: [row.name, `${number(row.score)} / ${number(row.max_score)}`, bar(row)] })))] : []);
  const estimate = marks.jlpt_estimate ? [el("h2", {}, "JLPT estimate"),
    el("p", {}, `${marks.jlpt_estimate.total} of ${marks.jlpt_estimate.areas.reduce((sum, area) => sum + area.max_score, 0)}: `, el("b", {}, marks.jlpt_estimate.passed ? "would pass" : "would not pass"),
      el("span", { class: "quiet" }, ". An estimate from shares of marks; the real scale is not public."))] : [];
  const review = el("div", {});
  const isOwn = me.id === marks.attempt.student.id;
  const evidence = [
    unfolding(isOwn ? "Your time" : "Time, every second of it", () => timeLedger(data.attempt, { isOwn })),
    ...(isOwn ? [] : [unfolding("Refused answers", () => refusedAnswers(data.attempt)), unfolding("Withdrawn sheets", () => withdrawnSheets(data.attempt))]),
  ];
  const { homework } = marks.attempt.assignment;
  const back = el("p", { class: "actions" },
    isOwn ? null : el("b", {}, marks.attempt.student.name),
    isOwn || homework ? null : el("a", { href: `/rooms/${marks.attempt.assignment.id}/results/` }, "All results"),
    homework ? el("a", { href: `/homework/${homework}/` }, "Homework") : null,
    el("a", { href: `/attempts/${data.attempt}/receipt/` }, "Receipt"),
    el("a", { href: "/" }, isOwn ? "Back to the exams" : "Exam rooms"));
  show(el("h1", {}, marks.attempt.assignment.title), back, el("div", { class: "figures" }, ...figures), ...estimate,
    ...parts("By section", marks.sections), ...parts("By topic", marks.topics), ...evidence, review);
  try {
    const seen = await call("GET", `attempts/${data.attempt}/review/`);
    review.append(el("h2", {}, "Answers"), ...seen.paper.sections.flatMap((section) => section.question_groups)
      .map((group) => questionGroup(group, { given: seen.answers, review: seen.items })));
  } catch (problem) {
    if (problem.status !== 403) throw problem;
    review.append(el("h2", {}, "Answers"), el("p", { class: "quiet" }, problem.message));
  }
  return undefined;
}

function bar(row) {
  const share = row.max_score > 0 ? Math.max(0, Math.min(1, row.score / row.max_score)) : 0;
  const fill = el("i", {});
  fill.style.width = `${share * 100}%`;
  return el("div", { class: "bar" }, fill);
}
