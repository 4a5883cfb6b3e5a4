import { describeModel } from "../conformance.ts";
import { createAnthropicMessages } from "./anthropic-messages.ts";
import { messagesEvent, streamOf } from "./messages-server.conformance.ts";

const errorBody = (type: string, message: string): string => JSON.stringify({ type: "error", error: { type, message } });

describeModel({
  name: "anthropic-messages",
  stream: streamOf,
  errorEvent: messagesEvent({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } }),
  overflow: errorBody("invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum"),
  unknownModel: errorBody("not_found_error", "model: claude-nope"),
  noCredit: errorBody("invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
  upToMessages: (body) => body.slice(0, -"]}".length),
  withoutMarks: (body) => body.replaceAll(',"cache_control":{"type":"ephemeral"}', ""),
  usageAtFinish: (usage) => usage,
  create: createAnthropicMessages,
});
