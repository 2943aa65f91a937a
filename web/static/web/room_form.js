// Making a room, and changing one: what is sat, by whom, when, and how. The server decides; what it refuses is said at the
// field it is about.

import { call } from "./api.js";
import { confirmed, data, el, notice, show } from "./dom.js";
import { together } from "./form.js";
import { breaks, field, moment, number, people, pick, switched, toggles, written } from "./room_fields.js";
import { start } from "./who.js";

const ALIASES = { mock_test_id: "mock_test", group_ids: "assigned_group_ids", user_ids: "assigned_user_ids", estimated_start_time: "opens_at" };
const LATE = { WINDOW: "What is left until the room closes", FULL_TIME: "The full time, beyond the closing" };
const COUNTING = { BEST: "The best", LAST: "The last", FIRST: "The first" };
const LISTENING = { FREE: "As often as wanted", LIMITED: "A number of times, without going back", SYNCHRONISED: "For the whole room at once" };
const BOARD = { LIVE: "Live", ANONYMOUS: "Live, without names", AFTER_CLOSE: "After the room has closed", HIDDEN: "Not shown" };
const RESULT = { BY_HAND: "When released by hand", AFTER_CLOSE: "When the room has closed", IMMEDIATELY: "As soon as they are marked" };
// What an exam may say of how it is sat, and what holds where it says nothing.
const PLAIN = { is_sectioned: false, breaks: [], may_leave_early: true, has_review_screen: true, tools: [], listening: "FREE", plays_allowed: 1 };
const OF_EXAM = Object.keys(PLAIN);
const OF_SECTIONS = ["is_sectioned", "breaks", "may_leave_early"];
const TOOLS = { calculator: "Calculator", notes: "Notes", dictionary: "Dictionary (their own)" };

start(async (me) => {
  if (!["TEACHER", "CENTER_ADMIN"].includes(me.role)) {
    show(el("h1", {}, "Exam rooms"), el("p", {}, "Rooms are made by teachers and admins."), el("p", {}, el("a", { href: "/" }, "Back")));
    return;
  }
  const [room, tests, groups, students, guests] = await Promise.all([
    data.room ? call("GET", `exam-assignments/${data.room}/`) : {},
    call("GET", "mock-tests/?status=PUBLISHED&page=all"),
    call("GET", "groups/?is_active=true&page_size=100"),
    call("GET", "users/?role=STUDENT&is_active=true&page=all"),
    call("GET", "users/?role=GUEST&is_active=true&page=all"),
  ]);
  draw(room, { tests, groups: groups.results, people: [...students, ...guests] });
});

function draw(room, known) {
  const isNew = !room.id;
  const tests = new Map(known.tests.map((test) => [test.id, test.level ? `${test.title} (${test.level})` : test.title]));
  if (room.mock_test && !tests.has(room.mock_test)) tests.set(room.mock_test, room.mock_test_data.title);
  const members = new Map(known.people.map((person) => [person.id, person.full_name || person.email]));
  for (const id of room.assigned_user_ids || []) if (!members.has(id)) members.set(id, "Somebody you cannot see");
  const fields = {
    title: written("Title", room.title, { required: true, maxlength: 200 }),
    description: written("Description", room.description, { rows: 2, maxlength: 5000 }),
    mock_test: pick("Test", tests, room.mock_test, { required: true, empty: "Choose a published test…" }),
    assigned_group_ids: people("Groups", new Map([...known.groups.map((group) => [group.id, group.name]), ...(room.assigned_groups || []).map((group) => [group.id, group.name])]), room.assigned_group_ids || []),
    assigned_user_ids: people("People by name", members, room.assigned_user_ids || []),
    opens_at: moment("Opens (empty: by hand)", room.opens_at),
    closes_at: moment("Closes (empty: by hand)", room.closes_at),
    late_policy: pick("Who starts late gets", LATE, room.late_policy || "WINDOW"),
    latest_start_seconds: number("Latest start, minutes after the opening (empty: until it closes)", room.latest_start_seconds, { scale: 60, min: 0 }),
    seconds: number("Minutes for the whole paper (empty: as printed)", room.seconds, { scale: 60, min: 0.2, blank: null }),
    is_sectioned: switched("Sections are timed one by one, forward only", room.is_sectioned),
    breaks: breaks("Breaks between timed sections", room.breaks || []),
    may_leave_early: switched("A timed section may be left early", room.may_leave_early ?? true),
    has_review_screen: switched("Overview of all questions before handing in", room.has_review_screen ?? true),
    attempts_allowed: number("Attempts", room.attempts_allowed ?? 1, { min: 1, needed: true }),
    counting: pick("Of several attempts counts", COUNTING, room.counting || "BEST"),
    access_code: written("Access code (empty: none)", room.access_code, { maxlength: 40, autocomplete: "off" }),
    shuffle_questions: switched("Mix questions", room.shuffle_questions),
    shuffle_options: switched("Mix options", room.shuffle_options),
    tools: toggles("Tools", TOOLS, room.tools || []),
    listening: pick("Recordings are played", LISTENING, room.listening || "FREE"),
    plays_allowed: number("How many times", room.plays_allowed ?? 1, { min: 1, needed: true }),
    is_cued_by_clock: { ...switched("Recordings start by themselves when their section begins", room.is_cued_by_clock), blank: false },
    is_watermarked: switched("Papers carry a mark of who sits", room.is_watermarked),
    browser_keys: written("Config keys of the Safe Exam Browser, one a line (empty: any browser)", (room.browser_keys || []).join("\n"), { rows: 2, spellcheck: "false", list: true }),
    board_policy: pick("Board", BOARD, room.board_policy || "LIVE"),
    result_policy: pick("Results are shown", RESULT, room.result_policy || "BY_HAND"),
    is_review_open: switched("With the results, students see what was right", room.is_review_open),
  };
  const wrong = el("p", { class: "error", role: "alert" });
  const form = together(fields, { isNew, aliases: ALIASES, wrong, locked: "This cannot be changed any more." });
  const save = el("button", {}, isNew ? "Make the room" : "Save");
  const part = (title, ...names) => el("fieldset", { class: "card part" }, el("legend", {}, title), ...names.map((name) => fields[name].box));

  async function submit(event) {
    event.preventDefault();
    form.clear();
    const body = form.changes();
    if (!body) return void notice("Nothing has changed.");
    save.disabled = true;
    try {
      const saved = isNew ? await call("POST", "exam-assignments/", body) : await call("PATCH", `exam-assignments/${room.id}/`, body);
      if (isNew) return void location.assign(`/rooms/${saved.id}/edit/`);
      notice("Saved.");
      draw(saved, known);
    } catch (problem) {
      form.refuse(problem);
    } finally {
      save.disabled = false;
    }
    return undefined;
  }

  async function remove() {
    if (!await confirmed(`Delete ${room.title}?`, "The room is gone for good. Only a room in which nobody has sat can be deleted.", "Delete", "Keep it")) return;
    try {
      await call("DELETE", `exam-assignments/${room.id}/`);
      location.assign("/");
    } catch (problem) {
      wrong.textContent = problem.message;
    }
  }

  show(
    el("h1", {}, isNew ? "New exam room" : room.title),
    isNew ? null : el("p", { class: "actions" }, el("span", { class: `badge ${room.status.toLowerCase()}` }, room.status.toLowerCase()),
      el("a", { href: `/rooms/${room.id}/watch/` }, "Watch"), el("a", { href: "/" }, "Exam rooms")),
    known.tests.length ? null : el("p", { class: "note" }, "There is no published test yet: publish one first."),
    el("form", { class: "room-form", onsubmit: submit },
      part("What", "title", "description", "mock_test"),
      part("Who", "assigned_group_ids", "assigned_user_ids", "access_code"),
      part("When", "opens_at", "closes_at", "late_policy", "latest_start_seconds", "seconds"),
      part("Sections", "is_sectioned", "breaks", "may_leave_early"),
      part("Attempts", "attempts_allowed", "counting", "shuffle_questions", "shuffle_options", "has_review_screen"),
      part("On the desk", "tools", "listening", "plays_allowed", "is_cued_by_clock"),
      part("Safety", "is_watermarked", "browser_keys"),
      part("Afterwards", "board_policy", "result_policy", "is_review_open"),
      wrong, el("p", { class: "actions" }, save, isNew ? null : el("button", { type: "button", class: "plain", onclick: remove }, "Delete"), el("a", { href: "/" }, "Cancel"))),
  );
  if (isNew) asInExam(fields);
  field.dependOn(fields.is_sectioned, [fields.breaks, fields.may_leave_early]);
  field.dependOn(fields.listening, [fields.plays_allowed], (value) => value === "LIMITED");
  const canGoByClock = () => fields.listening.read() === "SYNCHRONISED" && fields.is_sectioned.read();
  field.dependOn(fields.listening, [fields.is_cued_by_clock], canGoByClock);
  field.dependOn(fields.is_sectioned, [fields.is_cued_by_clock], canGoByClock);
  field.dependOn(fields.attempts_allowed, [fields.counting], (value) => value > 1);
  field.dependOn(fields.is_sectioned, [fields.seconds], (value) => !value);
}

// A new room begins as the exam of its test is sat. What somebody has chosen already stays.
function asInExam(fields) {
  const usual = Object.fromEntries(OF_EXAM.map((name) => [name, fields[name].read()]));
  const isOurs = (name) => JSON.stringify(fields[name].read()) === JSON.stringify(usual[name]);
  const said = el("p", { class: "quiet", role: "status" });
  fields.mock_test.box.after(said);
  let asked = 0;
  fields.mock_test.input.addEventListener("change", async () => {
    const number = asked += 1;
    const test = fields.mock_test.read();
    const found = test ? await call("GET", `mock-tests/${test}/sitting/`).catch(() => ({})) : {};
    if (number !== asked) return;
    const isWhole = fields.seconds.read() !== null;
    const wanted = OF_EXAM.filter((name) => isOurs(name) && !(isWhole && OF_SECTIONS.includes(name)));
    for (const name of wanted) {
      usual[name] = found[name] ?? PLAIN[name];
      fields[name].write(usual[name]);
      fields[name].input.dispatchEvent(new Event("input", { bubbles: true }));
    }
    said.textContent = Object.keys(found).length ? "Sections, recordings and tools are set as in the exam; change what should be otherwise." : "";
  });
}
