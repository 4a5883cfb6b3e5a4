import { plainText } from "../base/plain-text.ts";

const marks: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text as HTML that shows exactly it; what could turn or hide the text around it is shown as \\uXXXX. */
export function escapeHtml(text: string): string {
  return plainText(text).replace(/[&<>"']/g, (mark) => marks[mark] ?? mark);
}
