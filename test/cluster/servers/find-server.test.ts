import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it, onTestFinished, vi } from "vitest";
import { findServer } from "./scripts.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

/** A program that says that it is a server of some version. */
function claim(version: string): string {
  const folder = mkdtempSync(join(tmpdir(), "pp-find-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "nats-server");
  writeFileSync(file, `#!/bin/sh\necho nats-server: v${version}\n`, { mode: 0o755 });
  return file;
}

it("takes the server that POLYPROC_NATS names, and no other", () => {
  const path = claim("2.14.0-RC.1");
  vi.stubEnv("POLYPROC_NATS", path);
  expect(findServer()).toEqual({ path, version: "2.14.0-RC.1" });
});

it.each([
  ["/nowhere/nats-server", "does not run as a server"],
  ["/bin/true", "does not run as a server"],
  [claim, "has version 2.9.10, which is too old"],
])("refuses %s with a reason, and says what to install", (file, reason) => {
  vi.stubEnv("POLYPROC_NATS", typeof file === "string" ? file : file("2.9.10"));
  const found = findServer();
  expect(found).not.toHaveProperty("path");
  expect(found).toHaveProperty("reason", expect.stringMatching(`${reason}.*https://nats.io/download.*POLYPROC_NATS=FILE`));
});
