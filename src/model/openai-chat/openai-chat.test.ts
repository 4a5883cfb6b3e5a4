import { unknownUsage } from "../../records/usage.ts";
import { describeModel } from "../conformance.ts";
import { createOpenAiChat } from "./openai-chat.ts";
import { chatEvent, streamOf } from "./chat-server.conformance.ts";

describeModel({
  name: "openai-chat",
  stream: streamOf,
  errorEvent: chatEvent({ error: { message: "engine died", type: "InternalServerError", code: 500 } }),
  overflow: JSON.stringify({ error: { message: "This model's maximum context length is 4096 tokens. However, …", code: 400 } }),
  unknownModel: JSON.stringify({ error: { message: "The model `nope` does not exist.", type: "NotFoundError", code: 404 } }),
  noCredit: JSON.stringify({ error: { message: "You exceeded your quota.", type: "insufficient_quota", code: "insufficient_quota" } }),
  upToMessages: (body) => body.slice(0, -"]}".length),
  withoutMarks: (body) => body,
  usageAtFinish: () => unknownUsage,
  create: createOpenAiChat,
});
