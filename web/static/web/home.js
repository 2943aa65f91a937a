// The rooms of the signed-in person: to enter for students, to run for staff.

import { a } from "./accommodation_words.js";
import { call } from "./api.js";
import { confirmed, el, number, show, when } from "./dom.js";
import { homeworkCard, inOrder } from "./homework_card.js";
import { h } from "./homework_words.js";
import { w } from "./live_words.js";
import { m } from "./marking_words.js";
import { s } from "./sitting_words.js";
import { start } from "./who.js";

const STAFF = new Set(["TEACHER", "CENTER_ADMIN"]);
const REST = "page_size=24";

start(home);

async function home(me) {
  const isStaff = STAFF.has(me.role);
  const [open, scheduled, recent, results, homework, marking] = await Promise.all([
    call("GET", "exam-assignments/?status=OPEN&page_size=50"),
    call("GET", "exam-assignments/?status=SCHEDULED&ordering=opens_at&page_size=50"),
    call("GET", `exam-assignments/?${REST}`),
    isStaff ? { results: [] } : call("GET", `results/my-results/?${REST}`),
    call("GET", "homework-assignments/?ordering=-deadline&page_size=50"),
    isStaff ? call("GET", "grading-queue/rooms/?page_size=50") : { results: [] },
  ]);
  const past = recent.results.filter((room) => room.status === "CLOSED" || room.status === "FINALISED")
    .sort((one, other) => Date.parse(other.closed_at) - Date.parse(one.closed_at));
  const again = () => home(me);
  const part = (title, rooms) => (rooms.length ? [el("h2", {}, title), el("ul", { class: "cards" }, ...rooms.map((room) => card(room, isStaff, again)))] : []);
  // The next deadlines stand above the past exams.
  const { toDo } = inOrder(homework.results);
  const due = homework.count || isStaff ? [
    el("h2", {}, h(isStaff ? "homework" : "yourHomework")),
    toDo.length ? el("ul", { class: "cards" }, ...toDo.slice(0, 6).map((one) => homeworkCard(one, isStaff))) : null,
    el("p", { class: "actions" }, isStaff ? el("a", { class: "button plain", href: "/homework/new/" }, h("newHomework")) : null, el("a", { href: "/homework/" }, h("allHomework"))),
  ] : [];
  const waiting = marking.results.reduce((sum, room) => sum + room.waiting, 0);
  const nothing = isStaff ? "No exam rooms yet." : s("nothingYet");
  show(
    el("h1", {}, isStaff ? "Exam rooms" : s("yourExams")),
    el("p", { class: "actions" }, isStaff ? el("a", { class: "button", href: "/rooms/new/" }, "New room") : null, el("a", { class: "button plain", href: "/live/" }, w("liveQuiz")), el("a", { href: "/accommodations/" }, a(isStaff ? "title" : "yours"))),
    waiting ? el("p", { class: "note" }, `${waiting === 1 ? m("waits1") : m("waits", waiting)} `, el("a", { href: "/marking/" }, m("mark"))) : null,
    ...part(s("openNow"), open.results), ...part(s("notOpenYet"), scheduled.results), ...due, ...part(s("past"), past),
    open.count + scheduled.count + recent.count + homework.count ? null : el("p", { class: "quiet" }, nothing),
    results.results.length ? el("h2", {}, s("yourResults")) : null,
    results.results.length ? el("ul", { class: "cards" }, ...results.results.map(resultCard)) : null,
  );
}

function card(room, isStaff, again) {
  const wrong = el("p", { class: "error", role: "alert" });
  const act = (verb, text, isPlain, question) => el("button", { class: isPlain ? "plain" : "", onclick: async (event) => {
    if (question && !await confirmed(`${text}: ${room.title}?`, question, text, "Cancel")) return;
    event.target.disabled = true;
    try {
      await call("POST", `exam-assignments/${room.id}/${verb}/`);
      await again();
    } catch (problem) {
      wrong.textContent = problem.message;
      event.target.disabled = false;
    }
  } }, text);
  const link = (path, text, isPlain = true) => el("a", { class: isPlain ? "button plain" : "button", href: `/rooms/${room.id}/${path}` }, text);
  const isOpen = room.status === "OPEN";
  const actions = [];
  if (isStaff) {
    if (room.status === "SCHEDULED") actions.push(act("open", "Open"));
    if (room.status !== "SCHEDULED") actions.push(link("watch/", "Watch", !isOpen), link("results/", "Results"), link("board/", "Board"));
    if (isOpen) actions.push(act("close", "Close", true, "Nobody can start any more, and whoever still sits is ended at once."));
    actions.push(link("edit/", "Change"));
    if (!room.is_published && room.result_policy === "BY_HAND" && room.closed_at) actions.push(act("release", "Release results"));
  } else {
    const isRunning = room.student_submission_status === "IN_PROGRESS";
    if (isOpen) actions.push(link("", s(isRunning ? "goOnSitting" : "enter"), false));
    if (room.board_policy !== "HIDDEN" && room.status !== "SCHEDULED") actions.push(link("board/", s("board")));
  }
  const times = [
    [room.status === "SCHEDULED" && room.opens_at, s("opensAt", when(room.opens_at))],
    [isOpen && room.closes_at, s("closesAt", when(room.closes_at))],
    [room.closed_at && !isOpen, when(room.closed_at)],
  ].filter(([isTrue]) => isTrue).map(([, text]) => text);
  return el("li", { class: "card" },
    el("h3", {}, room.title),
    el("p", {}, el("span", { class: `badge ${room.status.toLowerCase()}` }, s(room.status.toLowerCase())), " ",
      el("span", { class: "quiet" }, [s("countOf", room.question_count), s("minutesOf", Math.round(room.seconds / 60)), ...times].join(" · "))),
    room.description ? el("p", { class: "quiet" }, room.description) : null,
    wrong, el("p", { class: "actions" }, ...actions));
}

function resultCard(result) {
  return el("li", { class: "card" },
    el("h3", {}, el("a", { href: `/attempts/${result.attempt_id}/result/` }, result.title)),
    el("p", { class: "quiet" }, s("marksOf", number(result.score), number(result.max_score)),
      result.rank ? ` · ${s("placeOf", result.rank, result.people, number(result.percentile))}` : ""));
}
