import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { Draft, lengthOf, sent } from "../../../web/static/exam/draft.js";

// The same as in the server's tests: both must count alike.
test("counts words and characters without spaces, as the server does", () => {
  const counted = [
    ["", 0, 0], [" \n\t ", 0, 0], ["one two", 2, 6], ["one\u3000two\nthree", 3, 11], ["東京に\u3000行く。", 2, 6],
    ["𠮷野家", 1, 3], ["a\ufeffb", 2, 2],
  ];
  for (const [text, words, characters] of counted) {
    assert.deepEqual([lengthOf(text, "words"), lengthOf(text, "characters")], [words, characters], JSON.stringify(text));
  }
});

test("sends lines with line feeds, and nothing that only pasting brings", () => {
  assert.equal(sent("a\r\nb\rc\td"), "a\nb\nc\td");
  assert.equal(sent("a\u0000b\u001bc\u0085d\ud800e"), "abcde");
  assert.equal(sent("日本語 😀"), "日本語 😀");
});

function writing(limits, text) {
  const given = [];
  const told = [];
  const clock = { now: 0 };
  mock.timers.enable({ apis: ["setTimeout"] });
  const draft = new Draft({ limits, text, give: (one) => given.push(one), told: (one) => told.push(one), now: () => clock.now });
  const pass = (ms) => { clock.now += ms; mock.timers.tick(ms); };
  return { draft, given, told, pass, end: () => mock.timers.reset() };
}

test("gives the text away when the writer pauses", () => {
  const { draft, given, pass, end } = writing({});
  draft.write("a");
  pass(2000);
  draft.write("a b");
  pass(2400);
  assert.deepEqual(given, []);
  pass(100);
  assert.deepEqual(given, ["a b"]);
  pass(60000);
  assert.deepEqual(given, ["a b"]);
  end();
});

test("whoever never pauses has it given away every twelve seconds all the same", () => {
  const { draft, given, pass, end } = writing({});
  for (let second = 0; second < 30; second += 1) {
    draft.write("x".repeat(second + 1));
    pass(1000);
  }
  assert.deepEqual(given.map((text) => text.length), [12, 24]);
  end();
});

test("what is too long is not given, and what was given before stays", () => {
  const { draft, given, told, pass, end } = writing({ unit: "words", most: 3 });
  draft.write("one two three");
  pass(3000);
  draft.write("one two three four five");
  pass(20000);
  draft.flush();
  assert.deepEqual(given, ["one two three"]);
  assert.deepEqual([told.at(-1).over, told.at(-1).isGiven], [2, false]);
  draft.write("one two four");
  pass(3000);
  assert.deepEqual(given, ["one two three", "one two four"]);
  assert.deepEqual([told.at(-1).over, told.at(-1).isGiven], [0, true]);
  end();
});

test("no text at all may be longer than the server takes", () => {
  const { draft, given, told, end } = writing({});
  draft.write("あ".repeat(15001));
  draft.flush();
  assert.equal(told.at(-1).beyond, 1);
  draft.write("あ".repeat(15000));
  draft.flush();
  assert.deepEqual(given.map((text) => text.length), [15000]);
  end();
});

test("says what is missing, gives it all the same, and clears with nothing", () => {
  const { draft, given, told, end } = writing({ unit: "characters", least: 5, most: 9 }, "kept before");
  assert.equal(draft.standing().isGiven, true);
  draft.flush();
  assert.deepEqual(given, []);
  draft.write("ab c");
  draft.flush();
  assert.equal(told.at(-1).short, 2);
  draft.write("  \n ");
  draft.flush();
  assert.deepEqual(given, ["ab c", null]);
  end();
});
