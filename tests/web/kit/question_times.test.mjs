import assert from "node:assert/strict";
import { test } from "node:test";

import { QuestionTimes } from "../../../web/static/web/question_times.js";

const QUESTIONS = [{ id: "a", seconds: 10 }, { id: "b", seconds: 5 }, { id: "c" }];

function desk(kept = {}) {
  const world = { at: 1000, kept };
  world.keepsake = { get: () => world.kept, set: (value) => { world.kept = structuredClone(value); } };
  world.open = () => new QuestionTimes(QUESTIONS, world.keepsake, () => world.at);
  world.wait = (seconds) => { world.at += seconds * 1000; };
  return world;
}

test("time runs for the question on the screen, and for no other", () => {
  const world = desk();
  const times = world.open();
  times.show("a");
  world.wait(4);
  times.show("b");
  world.wait(2);
  times.count();
  assert.equal(times.left("a"), 6);
  assert.equal(times.left("b"), 3);
  assert.equal(times.left("c"), null);
});

test("it ends at zero and stays there", () => {
  const world = desk();
  const times = world.open();
  times.show("b");
  world.wait(4.999);
  times.count();
  assert.equal(times.isOver("b"), false);
  world.wait(60);
  times.count();
  assert.equal(times.left("b"), 0);
  assert.equal(times.isOver("b"), true);
  assert.equal(times.isOver("c"), false);
});

test("a pause and a question without time of its own cost nothing", () => {
  const world = desk();
  const times = world.open();
  times.show("a");
  world.wait(3);
  times.count();
  world.wait(100);
  times.count(false);
  times.show("c");
  world.wait(100);
  times.show("a");
  world.wait(1);
  times.count();
  assert.equal(times.left("a"), 6);
});

test("a reload gives nothing back, and what lay between costs nothing", () => {
  const world = desk();
  const first = world.open();
  first.show("a");
  world.wait(7);
  first.count();
  world.wait(50);
  const second = world.open();
  second.show("a");
  assert.equal(second.left("a"), 3);
  assert.equal(desk(null).open().left("a"), 10);
});

test("the next one is the first with time left, from the place where one is", () => {
  const world = desk({ b: 5 });
  const times = world.open();
  assert.equal(times.after("a", ["a", "b", "c"]), "c");
  assert.equal(times.after("c", ["a", "b", "c"]), "a");
  assert.equal(times.after("a", ["a", "b"]), null);
});
