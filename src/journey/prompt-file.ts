import { readFileSync } from "node:fs";

/** What one question to the teacher consists of. */
export interface Prompt {
  readonly system: string;
  readonly user: string;
}

const read = new Map<string, Prompt>();

/** The two parts of a prompt file: after the line `<!-- system -->` and after the line `<!-- user -->`. Read once per process. */
export function readPromptFile(url: URL): Prompt {
  const known = read.get(url.href);
  if (known !== undefined) return known;
  const parts = /^<!-- system -->\n(.*)^<!-- user -->\n(.*)$/ms.exec(readFileSync(url, "utf8"));
  if (parts === null) throw new Error(`${url.href} has no system and user part`);
  const [, system = "", user = ""] = parts;
  const prompt = { system: system.trim(), user: user.trim() };
  read.set(url.href, prompt);
  return prompt;
}

/** Puts values in the place of `{{name}}` in the user part; what is put in is not looked at again. A name without a value is a bug. */
export function fillPrompt(prompt: Prompt, values: Readonly<Record<string, string>>): Prompt {
  const user = prompt.user.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the prompt has no value for ${name}`);
    return value;
  });
  return { system: prompt.system, user };
}
