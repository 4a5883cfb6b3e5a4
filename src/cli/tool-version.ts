import { readFileSync } from "node:fs";

/** "apprentice 0.1.0". The package's own file is one folder above src or dist. */
export function toolVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const { name, version } = JSON.parse(text) as { name: string; version: string };
  return `${name} ${version}`;
}
