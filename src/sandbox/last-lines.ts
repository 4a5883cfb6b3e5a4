import { plainText } from "../base/plain-text.ts";

const mostLines = 15;
const mostCharacters = 2000;

/** The last of what a program printed, as the end of a sentence about its failure. */
export function lastLines(output: string): string {
  const text = plainText(output.replace(/\u001b\[[0-9;?]*[a-zA-Z]/g, "").replaceAll("\r", "\n"));
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (lines.length === 0) return "It said nothing.";
  return `Its last lines:\n${lines.slice(-mostLines).join("\n").slice(-mostCharacters)}`;
}
