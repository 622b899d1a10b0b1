import { openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { Realm } from "../../src/backend/native/core/handle.ts";
import { Inbox } from "../../src/backend/native/core/inbox.ts";
import { Stream } from "../../src/backend/native/core/stream.ts";
import { loadLibrary } from "../../src/backend/native/library/library.ts";
import { hasLibrary } from "../suite/suite.ts";

it.skipIf(!hasLibrary())("a stream whose descriptor can't be watched ends, but not before its maker has got it", async () => {
  const { shim } = loadLibrary();
  if (shim === undefined) return expect.fail("the library did not load");
  const realm = { inbox: new Inbox(shim) } as Realm;
  let ends = 0;
  // A plain file is none that the kernel tells of.
  const stream = new Stream(realm, openSync(fileURLToPath(import.meta.url), "r"), { data: () => {}, end: () => ends++ });
  expect(ends).toBe(0);
  await Promise.resolve();
  expect(ends).toBe(1);
  stream.close();
  expect(ends).toBe(1);
});
