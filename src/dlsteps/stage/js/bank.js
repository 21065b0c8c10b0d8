// Reads the bank: {"$": 7} stands for the seventh node. Equal values become the same object.

export function openBank(bank) {
  const seen = new Map();
  const read = (node) => {
    if (Array.isArray(node)) return node.some((part) => typeof part === "object") ? node.map(read) : node;
    if (node === null || typeof node !== "object") return node;
    if ("$" in node) {
      if (!seen.has(node.$)) seen.set(node.$, read(bank.nodes[node.$]));
      return seen.get(node.$);
    }
    return Object.fromEntries(Object.entries(node).map(([name, part]) => [name, read(part)]));
  };
  return (key) => (key in bank.frames ? read(bank.nodes[bank.frames[key]]) : undefined);
}
