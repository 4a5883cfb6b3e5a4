import { sha256Hex } from "../base/hash.ts";

/**
 * Text of others as data in a prompt: between tags that the text cannot close, because their name holds a hash of the text. Equal
 * text gives equal bytes.
 */
export function fenced(name: string, text: string): string {
  let tag = `${name}-${sha256Hex(text).slice(0, 12)}`;
  while (text.includes(tag)) tag = `${name}-${sha256Hex(tag + text).slice(0, 12)}`;
  return `<${tag}>\n${text}\n</${tag}>`;
}
