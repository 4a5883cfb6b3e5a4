import type { Tell } from "./problem-log.ts";

/** Tokens that part messages in ChatML; in a text a tokenizer takes them for the end of one, and the mask moves. */
const special = ["<|im_start|>", "<|im_end|>", "<|endoftext|>"];

/** Looks into every text of a row. Gives whether a template could render them as they are. */
export function checkStrings(value: unknown, tell: Tell, place = "the row"): boolean {
  if (typeof value === "string") return checkText(value, tell, place);
  if (typeof value !== "object" || value === null) return true;
  // Lists of ids are long, and no texts.
  if (Array.isArray(value) && typeof value[0] === "number") return true;
  let isSound = true;
  for (const [name, member] of Object.entries(value)) {
    const inside = place === "the row" ? name : `${place}.${name}`;
    if (!checkStrings(member, tell, inside)) isSound = false;
  }
  return isSound;
}

function checkText(text: string, tell: Tell, place: string): boolean {
  const isWhole = text.isWellFormed();
  if (!isWhole) tell("lone-surrogate", `${place} holds half of a character`);
  const found = special.find((token) => text.includes(token));
  if (found !== undefined) tell("special-token-in-text", `${place} holds ${found}`);
  return isWhole && found === undefined;
}
