import type { Tell } from "./problem-log.ts";

const noLoss = -100;

/**
 * A row of token ids: three lists of one length, a label that is the token's own id or no loss, and some loss. `vocabulary`: how many ids the
 * student's tokenizer has; null: not known. Gives the number of tokens.
 */
export function checkRendered(row: object, vocabulary: number | null, tell: Tell): number | null {
  const { input_ids: ids, labels, attention_mask: mask } = row as Readonly<Record<string, unknown>>;
  for (const [name, list] of Object.entries({ input_ids: ids, labels, attention_mask: mask }))
    if (!isIntegers(list)) tell("odd-row", `${name} is no list of whole numbers`);
  if (!isIntegers(ids)) return null;
  if (ids.length === 0) tell("empty-content", "the row has no token");
  const odd = ids.find((id) => id < 0 || (vocabulary !== null && id >= vocabulary));
  if (odd !== undefined)
    tell("id-outside-vocabulary", `input_ids has ${odd}${vocabulary === null ? "" : `, and the tokenizer ${vocabulary} ids`}`);
  if (isIntegers(labels)) checkLabels(ids, labels, tell);
  if (isIntegers(mask)) {
    if (mask.length !== ids.length) tell("lengths-differ", `${ids.length} ids and ${mask.length} in attention_mask`);
    if (mask.some((value) => value !== 0 && value !== 1)) tell("odd-mask", "attention_mask has other numbers than 0 and 1");
  }
  return ids.length;
}

function checkLabels(ids: readonly number[], labels: readonly number[], tell: Tell): void {
  if (labels.length !== ids.length) return tell("lengths-differ", `${ids.length} ids and ${labels.length} labels`);
  if (labels.every((label) => label === noLoss)) return tell("no-trained-message", "every label is -100: the row has no loss");
  const at = labels.findIndex((label, index) => label !== noLoss && label !== ids[index]);
  if (at !== -1) tell("labels-differ", `label ${at} is neither -100 nor the id ${ids[at]}`);
}

function isIntegers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item));
}
