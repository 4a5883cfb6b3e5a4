import { isRecord, type SchemaNode } from "./schema-nodes.ts";

/**
 * What may be written at a place, as it goes after "write": `a whole number from 1 to 4096`, `"t1", "t2" or "both"`. `value`: what stands there
 * now, because some limits are only worth a word to who broke them. Empty: the schema does not say.
 */
export function allowedText(nodes: readonly SchemaNode[], value: unknown): string {
  const choices = new Set(nodes.flatMap((node) => choicesOf(node, value)));
  // What stands for "nothing" is said last.
  const ordered = choices.delete("null") ? [...choices, "null"] : [...choices];
  const last = ordered.pop();
  if (last === undefined) return "";
  return ordered.length === 0 ? last : `${ordered.join(", ")} or ${last}`;
}

function choicesOf(node: SchemaNode, value: unknown): string[] {
  if ("const" in node) return [JSON.stringify(node["const"])];
  if (Array.isArray(node["enum"])) return node["enum"].map((choice) => JSON.stringify(choice));
  const { type } = node;
  if (type === "integer" || type === "number") return [numberText(node, value)];
  if (type === "string") return [stringText(node, value)];
  if (type === "array") return [`a list${countText(node, ["minItems", "maxItems"], ["entry", "entries"])}`];
  if (type === "object") return [mapText(node)];
  if (type === "boolean") return ["true or false"];
  return type === "null" ? ["null"] : [];
}

function numberText(node: SchemaNode, value: unknown): string {
  const isWhole = node["type"] === "integer";
  const above = numberOf(node["exclusiveMinimum"]);
  const below = numberOf(node["exclusiveMaximum"]);
  const least = isWhole && above !== null ? above + 1 : numberOf(node["minimum"]);
  const most = isWhole && below !== null ? below - 1 : numberOf(node["maximum"]);
  const isFarTooBig = typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER;
  const bounds = [];
  if (!isWhole && above !== null) bounds.push(`above ${above}`);
  if (!isWhole && below !== null) bounds.push(`below ${below}`);
  const isBound = (limit: number | null): limit is number => limit !== null && (Math.abs(limit) < Number.MAX_SAFE_INTEGER || isFarTooBig);
  if (isBound(least) && isBound(most)) bounds.push(`from ${least} to ${most}`);
  else if (isBound(least)) bounds.push(`of at least ${least}`);
  else if (isBound(most)) bounds.push(`of at most ${most}`);
  const step = numberOf(node["multipleOf"]);
  if (step !== null) bounds.push(`that is a multiple of ${step}`);
  return [isWhole ? "a whole number" : "a number", bounds.join(" and ")].join(" ").trimEnd();
}

function stringText(node: SchemaNode, value: unknown): string {
  if (typeof value !== "string") return typeof value === "number" || typeof value === "boolean" ? "a text, in quotes" : "a text";
  if (typeof node["format"] === "string" && node["format"] !== "regex") return `a text of the form ${node["format"]}`;
  if (typeof node["pattern"] === "string") return `a text that matches ${node["pattern"]}`;
  if (node["minLength"] === 1 && node["maxLength"] === undefined) return "a text that is not empty";
  return `a text${countText(node, ["minLength", "maxLength"], ["character", "characters"])}`;
}

function countText(node: SchemaNode, [leastKey, mostKey]: readonly [string, string], [one, many]: readonly [string, string]): string {
  const least = numberOf(node[leastKey]);
  const most = numberOf(node[mostKey]);
  const counted = (count: number): string => `${count} ${count === 1 ? one : many}`;
  if (least !== null && least === most) return ` of exactly ${counted(least)}`;
  if (least !== null && most !== null) return ` of ${least} to ${counted(most)}`;
  if (least !== null) return ` of at least ${counted(least)}`;
  return most === null ? "" : ` of at most ${counted(most)}`;
}

function mapText({ properties }: SchemaNode): string {
  const names = isRecord(properties) ? Object.keys(properties) : [];
  return names.length === 0 ? "a map of keys" : `a map of keys (${names.join(", ")})`;
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
