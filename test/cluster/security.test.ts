// What a process may do that has only the permissions of docs/cluster.md, over an encrypted connection.
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { connectCluster } from "../../mod.ts";
import { makeCertificates } from "./servers/certificates.ts";
import { NatsServer } from "./servers/server.ts";

const namespace = `t-${randomUUID()}`;

/** The subjects that docs/cluster.md names for a namespace. */
function permissions(): { publish: string[]; subscribe: string[] } {
  const text = readFileSync(new URL("../../docs/cluster.md", import.meta.url), "utf8");
  const subjects = [...text.matchAll(/^\| (publish|subscribe) +\| (.*?) +\|$/gm)].map(([, name = "", list = ""]) => [
    name,
    [...list.matchAll(/`([^`]+)`/g)].map(([, subject = ""]) => subject.replace("NAMESPACE", namespace)),
  ]);
  return Object.fromEntries(subjects) as { publish: string[]; subscribe: string[] };
}

it("the permissions of the document suffice, and are limits", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pp-tls-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { authority, server, client } = makeCertificates(folder);
  const user = { user: "worker", password: "secret", permissions: permissions() };
  expect(user.permissions.publish.length).toBeGreaterThan(3);
  await using strict = await NatsServer.start({
    config: {
      tls: { cert_file: server.cert, key_file: server.key, ca_file: authority, verify: true },
      authorization: { users: [user] },
    },
  });
  const options = {
    servers: strict.url.replace("nats:", "tls:"),
    creds: { user: "worker", password: "secret" },
    tls: { ca: authority, cert: client.cert, key: client.key },
  };
  await using mp = await connectCluster({ ...options, namespace });
  const queue = new mp.JoinableQueue<unknown>({ name: "allowed", maxsize: 3 });
  const large = new Uint8Array(2_000_000).fill(7);
  await queue.putMany(["small", large]);
  expect(await queue.getMany(2, { timeout: 20_000 })).toEqual(["small", large]);
  await queue.taskDone();
  await queue.taskDone();
  await queue.join({ timeout: 5000 });
  await queue.shutdown();
  await expect(connectCluster({ ...options, namespace: "other" })).rejects.toMatchObject({ code: "ERR_POLYPROC_AUTHENTICATION" });
  await expect(connectCluster({ ...options, namespace, tls: { ca: authority } })).rejects.toMatchObject({ code: "ERR_POLYPROC_STATE" });
});
