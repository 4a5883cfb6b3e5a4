import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { SectionReader } from "./section-reader.ts";

test("a stream that is destroyed while it is waited for has ended", async () => {
  for (const wait of [(reader: SectionReader) => reader.until(0), (reader: SectionReader) => reader.exactly(9)]) {
    const stream = new PassThrough();
    const waiting = wait(new SectionReader(stream));
    stream.write("half");
    setImmediate(() => stream.destroy());
    expect(await waiting).toBeNull();
  }
});

test("an error of the stream itself is thrown on", async () => {
  const stream = new PassThrough();
  const rest = new SectionReader(stream).rest().next();
  setImmediate(() => stream.destroy(new Error("the disk is gone")));
  await expect(rest).rejects.toThrow("the disk is gone");
});
