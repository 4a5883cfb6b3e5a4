import type { ToolCall } from "../records/message.ts";

/** Gives every call an id: its own where that is new, else `call_<n>`, n its position among all calls of the conversation. */
export function withIds(calls: readonly ToolCall[], firstPosition: number): ToolCall[] {
  const taken = new Set<string>();
  return calls.map((call, offset) => {
    let position = firstPosition + offset;
    let id = call.id;
    for (; id === "" || taken.has(id); position += 1) id = `call_${position}`;
    taken.add(id);
    return { ...call, id };
  });
}
