import { expect, test } from "vitest";
import { outsideReasoning } from "./outside-reasoning.ts";

test.each([
  ["plain", "plain"],
  ["<think>a</think>b", "b"],
  ["<thinking>a\nb</thinking>\nc", "\nc"],
  ["a</think>b", "b"],
  ["<think>never closed", ""],
  ["said\n<think>never closed", "said\n"],
  ["a<think>b</think>c<think>d</think>e", "ace"],
  ["use `<think>` here", "use `<think>` here"],
])("%j", (text, outside) => expect(outsideReasoning(text)).toBe(outside));
