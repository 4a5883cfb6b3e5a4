import type { SignedReasoning, ToolCall } from "../../records/message.ts";
import type { Block, Delta } from "./stream-event.ts";

interface OpenBlock {
  readonly index: number;
  readonly start: Block;
  readonly text: string[];
  readonly signature: string[];
}

/** What the blocks of a reply say together. `signed`: its reasoning with a signature, which goes back as it came; empty where none is. */
export interface SaidInBlocks {
  readonly content: string;
  readonly reasoning: string | null;
  readonly signed: SignedReasoning[];
  readonly toolCalls: ToolCall[];
}

/** Puts the blocks of a reply together from the pieces of a stream. */
export class ReplyBlocks {
  readonly #blocks: OpenBlock[] = [];

  begin(index: number, start: Block): void {
    this.#blocks.push({ index, start, text: [start.text ?? start.thinking ?? ""], signature: [start.signature ?? ""] });
  }

  add(index: number, { text, thinking, signature, partial_json: json }: Delta): void {
    const block = this.#blocks.findLast((open) => open.index === index);
    if (block === undefined) return;
    block.text.push(text ?? thinking ?? json ?? "");
    block.signature.push(signature ?? "");
  }

  said(): SaidInBlocks {
    const ofType = (type: string): OpenBlock[] => this.#blocks.filter(({ start }) => start.type === type);
    const thought = ofType("thinking").map(textOf).join("");
    return {
      content: ofType("text").map(textOf).join(""),
      reasoning: thought === "" ? null : thought,
      signed: this.#signed(),
      toolCalls: ofType("tool_use").map(callOf),
    };
  }

  /** All or none: a server that signs wants the whole sequence back. */
  #signed(): SignedReasoning[] {
    const blocks = this.#blocks.flatMap((block): SignedReasoning[] => {
      const signature = block.signature.join("");
      if (block.start.type === "redacted_thinking") return [block.start];
      return block.start.type === "thinking" ? [{ type: "thinking", thinking: textOf(block), signature }] : [];
    });
    return blocks.some(({ type, signature }) => type === "redacted_thinking" || signature !== "") ? blocks : [];
  }
}

function textOf({ text }: OpenBlock): string {
  return text.join("");
}

/** The input stands in the pieces, or whole in the block's beginning, as a value or as a text. */
function callOf(block: OpenBlock): ToolCall {
  const { id, name, input } = block.start;
  const pieces = textOf(block);
  const whole = typeof input === "string" ? input : JSON.stringify(input ?? {});
  return { id: id ?? "", name: name ?? "", arguments: pieces === "" ? whole : pieces };
}
