import { expect, test } from "vitest";
import { cutMiddle } from "./cut-middle.ts";

test("keeps both ends, says how much is gone, and is never too long", () => {
  const text = `begin${"x".repeat(1000)}end`;
  const cut = cutMiddle(text, 200);
  expect(cut.length).toBeLessThanOrEqual(200);
  expect(cut).toMatch(/^beginx+\n\[… \d+ characters left out …\]\nx+end$/);
  const left = Number(/(\d+) characters/.exec(cut)?.[1]);
  expect(cut.replace(/\n\[.*\]\n/, "").length + left).toBe(text.length);
  expect(cutMiddle("short", 5)).toBe("short");
});

test("splits no character, at any length", () => {
  const text = "👍🏽é".repeat(100);
  const broken = Array.from({ length: 80 }, (_, index) => 40 + index).filter((most) => !cutMiddle(text, most).isWellFormed());
  expect(broken).toEqual([]);
});
