import type { Sample } from "../records/sample.ts";
import { fromMessages, toMessages, type MessagesRow } from "./messages.ts";
import type { Result } from "../base/result.ts";

/**
 * A sample's history as it is, in the layout of the authors' `raw` rows: OpenAI's messages with their calls, a key for the tools, and
 * `meta` beside them. Reasoning that the server parted is `reasoning_content`. Nothing is lost: `fromRaw` gives the sample back.
 */
export interface RawRow extends Omit<MessagesRow, "tools"> {
  readonly tool_json: MessagesRow["tools"];
}

export function toRaw(sample: Sample): RawRow {
  const { tools, ...row } = toMessages(sample);
  return { ...row, tool_json: tools };
}

export function fromRaw(row: unknown): Result<Sample, { readonly reason: string }> {
  if (typeof row !== "object" || row === null || !("tool_json" in row)) return fromMessages(row);
  const { tool_json: tools, ...rest } = row;
  return fromMessages({ ...rest, tools });
}
