import assert from "node:assert/strict";
import { test } from "node:test";

import { calculate } from "../../../web/static/web/room_calculator.js";

const RIGHT = {
  "1+2*3": 7, "(1+2)*3": 9, "2^3^2": 512, "-2^2": -4, "2^-1": 0.5, "10-4-3": 3, "8/4/2": 1, "6 ÷ 4 × 2 − 1": 2, "√(16)+√9": 7,
  "sqrt(2)^2-2 < 0": NaN, "1,5*2": 3, "2*pi": 2 * Math.PI, "1e3/.5": 2000, "-(-3)": 3, "abs(-4)": 4, "1/0": Infinity,
};
const WRONG = ["", "1+", "(1", "1)", "1 2", "alert(1)", "constructor", "constructor(1)", "this.x", "2**3", "1..2", "__proto__"];

test("sums come out as in school", () => {
  for (const [text, value] of Object.entries(RIGHT)) assert.ok(Object.is(calculate(text), value) || Math.abs(calculate(text) - value) < 1e-9, text);
});

test("what is no sum has no result, and nothing is run", () => {
  for (const text of WRONG) assert.ok(Number.isNaN(calculate(text)), text);
});
