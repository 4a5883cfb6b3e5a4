import { expect, test } from "vitest";
import { repositoryLocation } from "./repository-location.ts";

test.each([
  ["../shop", { kind: "path", path: "../shop" }],
  ["shop.tar.gz", { kind: "path", path: "shop.tar.gz" }],
  ["C:/shop", { kind: "path", path: "C:/shop" }],
  ["a@b/c:d", { kind: "path", path: "a@b/c:d" }],
  ["file:///srv/my%20shop.git", { kind: "path", path: "/srv/my shop.git" }],
  ["https://example.com/team/shop.git", { kind: "address", address: "https://example.com/team/shop.git", name: "shop" }],
  ["HTTPS://example.com:8443/shop/", { kind: "address", address: "HTTPS://example.com:8443/shop/", name: "shop" }],
  ["ssh://git@example.com:2222/shop", { kind: "address", address: "ssh://git@example.com:2222/shop", name: "shop" }],
  ["git@example.com:team/shop.git", { kind: "address", address: "git@example.com:team/shop.git", name: "shop" }],
])("%s", (text, location) => {
  expect(repositoryLocation(text)).toEqual({ ok: true, value: location });
});

test.each([
  ["--upload-pack=touch /tmp/x", /begin with a dash/],
  ["ext::sh -c true", null],
  ["ext://host/x", /ext:\/\/ is not fetched from/],
  ["git://host/x", /git:\/\/ is not fetched from/],
  ["https://", /cannot be read/],
  ["ssh://-oProxyCommand=x/y", /cannot be read/],
  ["file://host/x", /file address cannot be read/],
  ["https://user:secret@example.com/x", /holds a name, password or token/],
  ["https://token@example.com/x", /holds a name, password or token/],
  ["ssh://git:secret@example.com/x", /holds a name, password or token/],
])("%s is refused, or is a path and nothing else", (text, sentence) => {
  const location = repositoryLocation(text);
  if (sentence === null) expect(location).toEqual({ ok: true, value: { kind: "path", path: text } });
  else expect(location).toEqual({ ok: false, error: expect.stringMatching(sentence) });
  expect(JSON.stringify(location.ok ? "" : location.error)).not.toContain("secret");
});
