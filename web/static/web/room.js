// Before an exam: what it is, how long it takes, and the way in.

import { call } from "./api.js";
import { data, el, show, when } from "./dom.js";
import { signed } from "./paper.js";
import { sit } from "./room_sit.js";
import { s } from "./sitting_words.js";
import { start } from "./who.js";
import { languages } from "./words.js";

start(async () => cover(await call("GET", `exam-assignments/${data.room}/`)));

function cover(room) {
  const isRunning = room.student_submission_status === "IN_PROGRESS";
  const wrong = el("p", { class: "error", role: "alert" });
  const code = room.has_access_code && !isRunning
    ? el("label", { class: "field" }, s("accessCode"), el("input", { autocomplete: "off" })) : null;
  const begin = async (event) => {
    event.target.disabled = true;
    try {
      await sit(room, code?.querySelector("input").value);
    } catch (problem) {
      wrong.textContent = problem.message;
      event.target.disabled = false;
    }
  };
  const minutes = Math.round(room.seconds / 6) / 10;
  show(el("section", { class: "card sheet" },
    el("h1", {}, room.title),
    room.description ? el("p", {}, room.description) : null,
    el("p", { class: "quiet" }, s("size", room.question_count, minutes, Number(room.max_score)),
      room.closes_at ? ` ${s("closes", when(room.closes_at))}` : ""),
    ...course(room),
    room.status === "OPEN" ? el("p", {}, s("clockRuns")) : null,
    code, wrong,
    el("p", { class: "actions" },
      room.status === "OPEN" ? el("button", { onclick: begin }, s(isRunning ? "goOnSitting" : "start")) : el("span", {}, s(room.status)),
      el("a", { href: "/" }, s("backToExams"))),
    languages(el, () => cover(room), ["en", "ja"])));
}

// How recordings are played, where they are not free.
const LISTENING = {
  LIMITED: ({ plays_allowed: times }) => (times === 1 ? s("playedOnce") : s("playedTimes", times)),
  SYNCHRONISED: ({ is_cued_by_clock: byClock }) => s(byClock ? "heardByClock" : "heardTogether"),
};

// What is special about the time of this exam, before anybody starts.
function course(room) {
  const minutes = (seconds) => s("minutes", Math.round(seconds / 6) / 10);
  const sections = room.is_sectioned ? [
    s(room.may_leave_early ? "oneByOneEarly" : "oneByOne"),
    ...(room.breaks || []).map(({ after, seconds }) => s("breakAfter", after, minutes(seconds))),
  ] : [];
  const mine = room.my_seconds;
  const own = mine?.extra > 0 ? [
    s("ownTime", minutes(mine.total), minutes(mine.extra)),
    ...mine.sections.filter(({ kind }) => kind === "SECTION").map(({ name, seconds }) => `${name}: ${minutes(seconds)}.`),
  ] : [];
  const isCut = mine && room.status === "OPEN" && mine.from_now < mine.total - 1;
  const lines = [
    ...sections, ...own,
    isCut ? s("startNow", minutes(mine.from_now)) : null,
    ...(room.penalties || []).map(({ score, wrong_marks: wrong, questions }) =>
      s("penalties", questions, room.question_count, signed(score), signed(wrong))),
    room.late_policy === "WINDOW" && room.closes_at ? s("lateWindow") : null,
    room.latest_start_seconds !== null && room.latest_start_seconds !== undefined ? s("latestStart", minutes(room.latest_start_seconds)) : null,
    room.tools?.length ? s("allowed", room.tools.map((tool) => s(tool)).join(", ")) : null,
    LISTENING[room.listening]?.(room),
    s(room.has_review_screen ? "reviewed" : "notReviewed"),
    room.attempts_allowed > 1 ? s("attempts", room.attempts_allowed) : null,
  ].filter(Boolean);
  return lines.length ? [el("ul", { class: "quiet" }, ...lines.map((line) => el("li", {}, line)))] : [];
}
