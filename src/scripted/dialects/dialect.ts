import type { Result } from "../../base/result.ts";
import type { Message, ModelReply } from "../../records/message.ts";

/** A request to the teacher, in no dialect. */
export interface TeacherRequest {
  readonly model: string;
  readonly stream: boolean;
  readonly messages: readonly Message[];
  readonly tools: readonly OfferedTool[];
  readonly maxOutputTokens: number | null;
  /** Whether a streamed reply ends with the usage, where the dialect leaves that to the request. */
  readonly includeUsage: boolean;
}

export interface OfferedTool {
  readonly name: string;
  readonly parameters: unknown;
}

export type TeacherErrorKind = "bad-request" | "unauthorized" | "no-credit" | "not-found" | "rate-limited" | "server-error" | "overloaded";

export interface TeacherError {
  readonly kind: TeacherErrorKind;
  readonly message: string;
}

export const statusOf: Readonly<Record<TeacherErrorKind, number>> = {
  "bad-request": 400,
  unauthorized: 401,
  "no-credit": 402,
  "not-found": 404,
  "rate-limited": 429,
  "server-error": 500,
  overloaded: 529,
};

/** A reply and what its bytes are made of besides; `id`: 16 hex digits determined by the request. */
export interface ReplyToWrite {
  readonly id: string;
  readonly reply: ModelReply;
  readonly includeUsage: boolean;
}

/** One wire format: reads requests, writes replies. The same input always gives the same text. */
export interface Dialect {
  /** The error is one sentence that names what is wrong. */
  read(body: unknown): Result<TeacherRequest, string>;
  /** The body of a reply that is not streamed. */
  whole(written: ReplyToWrite): string;
  /** Complete server-sent events in order; the finish reason is in none but the last few. */
  events(written: ReplyToWrite): readonly string[];
  error(error: TeacherError): string;
  /** An event that says in a stream that the server failed. */
  errorEvent(error: TeacherError): string;
}

/** Up to `count` parts of about equal length that join to the text; none for an empty text. */
export function pieces(text: string, count: number): string[] {
  const size = Math.max(1, Math.ceil(text.length / count));
  return Array.from({ length: Math.ceil(text.length / size) }, (_, index) => text.slice(index * size, (index + 1) * size));
}
