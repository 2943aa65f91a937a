import assert from "node:assert/strict";
import { test } from "node:test";

import { Course, showsStep } from "../../../web/static/exam/course.js";

const at = (minute) => Date.UTC(2026, 0, 1, 9, minute);
const iso = (minute) => new Date(at(minute)).toISOString();
const STEPS = [{ kind: "SECTION", section: "a", name: "A" }, { kind: "BREAK", section: null, name: "" }, { kind: "SECTION", section: "b", name: "B" }];
const state = (more = {}) => ({
  course: STEPS, step_ends: [iso(10), iso(15), iso(30)], step_floor: 0, deadline_at: iso(30), paused_at: null, ...more,
});

test("a step ends where the next one begins, and the last one stays", () => {
  const course = new Course(state());
  assert.deepEqual([0, 9, 10, 14, 15, 29, 30, 99].map((minute) => course.stepAt(at(minute))), [0, 0, 1, 1, 2, 2, 2, 2]);
  assert.equal(course.stepMillisLeft(at(12)), 180000);
  assert.equal(course.millisLeft(at(12)), 18 * 60000);
});

test("a step that was left does not come back, whatever its end says", () => {
  const course = new Course(state({ step_floor: 2 }));
  assert.equal(course.stepAt(at(1)), 2);
});

test("while it is paused, time stands still", () => {
  const course = new Course(state({ paused_at: iso(9) }));
  assert.equal(course.stepAt(at(20)), 0);
  assert.equal(course.stepMillisLeft(at(20)), 60000);
  assert.equal(course.take({ paused_at: null, step_ends: [iso(21), iso(26), iso(41)], deadline_at: iso(41) }), true);
  assert.equal(course.stepAt(at(20)), 0);
  assert.equal(course.millisLeft(at(20)), 21 * 60000);
});

test("news that says nothing new is none, and absent fields stay", () => {
  const course = new Course(state());
  assert.equal(course.take({ deadline_at: iso(30) }), false);
  assert.equal(course.take({ deadline_at: iso(31) }), true);
  assert.equal(course.stepAt(at(12)), 1);
});

test("a paper that is open as a whole has no steps", () => {
  const course = new Course({ deadline_at: iso(30), course: [], step_ends: null });
  assert.equal(course.stepAt(at(1)), null);
  assert.equal(course.stepMillisLeft(at(29)), 60000);
});

test("a paper shows a section if its questions are there; a break needs nothing", () => {
  const paper = { sections: [{ id: "a", question_groups: [] }, { id: "b", question_groups: [{}] }] };
  assert.deepEqual(STEPS.map((step) => showsStep(paper, step)), [false, true, true]);
  assert.equal(showsStep(paper, null), true);
});

test("where questions are timed, a paper shows a step only with its own question", () => {
  const steps = [{ kind: "QUESTION", section: "a", question: "one" }, { kind: "QUESTION", section: "a", question: "two" }];
  const paper = (...ids) => ({ sections: [{ id: "a", question_groups: ids.length ? [{ questions: ids.map((id) => ({ id })) }] : [] }] });
  assert.deepEqual([new Course(state({ course: steps })).isByQuestion, new Course(state()).isByQuestion], [true, false]);
  assert.deepEqual([showsStep(paper("one"), steps[0]), showsStep(paper("one"), steps[1]), showsStep(paper(), steps[0])], [true, false, false]);
});
