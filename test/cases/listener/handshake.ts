import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { AuthenticationError, Client, TimeoutError } from "../../../mod.ts";
import type { Cases } from "../../suite/case.ts";
import { rejects, started, utf8 } from "../../suite/help.ts";
import { until } from "../helpers/signals.ts";
import { KEY, listening, overBoth, rejected, sayHello } from "./helpers.ts";
import { CHALLENGE, RawPeer, rawListener, recorder } from "./raw-peer.ts";

/** A Listener uses no backend, so these cases run only once per runtime. */
export const only = "portable";

export const cases: Cases = {
  "a wrong key: both sides are told, others are served": () =>
    overBoth(async (listener) => {
      for (const authKey of ["wrong", utf8("wrong"), `${KEY} `]) await rejects(Client(listener.address, { authKey }), AuthenticationError);
      await rejected(listener, 3);
      await rejects(listener.accept({ timeout: 0 }), TimeoutError);
      const client = await Client(listener.address, { authKey: utf8(KEY) });
      const conn = await listener.accept();
      await client.send("bytes and text are the same key");
      assert.equal(await conn.recv(), "bytes and text are the same key");
      client.close();
      conn.close();
    }),
  "the handshake by hand: what CPython says is understood": async () => {
    const listener = await listening();
    const raw = await RawPeer.connect(listener.address);
    assert.equal(await raw.prove(), "#WELCOME#");
    const nonce = randomBytes(40);
    const answer = await raw.challenge(nonce);
    assert.equal(answer.toString("latin1", 0, 8), "{sha256}");
    assert.deepEqual(
      answer.subarray(8),
      createHmac("sha256", KEY)
        .update(Buffer.concat([utf8("{sha256}"), nonce]))
        .digest(),
    );
    raw.send("#WELCOME#");
    raw.send("in the same packet as the welcome");
    const conn = await listener.accept();
    assert.deepEqual(await conn.recvBytes(), utf8("in the same packet as the welcome"));
    assert.equal(raw.bytes.toString("latin1", 4, 23), `${CHALLENGE}{sha256}`);
    conn.close();
    await raw.closed;
    listener.close();
  },
  "a bogus reply, and a welcome that does not come (test_deliver/answer_challenge_auth_failure)": async () => {
    const listener = await listening();
    for (const bogus of ["bogus", "", "#WELCOME#", `{sha256}${"x".repeat(31)}`, `{sha256}${"x".repeat(33)}`]) {
      const raw = await RawPeer.connect(listener.address);
      await raw.recv();
      raw.send(bogus);
      assert.equal(String(await raw.recv()), "#FAILURE#");
      await raw.closed;
    }
    for (const verdict of ["#FAILURE#", "something bogus", ""]) {
      const raw = await RawPeer.connect(listener.address);
      await raw.prove();
      await raw.challenge();
      raw.send(verdict);
      await raw.closed;
      const { path, server } = await rawListener(async (peer) => {
        await peer.challenge();
        peer.send(verdict);
      });
      await rejects(Client(path, { authKey: KEY }), AuthenticationError, /did not accept our key/);
      server.close();
    }
    await rejected(listener, 8);
    listener.close();
  },
  "a listener that does not know the key is told so": async () => {
    const verdicts: string[] = [];
    const { path, server } = await rawListener(async (peer) => {
      await peer.challenge();
      peer.send("#WELCOME#");
      await peer.recv();
      peer.send(Buffer.concat([utf8("{sha256}"), randomBytes(32)]));
      verdicts.push(String(await peer.recv()));
      peer.socket.destroy();
    });
    await rejects(Client(path, { authKey: KEY }), AuthenticationError, /does not know the key/);
    await until(() => verdicts.length > 0);
    assert.deepEqual(verdicts, ["#FAILURE#"]);
    server.close();
    for (const first of ["hello", "", "#CHALLENGE"]) {
      const other = await rawListener(async (peer) => peer.send(first));
      await rejects(Client(other.path, { authKey: KEY }), AuthenticationError, /did not ask/);
      other.server.close();
    }
    const hangsUp = await rawListener(async (peer) => void peer.socket.destroy());
    await rejects(Client(hangsUp.path, { authKey: KEY }), AuthenticationError, /hung up/);
    hangsUp.server.close();
  },
  "weak and unknown digests are refused on both sides": async () => {
    const listener = await listening();
    for (const digest of ["md5", "sha1", "none"]) {
      const raw = await RawPeer.connect(listener.address);
      const asked = (await raw.recv())?.subarray(CHALLENGE.length) ?? "";
      const proof = digest === "none" ? createHmac("md5", KEY).update(asked).digest() : createHmac(digest, KEY).update(asked).digest();
      raw.send(digest === "none" ? proof : Buffer.concat([utf8(`{${digest}}`), proof]));
      assert.equal(String(await raw.recv()), "#FAILURE#");
      await raw.closed;
    }
    await rejected(listener, 3);
    for (const [challenge, message] of [
      [randomBytes(20), /3\.12/],
      [Buffer.concat([utf8("{md5}"), randomBytes(40)]), /MD5/],
      [Buffer.concat([utf8("{sha1}"), randomBytes(40)]), /not allowed/],
      [Buffer.concat([utf8("{constructor}"), randomBytes(40)]), /not allowed/],
      [utf8("{sha256}short"), /too short/],
      [randomBytes(60), /digest/],
    ] as const) {
      const answers: (Buffer | undefined)[] = [];
      const { path, server } = await rawListener(async (peer) => {
        peer.send(Buffer.concat([utf8(CHALLENGE), challenge]));
        answers.push(await peer.recv());
      });
      await rejects(Client(path, { authKey: KEY }), AuthenticationError, message);
      await until(() => answers.length > 0);
      assert.deepEqual(answers, [undefined], "nothing was proved");
      server.close();
    }
    listener.close();
  },
  "a recorded handshake can't be replayed": async () => {
    const listener = await listening();
    const { path, server, recorded } = await recorder(listener.address as string);
    const client = await Client(path, { authKey: KEY });
    await client.sendBytes(utf8("secret"));
    const conn = await listener.accept();
    assert.deepEqual(await conn.recvBytes(), utf8("secret"), "it went through the recorder");
    client.close();
    conn.close();
    server.close();
    const raw = await RawPeer.connect(listener.address);
    for (const chunk of recorded) await raw.write(chunk);
    await raw.closed;
    await rejected(listener, 1);
    await rejects(listener.accept({ timeout: 0 }), TimeoutError);
    listener.close();
  },
  "reflected challenges prove nothing, within one process and across two": async () => {
    const listener = await listening();
    // A client sends the listener's own challenge back to it.
    const raw = await RawPeer.connect(listener.address);
    raw.send((await raw.recv()) ?? "");
    assert.equal(String(await raw.recv()), "#FAILURE#");
    await raw.closed;
    // A listener that does not know the key asks its second client to answer the first client's challenge.
    let asked: ((nonce: Buffer) => void) | undefined;
    const nonce = new Promise<Buffer>((resolve) => {
      asked = resolve;
    });
    let first: RawPeer | undefined;
    const verdicts: string[] = [];
    const { path, server } = await rawListener(async (peer) => {
      if (first === undefined) {
        first = peer;
        await peer.challenge();
        peer.send("#WELCOME#");
        asked?.((await peer.recv())?.subarray(CHALLENGE.length) ?? Buffer.alloc(0));
        return;
      }
      peer.send(Buffer.concat([utf8(CHALLENGE), await nonce]));
      const proof = await peer.recv();
      first.send(proof ?? "nothing");
      verdicts.push(String(proof));
    });
    const victim = rejects(Client(path, { authKey: KEY }), AuthenticationError);
    await nonce;
    const child = await started({ target: sayHello, args: [path, KEY] });
    await rejects(child.result(), AuthenticationError, /client's challenge back/);
    await victim;
    assert.deepEqual(verdicts, ["undefined"]);
    await child.join();
    server.close();
    listener.close();
  },
};
