import type { ToolCallDelta } from "./chunk.ts";

interface OpenCall {
  index: number | null;
  id: string;
  name: string;
  readonly pieces: string[];
}

/** Puts tool calls together from the pieces of a stream. */
export class ToolCallAssembly {
  readonly #calls: OpenCall[] = [];

  add(delta: ToolCallDelta): void {
    const call = this.#callOf(delta);
    call.id ||= delta.id ?? "";
    call.name ||= delta.function?.name ?? "";
    if (delta.function?.arguments) call.pieces.push(delta.function.arguments);
  }

  /** The calls in order of their first pieces. */
  calls(): { id: string; name: string; arguments: string }[] {
    return this.#calls.map(({ id, name, pieces }) => ({ id, name, arguments: pieces.join("") }));
  }

  #callOf(delta: ToolCallDelta): OpenCall {
    const index = delta.index ?? null;
    const known = index === null ? this.#unnumbered(delta.id) : this.#calls.findLast((call) => call.index === index);
    if (known !== undefined && !startsAnother(known, delta)) return known;
    const call: OpenCall = { index, id: "", name: "", pieces: [] };
    this.#calls.push(call);
    return call;
  }

  #unnumbered(id: string | null | undefined): OpenCall | undefined {
    return (id ? this.#calls.findLast((call) => call.id === id) : undefined) ?? this.#calls.at(-1);
  }
}

/** Servers that number no calls, or every call 0, tell the next one by its name, with an id of its own if they give ids. */
function startsAnother(known: OpenCall, delta: ToolCallDelta): boolean {
  if (!delta.function?.name || known.name === "") return false;
  if (delta.id) return delta.id !== known.id;
  return delta.index === undefined || delta.index === null;
}
