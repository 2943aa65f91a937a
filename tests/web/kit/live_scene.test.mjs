// Frames laid over a greeting: what is new is taken, what is old is not, and what was chosen here stays until the server's word.

import assert from "node:assert/strict";
import test from "node:test";

import { Scene } from "../../../web/static/web/live_scene.js";

const question = { number: 1, id: "q1", options: [{ id: "a" }, { id: "b" }] };
const hello = (more = {}) => ({ type: "hello", version: 3, state: "QUESTION", number: 1, question, reveal: null, board: null, answered: null, me: { name: "Alice", score: "0", rank: null, answer: null, answers: [] }, ...more });

test("a later frame lies over the scene, an older one is dropped", () => {
  const scene = new Scene();
  assert.equal(scene.take({ type: "locked", version: 4, state: "LOCKED", number: 1 }), false);
  assert.equal(scene.take(hello()), true);
  assert.equal(scene.take({ type: "locked", version: 4, state: "LOCKED", number: 1, answered: 2 }), true);
  assert.deepEqual([scene.now.state, scene.now.answered, scene.now.question], ["LOCKED", 2, question]);
  assert.equal(scene.take({ type: "question", version: 3, state: "QUESTION", number: 1, question }), false);
  assert.equal(scene.take(hello()), false);
  assert.equal(scene.now.state, "LOCKED");
});

test("the next question puts away what belonged to the last one", () => {
  const scene = new Scene();
  scene.take(hello({ state: "REVEALED", board: { top: [] }, reveal: { number: 1 }, me: { name: "Alice", score: "10", rank: 1, answer: { number: 1, seq: 4, response: "a" }, answers: [] } }));
  scene.take({ type: "question", version: 4, state: "QUESTION", number: 2, question: { ...question, number: 2 }, reveal: null });
  assert.deepEqual([scene.now.board, scene.now.reveal, scene.now.me.answer, scene.now.me.score], [null, null, null, "10"]);
  assert.equal(scene.answer, null);
  assert.equal(scene.nextSeq(), 5);
});

test("what was chosen here stays until the server's word on it", () => {
  const scene = new Scene();
  scene.take(hello());
  scene.choose(1, scene.nextSeq(), "b");
  assert.deepEqual([scene.answer.seq, scene.answer.response], [1, "b"]);
  scene.take(hello({ version: 4 }));
  assert.equal(scene.answer.response, "b");
  scene.take({ type: "reveal", version: 5, state: "REVEALED", number: 1, reveal: { number: 1 }, me: { score: "0", rank: 2, answer: { number: 1, seq: 9, response: "a", is_correct: false } } });
  assert.equal(scene.answer.response, "a");
  assert.equal(scene.now.me.name, "Alice");
  scene.drop(1);
  assert.equal(scene.answer, null);
});

test("numbers of another question and answers to what was said change nothing", () => {
  const scene = new Scene();
  scene.take(hello());
  assert.equal(scene.take({ type: "count", number: 2, answered: 5 }), false);
  assert.equal(scene.take({ type: "count", number: 1, answered: 5 }), true);
  assert.equal(scene.now.answered, 5);
  for (const type of ["acked", "refused", "done", "error", "pong"]) assert.equal(scene.take({ type, number: 1, version: 9 }), false);
  assert.equal(scene.now.version, 3);
});
