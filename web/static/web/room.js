// Before an exam: what it is, how long it takes, and the way in.

import { call } from "./api.js";
import { data, el, show, when } from "./dom.js";
import { signed } from "./paper.js";
import { sit } from "./room_sit.js";
import { start } from "./who.js";

start(async () => cover(await call("GET", `exam-assignments/${data.room}/`)));

function cover(room) {
  const isRunning = room.student_submission_status === "IN_PROGRESS";
  const wrong = el("p", { class: "error", role: "alert" });
  const code = room.has_access_code && !isRunning
    ? el("label", { class: "field" }, "Access code", el("input", { autocomplete: "off" })) : null;
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
    el("p", { class: "quiet" }, `${room.question_count} questions, ${minutes} minutes, ${Number(room.max_score)} marks.`,
      room.closes_at ? ` The room closes ${when(room.closes_at)}.` : ""),
    ...course(room),
    room.status === "OPEN" ? el("p", {}, "The clock starts when you start, and runs on the server. Every answer is saved as you give it: if you lose the connection or close this page, come back here.") : null,
    code, wrong,
    el("p", { class: "actions" },
      room.status === "OPEN" ? el("button", { onclick: begin }, isRunning ? "Continue" : "Start") : el("span", {}, NOT_OPEN[room.status]),
      el("a", { href: "/" }, "Back to the exams"))));
}

// How recordings are played, where they are not free.
const LISTENING = {
  LIMITED: ({ plays_allowed: times }) => `Each recording is played ${times === 1 ? "once" : `${times} times at most`}, without going back.`,
  SYNCHRONISED: ({ is_cued_by_clock: byClock }) => `Recordings start for the whole room at once${byClock ? ", when their section begins" : ""}: have your headphones on.`,
};

const NOT_OPEN = { SCHEDULED: "The room is not open yet.", CLOSED: "The room is closed.", FINALISED: "The room is closed." };

// What is special about the time of this exam, before anybody starts.
function course(room) {
  const minutes = (seconds) => `${Math.round(seconds / 6) / 10} minutes`;
  const sections = room.is_sectioned ? [
    `Its sections are timed one by one and come by themselves. A section that is over does not come back${room.may_leave_early ? "; you may go on early" : ""}.`,
    ...(room.breaks || []).map(({ after, seconds }) => `After section ${after} there is a break of ${minutes(seconds)}.`),
  ] : [];
  const mine = room.my_seconds;
  const own = mine?.extra > 0 ? [
    `You have ${minutes(mine.total)} in all: ${minutes(mine.extra)} of it are yours by your accommodation.`,
    ...mine.sections.filter(({ kind }) => kind === "SECTION").map(({ name, seconds }) => `${name}: ${minutes(seconds)}.`),
  ] : [];
  const isCut = mine && room.status === "OPEN" && mine.from_now < mine.total - 1;
  const lines = [
    ...sections, ...own,
    isCut ? `If you start now, you have ${minutes(mine.from_now)}.` : null,
    ...(room.penalties || []).map(({ score, wrong_marks: wrong, questions }) =>
      `${questions} of ${room.question_count} questions: ${signed(score)} for a right answer, ${signed(wrong)} for a wrong one.`),
    room.late_policy === "WINDOW" && room.closes_at ? "Who starts late has what is left until the room closes." : null,
    room.latest_start_seconds !== null && room.latest_start_seconds !== undefined ? `Nobody can start later than ${minutes(room.latest_start_seconds)} after the opening.` : null,
    room.tools?.length ? `Allowed: ${room.tools.join(", ")}.` : null,
    LISTENING[room.listening]?.(room),
    room.has_review_screen ? "Before you hand in you see which questions have no answer." : "Handing in comes without an overview of your answers.",
    room.attempts_allowed > 1 ? `You have ${room.attempts_allowed} attempts.` : null,
  ].filter(Boolean);
  return lines.length ? [el("ul", { class: "quiet" }, ...lines.map((line) => el("li", {}, line)))] : [];
}
