import { expect, test } from "vitest";
import { networkFailure } from "./network-failure.ts";

function coded(code: string): Error {
  return Object.assign(new Error("broken"), { code });
}

test.each([
  ["ENOTFOUND", false, "unreachable"],
  ["EAI_AGAIN", false, "unreachable"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", false, "unreachable"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", false, "unreachable"],
  ["CERT_HAS_EXPIRED", false, "unreachable"],
  ["UND_ERR_CONNECT_TIMEOUT", false, "unreachable"],
  ["ECONNRESET", false, "connection-lost"],
  ["ECONNRESET", true, "connection-lost"],
  ["ETIMEDOUT", true, "connection-lost"],
  ["UND_ERR_SOCKET", true, "connection-lost"],
  ["HPE_INVALID_CONSTANT", true, "malformed-reply"],
])("%s, sent %s, is %s", (code, sent, expected) => {
  const { failure, usage } = networkFailure({ host: "h:1", error: coded(code), sent });
  expect(failure.code).toBe(expected);
  expect(usage.output).toBe(sent || expected === "malformed-reply" ? null : 0);
});

test("the cause of an error is looked at", () => {
  const error = new TypeError("fetch failed", { cause: coded("ECONNREFUSED") });
  expect(networkFailure({ host: "h:1", error, sent: false }).failure).toMatchObject({
    code: "unreachable",
    message: "h:1 cannot be reached: nothing listens there (ECONNREFUSED).",
  });
});
