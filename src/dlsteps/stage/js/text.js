// Words and numbers as the reader sees them.

const WORDS = { NaN: "NaN", Infinity: "∞", "-Infinity": "−∞" };

// A number with fixed decimals and a true minus sign; with `room`, fewer decimals rather than more characters.
export function number(value, digits, room = 99) {
  if (typeof value === "string") return WORDS[value];
  let text = value.toFixed(digits);
  for (let d = digits - 1; text.length > room && d >= 0; d--) text = value.toFixed(d);
  if (text.length > room) text = value.toExponential(0).replace("e+", "e");
  if (Number(text) === 0) text = text.replace("-", "");
  return text.replace("-", "−");
}

// A caption or formula with each «name» replaced by what it stands for at the selected key.
export function fill(text, select, key) {
  if (!select || !text) return text ?? "";
  return text.replace(/«(\w+)»/g, (_, name) => (name === "label" ? select.labels[key] : select.values[name][key]));
}

// The minus of a number in a sentence is a minus sign; a formula keeps what TeX reads.
export const prose = (text) => text.replace(/(?<!\w)-(?=\d)/g, "−");
