// The results of a room, for its staff; moves while people sit.

import { call } from "./api.js";
import { data, el, figure, number, show, table } from "./dom.js";
import { start } from "./who.js";

const LOOK_MS = 5000;
const PAGE = 100;

start(async function results() {
  const room = await call("GET", `exam-assignments/${data.room}/`);
  const [sitting, first] = await Promise.all([
    call("GET", `attempts/?exam_assignment_id=${room.id}&status=IN_PROGRESS&page_size=1`), page(room, 1),
  ]);
  const rows = first.results;
  for (let number = 2; rows.length < first.count; number += 1) {
    const more = (await page(room, number)).results;
    if (!more.length) break;
    rows.push(...more);
  }
  const mean = rows.length ? rows.reduce((sum, row) => sum + Number(row.score), 0) / rows.length : null;
  show(
    el("h1", {}, room.title),
    el("p", { class: "actions" }, el("span", { class: `badge ${room.status.toLowerCase()}` }, room.status.toLowerCase()),
      el("a", { href: `/rooms/${room.id}/board/` }, "Board"), el("a", { href: "/" }, "Exam rooms")),
    el("div", { class: "figures" }, figure(String(sitting.count), "still sitting"), figure(String(rows.length), "with marks"),
      figure(mean === null ? "–" : `${number(mean, 1)} / ${number(room.max_score)}`, "mean")),
    rows.length ? el("div", { class: "wide" }, listed(rows)) : el("p", { class: "quiet" }, "Nobody has marks yet."),
  );
  if (room.status === "OPEN" || sitting.count) setTimeout(() => results().catch(() => setTimeout(results, LOOK_MS)), LOOK_MS);
});

function page(room, which) {
  return call("GET", `results/exams/${room.id}/?page_size=${PAGE}&page=${which}`);
}

function listed(rows) {
  const sections = rows[0].sections;
  const headings = [["Rank", "num"], ["Name", ""], ["Marks", "num"], ["%", "num"], ["Percentile", "num"],
    ...sections.map((section) => [section.name, "num"]), ["Time", "num"]];
  return table(headings, rows.map((row) => ({ cells: [
    String(row.rank), el("a", { href: `/attempts/${row.attempt_id}/result/` }, row.name), number(row.score), number(row.percentage, 1), number(row.percentile),
    ...sections.map(({ id }) => number(row.sections.find((part) => part.id === id)?.score)), minutes(row.seconds_taken),
  ] })));
}

function minutes(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}
