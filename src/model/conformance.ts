import { afterEach, beforeEach, describe } from "vitest";
import type { ModelReply } from "../records/message.ts";
import type { Usage } from "../records/usage.ts";
import { cancelCases } from "./conformance/cancel-cases.conformance.ts";
import { connectionCases } from "./conformance/connection-cases.conformance.ts";
import { deadlineCases } from "./conformance/deadline-cases.conformance.ts";
import { refusalCases } from "./conformance/refusal-cases.conformance.ts";
import { replyCases } from "./conformance/reply-cases.conformance.ts";
import { requestCases } from "./conformance/request-cases.conformance.ts";
import { ModelBench } from "./conformance/model-bench.conformance.ts";
import type { EndpointOptions, Model } from "./model.ts";

/** How a server of the dialect says what it says. */
export interface DialectCase {
  readonly name: string;
  /** The events of a stream that says `reply`: all of it up to its end. `beforeFinish` of them come before the finish reason. */
  stream(reply: ModelReply): { readonly events: readonly string[]; readonly beforeFinish: number };
  /** An event in a stream that says that the server failed. */
  readonly errorEvent: string;
  readonly overflow: string;
  readonly unknownModel: string;
  readonly noCredit: string;
  /** What of a request's body comes before the end of its messages. `withoutMarks`: the body without what a server's cache is told, which moves on. */
  readonly upToMessages: (body: string) => string;
  readonly withoutMarks: (body: string) => string;
  /** What of the usage of `reply` is known when its finish reason is. */
  usageAtFinish(usage: Usage): Usage;
  create(options: EndpointOptions): Model & AsyncDisposable;
}

/** What every client of a model does, whatever its dialect. Run against a server of our own on loopback. */
export function describeModel(dialect: DialectCase): void {
  describe(`${dialect.name}: the contract of Model`, () => {
    const bench = new ModelBench(dialect);
    beforeEach(() => bench.start());
    afterEach(() => bench.stop());
    requestCases(bench);
    replyCases(bench);
    refusalCases(bench);
    connectionCases(bench);
    deadlineCases(bench);
    cancelCases(bench);
  });
}
