import type { z } from "zod";
import { err, ok, type Result } from "../base/result.ts";
import { callFailure } from "./call-failure.ts";
import type { CallFailure } from "./model.ts";
import type { ReplyContext } from "./reply-reader.ts";

/** One part of a reply, or a whole body, as its dialect writes it; the failure `malformed-reply` where it is not written so. */
export function readPart<Part>(data: string, schema: z.ZodType<Part>, { host, quote }: ReplyContext): Result<Part, CallFailure> {
  const part = parsed(data, schema);
  if (part !== null) return ok(part);
  return err(callFailure("malformed-reply", `${host} sent a part of a reply that cannot be read: ${quote(data)}`));
}

function parsed<Part>(data: string, schema: z.ZodType<Part>): Part | null {
  try {
    return schema.safeParse(JSON.parse(data)).data ?? null;
  } catch {
    return null;
  }
}
