import { expect, test } from "vitest";
import { CappedBody } from "./capped-body.ts";

test("a body of as many bytes as are read is whole; one byte more is too many, and its chunk is kept", () => {
  const body = new CappedBody(4);
  expect([body.feed(Buffer.from("ab")), body.feed(Buffer.from("é"))]).toEqual(["part", "part"]);
  expect([body.isOver, body.text()]).toEqual([false, "abé"]);
  expect(body.feed(Buffer.from("cd"))).toBe("done");
  expect([body.isOver, body.text()]).toEqual([true, "abécd"]);
});

test("a character may come in two chunks", () => {
  const body = new CappedBody(100);
  for (const byte of Buffer.from("漢")) body.feed(Buffer.from([byte]));
  expect(body.text()).toBe("漢");
});
