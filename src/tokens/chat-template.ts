import type { Template } from "@huggingface/jinja";
import { err, ok, type Result } from "../base/result.ts";
import type { Conversation, RenderProblem } from "./conversation.ts";
import { stripFunctions, useStripFunctions } from "./python-strip.ts";

export interface TemplateOptions {
  /** Whether the text ends where an assistant would begin. */
  readonly generationPrompt?: boolean;
}

/** A chat template in Jinja, rendered as transformers' `apply_chat_template` renders it. */
export class ChatTemplate {
  readonly #template: Template;
  /** Texts of special tokens by their names in the tokenizer's config (`bos_token`, `eos_token` …). */
  readonly #names: Readonly<Record<string, string>>;

  private constructor(template: Template, names: Readonly<Record<string, string>>) {
    this.#template = template;
    this.#names = names;
  }

  /** The error is a sentence of the parser's. */
  static async parse(source: string, names: Readonly<Record<string, string>>): Promise<Result<ChatTemplate, string>> {
    // Its tokens would differ from day to day.
    if (source.includes("strftime_now")) return err("it writes today's date");
    const jinja = await import("@huggingface/jinja");
    try {
      const template = new jinja.Template(source);
      useStripFunctions(template.parsed);
      return ok(new ChatTemplate(template, names));
    } catch (error) {
      return err(messageOf(error));
    }
  }

  render({ messages, tools }: Conversation, { generationPrompt = false }: TemplateOptions = {}): Result<string, RenderProblem> {
    try {
      const text = this.#template.render({
        ...this.#names,
        ...stripFunctions,
        messages,
        tools,
        documents: null,
        add_generation_prompt: generationPrompt,
      });
      if (!text.isWellFormed())
        return err({ reason: "lone-surrogate", message: "A message holds half of a character (a lone surrogate)." });
      return ok(text);
    } catch (error) {
      return err({ reason: "template-failed", message: `The chat template refuses the conversation: ${messageOf(error)}.` });
    }
  }
}

function messageOf(error: unknown): string {
  const words = error instanceof Error ? error.message : String(error);
  return words.split("\n")[0]?.replace(/\.$/, "") ?? "";
}
