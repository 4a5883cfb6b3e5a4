/**
 * A JSON value as Python's `str` spells it: strings as they are, `True`, `None`, `[1, 20]`. Null: it has no spelling that we are sure
 * of (numbers that a double cannot hold or that Python would write otherwise, strings inside lists that need escapes).
 */
export function pythonText(value: unknown): string | null {
  return typeof value === "string" ? value : literal(value);
}

function literal(value: unknown): string | null {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : null;
  if (typeof value === "string") return /^[\x20-\x26\x28-\x5b\x5d-\x7e]*$/.test(value) ? `'${value}'` : null;
  return Array.isArray(value) ? list(value) : dictionary(value);
}

function list(items: readonly unknown[]): string | null {
  const texts = items.map(literal);
  return texts.includes(null) ? null : `[${texts.join(", ")}]`;
}

function dictionary(value: unknown): string | null {
  const texts = Object.entries(Object(value)).map(([key, member]) => {
    const [name, text] = [literal(key), literal(member)];
    return name === null || text === null ? null : `${name}: ${text}`;
  });
  return texts.includes(null) ? null : `{${texts.join(", ")}}`;
}
