import { createEndpointModel, type EndpointModel } from "../endpoint-model.ts";
import type { EndpointOptions } from "../model.ts";
import { ChatAssembly } from "./reply-assembly.ts";
import { requestBody } from "./request-body.ts";

/** A model behind an OpenAI-compatible endpoint; see `createEndpointModel`. */
export function createOpenAiChat(options: EndpointOptions): EndpointModel {
  return createEndpointModel(options, {
    dialect: "openai-chat",
    listing: "/models",
    headers: {},
    body: requestBody,
    assemble: (context) => new ChatAssembly(context),
  });
}
