// Works out what somebody types into the calculator: numbers, + − × ÷ ^, brackets, roots. No program text is run.

const ORDER = { "+": 1, "-": 1, "*": 2, "/": 2, "^": 4 };
const NAMES = { sqrt: Math.sqrt, ln: Math.log, log: Math.log10, sin: Math.sin, cos: Math.cos, tan: Math.tan, abs: Math.abs };
const WORDS = /\s*(?:(\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+)|([a-zπ√]+)|(.))/giy;

// The number; NaN for what is none.
export function calculate(text) {
  const tokens = [...text.replaceAll("×", "*").replaceAll("÷", "/").replaceAll("−", "-").replaceAll(",", ".").trim().matchAll(WORDS)]
    .map(([, number, name, sign]) => (number !== undefined ? Number(number) : name?.toLowerCase() ?? sign));
  let place = 0;
  const next = () => tokens[place];

  function expression(least) {
    let value = operand();
    while (ORDER[next()] >= least) {
      const sign = tokens[place++];
      // Powers bind to the right: 2^3^2 is 2^9.
      const other = expression(ORDER[sign] + (sign === "^" ? 0 : 1));
      value = { "+": value + other, "-": value - other, "*": value * other, "/": value / other, "^": value ** other }[sign];
    }
    return value;
  }

  function operand() {
    const token = tokens[place++];
    if (typeof token === "number") return token;
    if (token === "-") return -expression(3);
    if (token === "+") return expression(3);
    if (token === "(") {
      const value = expression(1);
      return tokens[place++] === ")" ? value : NaN;
    }
    if (token === "pi" || token === "π") return Math.PI;
    if (token === "√") return Math.sqrt(operand());
    if (Object.hasOwn(NAMES, token) && next() === "(") return NAMES[token](operand());
    return NaN;
  }

  if (!tokens.length) return NaN;
  const value = expression(1);
  return place === tokens.length ? value : NaN;
}
