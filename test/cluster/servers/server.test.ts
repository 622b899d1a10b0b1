import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { JetStreamApiError, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection, nkeyAuthenticator, nkeys, type Status } from "@nats-io/transport-node";
import { expect, it, onTestFinished, vi } from "vitest";
import { makeCertificates } from "./certificates.ts";
import { NatsServer } from "./server.ts";

it("starts, answers, and leaves nothing behind", async () => {
  const server = await NatsServer.start();
  const connection = await connect({ servers: server.url });
  expect((await (await jetstreamManager(connection)).getAccountInfo()).streams).toBe(0);
  await connection.close();
  const { pid } = server;
  await server.stop();
  expect(existsSync(server.folder)).toBe(false);
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});

it("does not outlive the process that started it, however that ends", async () => {
  const module = new URL("server.ts", import.meta.url).href;
  const text = `const { NatsServer } = await import("${module}"); const { pid, folder } = await NatsServer.start(); console.log(JSON.stringify({ pid, folder })); setInterval(() => {}, 1000);`;
  const starter = spawn(process.execPath, ["--input-type=module", "--eval", text], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(starter.stdout, "data")) as [Buffer];
  const { pid, folder } = JSON.parse(String(line)) as { pid: number; folder: string };
  process.kill(pid, 0);
  starter.kill("SIGKILL");
  await vi.waitFor(
    () => {
      expect(() => process.kill(pid, 0)).toThrow("ESRCH");
      expect(existsSync(folder)).toBe(false);
    },
    { timeout: 10_000 },
  );
});

it("has what it stored after it was killed, and clients come back", async () => {
  await using server = await NatsServer.start();
  const connection = await connect({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: "S", subjects: ["s"] });
  await jetstream(connection).publish("s", "kept");
  const back = hear(connection, "reconnect");
  await server.kill();
  await server.restart();
  await back;
  expect((await manager.streams.getMessage("S", { seq: 1 }))?.string()).toBe("kept");
  await connection.close();
});

/** Waits until the client tells of such a change. */
async function hear(connection: NatsConnection, type: Status["type"]): Promise<void> {
  for await (const status of connection.status()) if (status.type === type) return;
}

it("answers nobody while it is paused", async () => {
  await using server = await NatsServer.start();
  const connection = await connect({ servers: server.url });
  const ask = () => connection.request("nobody.listens", "", { timeout: 300 });
  await expect(ask()).rejects.toThrow("no responders");
  await server.pause();
  await expect(ask()).rejects.toThrow("timeout");
  server.resume();
  await expect(ask()).rejects.toThrow("no responders");
  await connection.close();
});

it("takes limits: the size of a message, and the room on the disk", async () => {
  await using server = await NatsServer.start({ config: { max_payload: 5000, jetstream: { max_file_store: 10_000 } } });
  const connection = await connect({ servers: server.url });
  expect(connection.info?.max_payload).toBe(5000);
  await (await jetstreamManager(connection)).streams.add({ name: "S", subjects: ["s"] });
  const fill = async (): Promise<void> => {
    for (let i = 0; i < 5; i++) await jetstream(connection).publish("s", new Uint8Array(4000));
  };
  await expect(fill()).rejects.toThrow(JetStreamApiError);
  await connection.close();
});

it("takes accounts with keys, and refuses another key", async () => {
  const [known, other] = [nkeys.createUser(), nkeys.createUser()];
  const accounts = { A: { jetstream: "enabled", users: [{ nkey: known.getPublicKey() }] } };
  await using server = await NatsServer.start({ config: { accounts } });
  const login = (key: typeof known) => connect({ servers: server.url, authenticator: nkeyAuthenticator(key.getSeed()), reconnect: false });
  await (await login(known)).close();
  await expect(login(other)).rejects.toThrow("Authorization Violation");
});

it("takes TLS in which both sides prove who they are", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pp-tls-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { authority, server: own, client } = makeCertificates(folder);
  const tls = { cert_file: own.cert, key_file: own.key, ca_file: authority, verify: true };
  await using server = await NatsServer.start({ config: { tls } });
  const login = (files: object) => connect({ servers: server.url, tls: { caFile: authority, ...files }, reconnect: false });
  await (await login({ certFile: client.cert, keyFile: client.key })).close();
  await expect(login({})).rejects.toThrow();
});

it("says what its server logged when that can't start", async () => {
  await expect(NatsServer.start({ config: { jetstream: { max_file_store: "much" } } })).rejects.toThrow(
    /n1 ended with 1:\n.*max_file_store/s,
  );
});
