import { createEndpointModel, type EndpointModel } from "../endpoint-model.ts";
import type { EndpointOptions } from "../model.ts";
import { MessagesAssembly } from "./reply-assembly.ts";
import { requestBody } from "./request-body.ts";

/** A model behind an endpoint that speaks Anthropic's Messages; see `createEndpointModel`. */
export function createAnthropicMessages(options: EndpointOptions): EndpointModel {
  return createEndpointModel(options, {
    dialect: "anthropic-messages",
    listing: "/models?limit=1000",
    headers: { "anthropic-version": "2023-06-01" },
    body: requestBody,
    assemble: (context) => new MessagesAssembly(context),
  });
}
