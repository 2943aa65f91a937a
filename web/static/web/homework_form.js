// Giving homework, and changing it. The server decides; what it refuses is said at the field it is about.

import { call } from "./api.js";
import { confirmed, data, el, notice, show } from "./dom.js";
import { together } from "./form.js";
import { h, zone } from "./homework_words.js";
import { moment, number, people, pick, switched, written } from "./room_fields.js";
import { start } from "./who.js";
import { languages } from "./words.js";

const ALIASES = { group_ids: "assigned_group_ids", user_ids: "assigned_user_ids" };

start(async (me) => {
  if (!["TEACHER", "CENTER_ADMIN"].includes(me.role)) {
    show(el("h1", {}, h("homework")), el("p", {}, h("notStaff")), el("p", {}, el("a", { href: "/" }, h("home"))));
    return;
  }
  const [homework, quizzes, tests, groups, students, guests] = await Promise.all([
    data.homework ? call("GET", `homework-assignments/${data.homework}/`) : {},
    call("GET", "quizzes/?is_active=true&page=all"),
    call("GET", "mock-tests/?status=PUBLISHED&page=all"),
    call("GET", "groups/?is_active=true&page_size=100"),
    call("GET", "users/?role=STUDENT&is_active=true&page=all"),
    call("GET", "users/?role=GUEST&is_active=true&page=all"),
  ]);
  draw(homework, { quizzes, tests, groups: groups.results, people: [...students, ...guests] });
});

function draw(homework, known) {
  const isNew = !homework.id;
  const chosen = (items) => (items || []).map(({ id }) => id);
  const choices = (some, present) => new Map([...some.map(({ id, title, level }) => [id, level ? `${title} (${level})` : title]), ...(present || []).map(({ id, title }) => [id, title])]);
  const named = (...names) => Object.fromEntries(names.map((name) => [name, h(name)]));
  const members = new Map(known.people.map((person) => [person.id, person.full_name || person.email]));
  for (const id of homework.assigned_user_ids || []) if (!members.has(id)) members.set(id, h("somebody"));
  const fields = {
    title: written(h("title"), homework.title, { required: true, maxlength: 200 }),
    description: written(h("description"), homework.description, { rows: 2, maxlength: 5000 }),
    deadline: moment(h("deadline", zone()), homework.deadline),
    quiz_ids: people(h("quizzes"), choices(known.quizzes, homework.quizzes), chosen(homework.quizzes)),
    mock_test_ids: people(h("tests"), choices(known.tests, homework.mock_tests), chosen(homework.mock_tests)),
    assigned_group_ids: people(h("groups"), new Map([...known.groups, ...(homework.assigned_groups || [])].map(({ id, name }) => [id, name])), homework.assigned_group_ids || []),
    assigned_user_ids: people(h("people"), members, homework.assigned_user_ids || []),
    show_results_immediately: switched(h("shown"), homework.show_results_immediately ?? true),
    checking: pick(h("checking"), named("QUIZZES", "ALWAYS", "NEVER"), homework.checking || "QUIZZES"),
    is_one_by_one: switched(h("oneByOne"), homework.is_one_by_one ?? true),
    practice: pick(h("practice"), named("NEVER", "AFTER_DEADLINE", "ALWAYS"), homework.practice || "NEVER"),
    counting: pick(h("counting"), named("BEST", "LAST", "FIRST"), homework.counting || "BEST"),
    attempts_allowed: number(h("allowed"), homework.attempts_allowed ?? 100, { min: 1, needed: true }),
  };
  fields.deadline.input.required = true;
  // As the server takes it where nobody says it: no checks of single answers before results are shown.
  const [atOnce, checking] = [fields.show_results_immediately.input, fields.checking.input];
  let isSaid = !isNew;
  checking.addEventListener("change", () => { isSaid = true; });
  atOnce.addEventListener("change", () => { if (!isSaid) checking.value = atOnce.checked ? "QUIZZES" : "NEVER"; });
  const wrong = el("p", { class: "error", role: "alert" });
  const form = together(fields, { isNew, aliases: ALIASES, wrong });
  const save = el("button", {}, h(isNew ? "make" : "save"));
  const part = (...names) => el("fieldset", { class: "card part" }, ...names.map((name) => fields[name].box));

  async function submit(event) {
    event.preventDefault();
    form.clear();
    const body = form.changes();
    if (!body) return void notice(h("unchanged"));
    save.disabled = true;
    try {
      const saved = isNew ? await call("POST", "homework-assignments/", body) : await call("PATCH", `homework-assignments/${homework.id}/`, body);
      if (isNew) return void location.assign(`/homework/${saved.id}/`);
      notice(h("saved"));
      draw(saved, known);
    } catch (problem) {
      form.refuse(problem);
    } finally {
      save.disabled = false;
    }
    return undefined;
  }

  async function remove() {
    if (!await confirmed(h("removeAsk", homework.title), h("removeHelp"), h("remove"), h("cancel"))) return;
    try {
      await call("DELETE", `homework-assignments/${homework.id}/`);
      location.assign("/homework/");
    } catch (problem) {
      wrong.textContent = problem.message;
    }
  }

  show(
    el("h1", {}, isNew ? h("newHomework") : homework.title),
    known.quizzes.length || known.tests.length ? null : el("p", { class: "note" }, h("noQuizzes")),
    el("form", { class: "room-form", onsubmit: submit },
      part("title", "description", "deadline"), part("quiz_ids", "mock_test_ids"), part("assigned_group_ids", "assigned_user_ids"),
      part("is_one_by_one", "checking", "practice", "attempts_allowed", "counting", "show_results_immediately"),
      wrong, el("p", { class: "actions" }, save, isNew ? null : el("button", { type: "button", class: "plain", onclick: remove }, h("remove")),
        el("a", { href: isNew ? "/homework/" : `/homework/${homework.id}/` }, h("cancel")))),
    languages(el, () => draw(homework, known), ["en", "ja"]));
}
