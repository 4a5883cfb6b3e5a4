import type { ToolSchema } from "../records/message.ts";
import type { ToolsetTexts } from "./toolset.ts";

/** A parameter of a tool; `integers` is an array of them. */
export interface Parameter {
  readonly name: string;
  readonly type: "string" | "integer" | "integers";
  readonly required: boolean;
  readonly description: string;
  readonly choices?: readonly string[];
}

/** The tools of a toolset in the order in which a model sees them, each with its parameters in order. */
export type ToolParameters = ReadonlyMap<string, readonly Parameter[]>;

/** The tools as JSON Schema, under the given descriptions. */
export function toolSchemas(tools: ToolParameters, descriptions: ToolsetTexts["descriptions"]): ToolSchema[] {
  return [...tools].map(([name, parameters]) => ({
    name,
    description: descriptions[name] ?? "",
    parameters: parametersSchema(parameters),
  }));
}

function parametersSchema(parameters: readonly Parameter[]): Record<string, unknown> {
  const required = parameters.filter((parameter) => parameter.required).map((parameter) => parameter.name);
  return {
    type: "object",
    properties: Object.fromEntries(parameters.map((parameter) => [parameter.name, parameterSchema(parameter)])),
    ...(required.length > 0 && { required }),
  };
}

function parameterSchema({ type, description, choices }: Parameter): Record<string, unknown> {
  if (type === "integers") return { type: "array", items: { type: "integer" }, description };
  return { type, description, ...(choices && { enum: choices }) };
}
