import fc from "fast-check";
import { expect, test } from "vitest";
import { FrameScanner, type FrameEvent } from "./frame-scanner.ts";

const secret = "5".repeat(32);
const nonce = "a".repeat(32);

function scan(chunks: readonly Buffer[]): { output: string; events: FrameEvent[]; undecided: string } {
  const parts: Buffer[] = [];
  const events: FrameEvent[] = [];
  const scanner = new FrameScanner(secret, { output: (bytes) => parts.push(Buffer.from(bytes)), event: (event) => events.push(event) });
  scanner.expect(nonce);
  for (const chunk of chunks) scanner.feed(chunk);
  return { output: Buffer.concat(parts).toString("latin1"), events, undecided: scanner.undecided.toString() };
}

const piece = fc.oneof(
  fc.constantFrom("\n", "\n\n", "a", "y\n", `\n${nonce.slice(0, 9)}`, nonce, secret, `\n${secret}`, `${nonce}<`, ">0\n"),
  fc.string(),
);

/** What is left when a marker is cut out may be one again. */
function withoutMarkers(text: string): string {
  const cut = text.replaceAll(`\n${nonce}`, "").replaceAll(`\n${secret} `, "");
  return cut === text ? text : withoutMarkers(cut);
}

test("markers are found and output is whole, wherever the chunks are cut", () => {
  fc.assert(
    fc.property(fc.array(piece), fc.array(piece), fc.array(fc.nat({ max: 60 })), (before, after, cuts) => {
      const [early, within] = [withoutMarkers(before.join("")), withoutMarkers(after.join(""))];
      const whole = Buffer.from(`${early}\n${nonce}<\n${within}\n${nonce}>12\n\n${secret} ended 3\n\n${secret} opened 77\n.`, "latin1");
      const chunks: Buffer[] = [];
      let at = 0;
      for (const cut of cuts) chunks.push(whole.subarray(at, (at += cut)));
      chunks.push(whole.subarray(at));
      const found = scan(chunks);
      expect(found.events).toEqual([
        { kind: "started" },
        { kind: "finished", exitCode: 12 },
        { kind: "shell-ended", exitCode: 3 },
        { kind: "shell-opened", pid: 77 },
      ]);
      expect(found.output).toBe(Buffer.from(`${early}${within}.`, "latin1").toString("latin1"));
    }),
  );
});

test("a last newline is held back until it is known to begin no marker", () => {
  expect(scan([Buffer.from("a\n")])).toEqual({ output: "a", events: [], undecided: "\n" });
  expect(scan([Buffer.from("a\n"), Buffer.from("b")])).toEqual({ output: "a\nb", events: [], undecided: "" });
});

test("half a marker of a killed shell is neither an event nor the end of what follows", () => {
  const found = scan([Buffer.from(`\n${nonce}>\nnext\n${nonce}>0\n`)]);
  expect(found).toEqual({ output: "next", events: [{ kind: "finished", exitCode: 0 }], undecided: "" });
});
