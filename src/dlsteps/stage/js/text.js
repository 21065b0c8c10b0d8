// Words and numbers as the reader sees them.

const WORDS = { NaN: "NaN", Infinity: "∞", "-Infinity": "−∞" };
const LARGE = 1e4;
const SMALL = 1e-3;

// A number in at most six characters beside a minus sign, by the rules of `dlsteps.numbers`, which a test holds it to.
export function number(value, digits = 3, { room = 6, floor = 1e-8 } = {}) {
  const word = WORDS[String(value)];
  if (word) return word;
  let size = Math.abs(value);
  if (size < floor && isZero(fixed(size, digits))) size = 0;
  const sign = size > 0 && value < 0 ? "−" : "";
  return sign + shortest(size, digits, room);
}

// The same without zeros at its end.
export const brief = (value, digits, options) => number(value, digits, options).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");

const isZero = (text) => !/[1-9]/.test(text);
const fixed = (size, digits) => (size < LARGE ? size.toFixed(digits) : "1");

function shortest(size, digits, room) {
  if (size && !(size >= SMALL && size < LARGE)) return power(size, room);
  let decimals = digits;
  while (size && decimals < 3 && isZero(fixed(size, decimals))) decimals++;
  while (decimals > 0 && fixed(size, decimals).length > room) decimals--;
  const text = fixed(size, decimals);
  const lost = size && isZero(text);
  return lost || text.length > Math.max(room, 1) || Number(text) >= LARGE ? power(size, room) : text;
}

function power(size, room) {
  const texts = [1, 0].map((decimals) => size.toExponential(decimals).replace(".0e", "e").replace("e+", "e").replace("-", "−"));
  return texts.find((text) => text.length <= room) ?? texts[1];
}

// A caption or formula with each «name» replaced by what it stands for at the selected key.
export function fill(text, select, key) {
  if (!select || !text) return text ?? "";
  return text.replace(/«(\w+)»/g, (_, name) => (name === "label" ? select.labels[key] : select.values[name][key]));
}

// The minus of a number in a sentence is a minus sign; a formula keeps what TeX reads.
export const prose = (text) => text.replace(/(?<!\w)-(?=\d)/g, "−");

// A formula with each power of ten such as 1.2e-30 set as one.
export const inTex = (text) =>
  text.replace(/(?<![\w.])(\d+(?:\.\d+)?)e([-−]?)(\d+)\b/g, (_, mantissa, sign, exponent) => `${mantissa} \\cdot 10^{${sign ? "-" : ""}${exponent}}`);

// About how wide a text is: a Chinese character is as wide as two letters, `letter` px each.
export const widthOf = (text, letter) => [...text].reduce((sum, c) => sum + (/[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uff60]|[\u{20000}-\u{3ffff}]/u.test(c) ? 2 : 1), 0) * letter;
