import { expect, test } from "vitest";
import { noUsage } from "../../records/usage.ts";
import { startAnsweringServer } from "../answering-server.conformance.ts";
import { key, type ModelBench } from "./model-bench.conformance.ts";

/** What a status other than success means. */
export function refusalCases(bench: ModelBench): void {
  test("an echoed key is not repeated in a message", async () => {
    bench.answerStatus(
      401,
      JSON.stringify({ error: { message: `Wrong key ${key} and ${"x".repeat(500)}`, type: "auth", code: "invalid_api_key" } }),
    );
    const { failure, usage } = await bench.fail();
    expect(failure).toMatchObject({ boundary: "model", code: "unauthorized", wholeRun: true, retryable: false });
    expect(failure.message).toContain("Wrong key [key] and");
    expect(failure.message).not.toContain("0123456789");
    expect(failure.message.length).toBeLessThan(400);
    expect(usage).toEqual(noUsage);
  });

  test.each([
    [403, "{}", "unauthorized", false, true],
    [402, "{}", "no-credit", false, true],
    [429, bench.dialect.noCredit, "no-credit", false, true],
    [429, "slow down", "rate-limited", true, false],
    [500, "<html>\n oops </html>", "server-error", true, false],
    [503, "", "server-error", true, false],
    [529, "{}", "server-error", true, false],
    [400, bench.dialect.overflow, "context-overflow", false, false],
    [400, '{"error":{"message":"temperature must be non-negative"}}', "bad-request", false, false],
    [422, '{"detail":[{"msg":"field required"}]}', "bad-request", false, false],
    [404, bench.dialect.unknownModel, "unknown-model", false, true],
    [404, '{"detail":"Not Found"}', "unreachable", false, true],
  ])("status %i %s is %s", async (...refused) => {
    const [status, body, code, retryable, wholeRun] = refused;
    bench.answerStatus(status, body);
    const { failure, usage } = await bench.fail();
    expect(failure).toMatchObject({ boundary: "model", code, retryable, wholeRun });
    expect(failure.message).toContain(new URL(bench.server.origin).host);
    expect(failure.message).not.toContain("\n");
    expect(usage).toEqual(noUsage);
  });

  test("what the server asks to wait is handed on", async () => {
    bench.answerStatus(429, "{}", { "retry-after": "7" });
    expect((await bench.fail()).retryAfterMs).toBe(7000);
    bench.answerStatus(503, "{}", { "retry-after-ms": "1500", "retry-after": "9" });
    expect((await bench.fail()).retryAfterMs).toBe(1500);
    bench.answerStatus(429, "{}", { "retry-after": "Sun, 22 Nov 2026 20:01:30 GMT", date: "Sun, 22 Nov 2026 20:01:19 GMT" });
    expect((await bench.fail()).retryAfterMs).toBe(11_000);
    bench.answerStatus(429, "{}");
    expect((await bench.fail()).retryAfterMs).toBeNull();
  });

  test("a redirect is not followed", async () => {
    const other = await startAnsweringServer();
    bench.keep(other);
    bench.answerStatus(307, "", { location: `${other.origin}/v1/chat/completions` });
    expect((await bench.fail()).failure).toMatchObject({ code: "unreachable", wholeRun: true, retryable: false });
    expect(other.received).toEqual([]);
  });

  test("an error body that never ends is still its status", async () => {
    bench.server.answerWith((response) => void response.writeHead(500).write("half of"));
    const { failure } = await bench.fail({ stallMs: 40 });
    expect(failure.code).toBe("server-error");
    expect(failure.message).toContain("half of");
    await bench.server.received[0]?.closed;
  });
}
