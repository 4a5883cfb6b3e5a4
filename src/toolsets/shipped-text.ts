import { readFileSync } from "node:fs";

/** A text that ships beside the code that names it, without the newline that ends its file. */
export function shippedText(url: URL): string {
  return readFileSync(url, "utf8").replace(/\n$/, "");
}
