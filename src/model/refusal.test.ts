import { expect, test } from "vitest";
import { createQuote } from "./quote.ts";
import { refusalFailure } from "./refusal.ts";

const quote = createQuote(null);

function refusal(status: number, error: unknown): { code: string; message: string } {
  return refusalFailure({ host: "h:1", status, body: JSON.stringify(error), retryAfterMs: null, quote }).failure;
}

test.each([
  ["This model's maximum context length is 4096 tokens. However, your prompt contains at least 4097 input tokens", 400],
  ["The input (40000 tokens) is longer than the model's context length (32768 tokens).", 400],
  ["Requested token count exceeds the model's maximum context length of 32768 tokens.", 400],
  ["the request exceeds the available context size, try increasing it", 400],
  ["Your input exceeds the context window of this model.", 400],
  ["Prompt exceeds max length", 400],
  ["prompt is too long: 210000 tokens > 200000 maximum", 413],
])("%s", (message, status) => {
  expect(refusal(status, { error: { message } }).code).toBe("context-overflow");
});

test.each([
  [400, { error: { message: "x", code: "context_length_exceeded" } }, "context-overflow"],
  [400, { error: { message: "x", type: "exceed_context_size_error", code: 400 } }, "context-overflow"],
  [400, { error: { message: "…", code: "1261" } }, "context-overflow"],
  [429, { error: { message: "Insufficient balance or no resource package. Please recharge.", code: "1113" } }, "no-credit"],
  [400, { error: { message: "Your credit balance is too low to access the API." } }, "no-credit"],
  [403, { error: { message: "You have insufficient permissions for this operation." } }, "unauthorized"],
  [400, { error: { message: "Unknown Model, please check the model code.", code: "1211" } }, "unknown-model"],
  [400, { error: { message: "no", code: "model_not_found" } }, "unknown-model"],
  [404, { message: "model `x` not found" }, "unknown-model"],
  [404, { detail: "Not Found" }, "unreachable"],
  [413, "too large", "bad-request"],
  [408, {}, "server-error"],
  [400, { error: "plain words" }, "bad-request"],
])("%i %j is %s", (status, body, code) => {
  expect(refusal(status, body).code).toBe(code);
});

test("the message says what the server said, in one line", () => {
  expect(refusal(400, { error: { message: "first\n\u001B[31msecond\u202E" } }).message).toBe(
    "h:1 refused the request (400): first [31msecond",
  );
  expect(refusal(422, { detail: [{ msg: "field required" }] }).message).toContain('[{"msg":"field required"}]');
  expect(refusal(400, { error: { message: "🦉".repeat(400) } }).message.isWellFormed()).toBe(true);
});
