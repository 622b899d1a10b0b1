import { openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { Inbox } from "../../src/backend/native/core/inbox.ts";
import type { NativeThread } from "../../src/backend/native/core/native-thread.ts";
import { Stream } from "../../src/backend/native/core/stream.ts";
import { loadLibrary } from "../../src/backend/native/library/load.ts";
import { tree } from "../../src/tree/tree.ts";
import { hasLibrary } from "../suite/suite.ts";

it.skipIf(!hasLibrary())("a stream whose descriptor can't be watched ends, but not before its maker has got it", async () => {
  const { library } = loadLibrary();
  if (library === undefined) return expect.fail("the library did not load");
  const thread = { inbox: new Inbox(library.shim, tree) } as NativeThread;
  let ends = 0;
  // The kernel can't watch a plain file.
  const file = openSync(fileURLToPath(import.meta.url), "r");
  const stream = new Stream(thread, file, { data: () => {}, end: () => ends++ });
  expect(ends).toBe(0);
  await Promise.resolve();
  expect(ends).toBe(1);
  stream.close();
  expect(ends).toBe(1);
});
