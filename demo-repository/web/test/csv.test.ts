import assert from "node:assert/strict";
import { test } from "node:test";
import { CsvError, CsvReader, formatCsv, parseCsv, records } from "../src/csv.ts";

test("quoted cells hold separators, quotes and line breaks", () => {
  assert.deepEqual(parseCsv('a,b\r\n"1,5","say ""hi""\nnow"\n'), [
    ["a", "b"],
    ["1,5", 'say "hi"\nnow'],
  ]);
});

test("a text may come in parts, cut anywhere", () => {
  const text = 'a,"b ""c"""\nd,\n';
  for (let cut = 0; cut <= text.length; cut++) {
    assert.deepEqual(new CsvReader().push(text.slice(0, cut)).push(text.slice(cut)).end(), [["a", 'b "c"'], ["d", ""]]);
  }
});

test("what is broken is named with its line", () => {
  assert.throws(() => parseCsv('a\n"b'), (error) => error instanceof CsvError && error.line === 2);
  assert.throws(() => parseCsv('ab"c'), CsvError);
});

test("records take the names of the first row", () => {
  assert.deepEqual(records(parseCsv("id;title\nt1", ";")), [{ id: "t1", title: "" }]);
  assert.deepEqual(records([]), []);
});

test("what is written can be read, and formulas are guarded", () => {
  const rows = [["a,b", 'c"d', "e\nf"], ["", "1", "-2"]];
  assert.deepEqual(parseCsv(formatCsv(rows)), rows);
  assert.equal(formatCsv([["=1+1", -2, null]]), "'=1+1,-2,\n");
  assert.equal(formatCsv([["=1+1"]], { guardFormulas: false }), "=1+1\n");
});
