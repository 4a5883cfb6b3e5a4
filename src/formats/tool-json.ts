import type { ToolSchema } from "../records/message.ts";

/** A tool as OpenAI-compatible servers and chat templates take it. */
export interface ToolJson {
  readonly type: "function";
  readonly function: ToolSchema;
}

export function toolJson({ name, description, parameters }: ToolSchema): ToolJson {
  return { type: "function", function: { name, description, parameters } };
}
