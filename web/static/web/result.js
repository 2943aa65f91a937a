// The result of one attempt; waits for its marks, and says plainly when it is not released.

import { call } from "./api.js";
import { data, el, figure, number, show, table, unfolding } from "./dom.js";
import { refusedAnswers, withdrawnSheets } from "./kept_for_review.js";
import { questionGroup } from "./paper.js";
import { s } from "./sitting_words.js";
import { timeLedger } from "./time_ledger.js";
import { start } from "./who.js";

start(async (me) => {
  for (let tries = 0; tries < 40; tries += 1) {
    const attempt = await call("GET", `attempts/${data.attempt}/`);
    if (attempt.status === "GRADED") return result(me);
    if (attempt.status === "IN_PROGRESS") return show(el("h1", {}, s("running")), el("p", {}, s("runningHelp")));
    show(el("h1", {}, s("marking")), el("p", { class: "quiet" }, s("markingHelp")));
    await new Promise((done) => { setTimeout(done, 750); });
  }
  return show(el("h1", {}, s("notMarked")), el("p", {}, s("notMarkedHelp")));
});

async function result(me) {
  let marks;
  try {
    marks = await call("GET", `attempts/${data.attempt}/result/`);
  } catch (problem) {
    return show(el("h1", {}, s("result")), el("p", { class: "note" }, problem.message), unfolding(s("yourTime"), () => timeLedger(data.attempt, { isOwn: true })));
  }
  const figures = [figure(`${number(marks.score)} / ${number(marks.max_score)}`, s("marks")), figure(`${number(marks.percentage, 1)} %`, s("ofAll"))];
  if (marks.passed !== null && marks.passed !== undefined) {
    figures.push(figure(s(marks.passed ? "passed" : "notPassed"), s("passesFrom", number(marks.passing_percent))));
  }
  if (marks.rank) {
    const what = marks.rank.is_final ? "" : "SoFar";
    figures.push(figure(s("rankOf", marks.rank.rank, marks.rank.people), s(`rank${what}`)), figure(number(marks.rank.percentile), s(`percentile${what}`)));
  }
  const parts = (title, rows) => (rows?.length ? [el("h2", {}, title), table([[s("part"), ""], [s("marksHead"), "num"], [s("share"), ""]],
    rows.map((row) => ({ cells: [row.name, `${number(row.score)} / ${number(row.max_score)}`, bar(row)] })))] : []);
  const estimate = marks.jlpt_estimate ? [el("h2", {}, s("jlpt")),
    el("p", {}, s("estimate", marks.jlpt_estimate.total, marks.jlpt_estimate.areas.reduce((sum, area) => sum + area.max_score, 0)), el("b", {}, s(marks.jlpt_estimate.passed ? "wouldPass" : "wouldNotPass")),
      el("span", { class: "quiet" }, s("estimateHelp")))] : [];
  const review = el("div", {});
  const isOwn = me.id === marks.attempt.student.id;
  const evidence = [
    unfolding(s(isOwn ? "yourTime" : "timeOfOther"), () => timeLedger(data.attempt, { isOwn })),
    ...(isOwn ? [] : [unfolding(s("refused"), () => refusedAnswers(data.attempt)), unfolding(s("withdrawn"), () => withdrawnSheets(data.attempt))]),
  ];
  const { homework } = marks.attempt.assignment;
  const back = el("p", { class: "actions" },
    isOwn ? null : el("b", {}, marks.attempt.student.name),
    isOwn || homework ? null : el("a", { href: `/rooms/${marks.attempt.assignment.id}/results/` }, s("allResults")),
    homework ? el("a", { href: `/homework/${homework}/` }, s("homework")) : null,
    el("a", { href: `/attempts/${data.attempt}/receipt/` }, s("receipt")),
    el("a", { href: "/" }, s(isOwn ? "backToExams" : "examRooms")));
  show(el("h1", {}, marks.attempt.assignment.title), back, el("div", { class: "figures" }, ...figures), ...estimate,
    ...parts(s("bySection"), marks.sections), ...parts(s("byTopic"), marks.topics), ...evidence, review);
  try {
    const seen = await call("GET", `attempts/${data.attempt}/review/`);
    review.append(el("h2", {}, s("answers")), ...seen.paper.sections.flatMap((section) => section.question_groups)
      .map((group) => questionGroup(group, { given: seen.answers, review: seen.items })));
  } catch (problem) {
    if (problem.status !== 403) throw problem;
    review.append(el("h2", {}, s("answers")), el("p", { class: "quiet" }, problem.code === "review_closed" ? s("review_closed") : problem.message));
  }
  return undefined;
}

function bar(row) {
  const share = row.max_score > 0 ? Math.max(0, Math.min(1, row.score / row.max_score)) : 0;
  const fill = el("i", {});
  fill.style.width = `${share * 100}%`;
  return el("div", { class: "bar" }, fill);
}
