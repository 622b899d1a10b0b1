import { MAX_MESSAGE } from "../../../src/codec/tags.ts";
import { AuthenticationError, BrokenPipeError, CorruptedError, EOFError } from "../../../src/errors/errors.ts";
import { admit, introduce, MAX_GREETING } from "../../../src/remote/handshake.ts";
import { RemotePort } from "../../../src/remote/port.ts";
import { Random } from "../../../tools/random.ts";
import { FakeSocket } from "./fake-socket.ts";
import {
  concat,
  equal,
  FAILURE,
  framed,
  type ParsedFrames,
  parseFrames,
  proofOf,
  strangeMessage,
  tamper,
  text,
  WELCOME,
} from "./remote-bytes.ts";
import { ensure, type Target } from "./target.ts";
import { mutate } from "./values.ts";

export const KEY: Uint8Array = text("a key that both sides know");
const roles = { listener: admit, client: introduce };
type Role = keyof typeof roles;

/** One side of a handshake, with the code of Listener or Client. */
class Side {
  readonly role: Role;
  readonly key: Uint8Array;
  readonly socket: FakeSocket;
  /** All bytes that it has received. */
  came: Uint8Array = new Uint8Array(0);
  hungUp = false;
  outcome: "passed" | Error | undefined;

  constructor(random: Random, role: Role, key: Uint8Array) {
    this.role = role;
    this.key = key;
    this.socket = new FakeSocket(random.once(4));
    const port = new RemotePort(this.socket.asSocket);
    const releases = random.once(20);
    roles[role](port.handshake, key).then(
      () => {
        this.outcome = "passed";
        port.open();
      },
      (error: Error) => {
        this.outcome = error;
        if (releases) port.release();
        else port.cut();
      },
    );
  }

  /** The messages that it has sent so far. */
  get sent(): readonly Uint8Array[] {
    return parseFrames(concat(...this.socket.written), () => MAX_GREETING).messages;
  }

  get heard(): ParsedFrames {
    return parseFrames(this.came, (index) => (index < 3 ? MAX_GREETING : MAX_MESSAGE));
  }

  hear(bytes: Uint8Array): void {
    if (!this.socket.writable) return;
    this.came = concat(this.came, bytes);
    this.socket.arrive(bytes);
  }

  hangUp(reset: boolean): void {
    this.hungUp = true;
    this.socket.hangUp(reset);
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** An attacker between two sides. It changes one in `changedMessages` messages, and the bytes of one in `changedBytes` messages. */
interface Attacker {
  readonly changedMessages: number;
  readonly changedBytes: number;
}

const NEVER = Number.MAX_SAFE_INTEGER;

/** Passes messages between the sides, in pieces or joined, changed or not, until both are silent. Then it hangs up. */
async function converse(
  random: Random,
  sides: readonly Side[],
  { changedMessages, changedBytes }: Attacker,
  words: readonly Uint8Array[],
): Promise<void> {
  const passed = sides.map(() => 0);
  const pending = sides.map(() => new Uint8Array(0) as Uint8Array);
  const heard = [...words];
  for (let rounds = 0, idle = 0; rounds < 80 && idle < 2; rounds++) {
    await turn();
    idle++;
    for (const [i, side] of sides.entries()) {
      const fresh = side.sent.slice(passed[i]);
      passed[i] = (passed[i] ?? 0) + fresh.length;
      heard.push(...fresh);
      // A side without a peer hears itself or nobody.
      const to = sides.length > 1 || random.once(4) ? (i + 1) % sides.length : undefined;
      if (to === undefined) continue;
      for (const message of fresh) {
        const others = random.once(changedMessages) ? tamper(random, message, heard) : [message];
        const bytes = concat(...others.map((each) => framed(random, each, changedMessages !== NEVER)));
        pending[to] = concat(pending[to] ?? bytes, random.once(changedBytes) ? mutate(random, bytes, WELCOME) : bytes);
      }
    }
    if (sides.length === 1 && rounds < 8 && random.once(2))
      pending[0] = concat(pending[0] ?? WELCOME, framed(random, strangeMessage(random, heard), true));
    for (const [i, side] of sides.entries()) {
      const bytes = pending[i] ?? new Uint8Array(0);
      if (bytes.length === 0) continue;
      idle = 0;
      if (random.once(4)) continue;
      const cut = random.once(3) ? 1 + random.int(bytes.length) : bytes.length;
      side.hear(bytes.slice(0, cut));
      pending[i] = bytes.slice(cut);
    }
  }
  const reset = random.once(3);
  for (const side of sides) side.hangUp(reset);
  for (let rounds = 0; rounds < 10 && sides.some(({ outcome }) => outcome === undefined); rounds++) await turn();
}

/** Throws if the outcome does not follow from what this side heard. `peer` is the other side, if it knows the key. */
function judge(side: Side, peer: Side | undefined): void {
  const { role, key, outcome, sent, heard } = side;
  ensure(outcome !== undefined, `the ${role} never ended the handshake`);
  const [proof, question] = role === "listener" ? [heard.messages[0], sent[0]] : [heard.messages[2], sent[1]];
  const isProven = equal(proof, proofOf(key, question)) && question !== undefined;
  if (role === "listener")
    ensure(
      isProven || sent.length < 2 || (sent.length === 2 && equal(sent[1], FAILURE)),
      "the listener went on with a peer that did not prove the key",
    );
  if (outcome === "passed") {
    ensure(peer !== undefined && isProven, `the ${role} accepted a peer that did not prove the key`);
    const asked = heard.messages[role === "listener" ? 1 : 0];
    ensure(equal(heard.messages[role === "listener" ? 2 : 1], WELCOME), `the ${role} passed without a welcome`);
    // A welcome proves nothing, as in CPython's protocol. An attacker can send one to a side that knows the key in place of a refusal.
    const isForged = role === "listener" && !equal(peer.sent[2], WELCOME);
    ensure(isForged || equal(asked, peer.sent[role === "listener" ? 1 : 0]), `the ${role} passed although its challenge was changed`);
    return;
  }
  if (outcome instanceof AuthenticationError) return;
  if (outcome instanceof CorruptedError)
    return ensure(heard.tooLong && heard.messages.length < 3, `the ${role} refused a message as too long that is not: ${outcome}`);
  ensure(outcome instanceof EOFError || outcome instanceof BrokenPipeError, `${role}: ${outcome.stack}`);
  // A side that has heard all three messages can find the connection closed only when it sends its welcome.
  const isWaiting = heard.messages.length < 3 || (isProven && role === "client" && outcome instanceof BrokenPipeError);
  ensure(side.hungUp && isWaiting, `the ${role} reports a closed connection, and nobody closed it: ${outcome}`);
  ensure(!heard.tooLong, `the ${role} waited for a message that is too long`);
}

let recording: readonly Uint8Array[] | undefined;

/** The messages of a handshake that succeeded. An attacker may have recorded them. */
async function recorded(): Promise<readonly Uint8Array[]> {
  if (recording !== undefined) return recording;
  // The numbers of an input are not used for it: an input must do the same whether it is the first one or not.
  const random = new Random(0);
  const sides = [new Side(random, "listener", KEY), new Side(random, "client", KEY)];
  await converse(random, sides, { changedMessages: NEVER, changedBytes: NEVER }, []);
  recording = sides.flatMap(({ sent }) => sent);
  ensure(recording.length === 6, "a handshake has six messages");
  return recording;
}

const ATTACKERS: readonly Attacker[] = [
  { changedMessages: NEVER, changedBytes: NEVER },
  { changedMessages: 4, changedBytes: NEVER },
  { changedMessages: 4, changedBytes: 6 },
  { changedMessages: NEVER, changedBytes: 4 },
];

/** The handshake: both sides with an attacker between them, or one side with a stranger or with a peer of the same role. */
const handshake: Target = {
  name: "handshake",
  share: 40_000,
  async run(random) {
    const words = random.once(2) ? await recorded() : [];
    const attacker = random.pick(ATTACKERS);
    const first = random.pick(["listener", "client"] as const);
    const kind = random.int(10);
    const sides = [new Side(random, first, KEY)];
    const other = first === "listener" ? "client" : "listener";
    const otherKey = random.pick([text("another key"), KEY.slice(1), concat(KEY, text("x"))]);
    if (kind < 6) sides.push(new Side(random, other, KEY));
    else if (kind === 6) sides.push(new Side(random, other, otherKey));
    else if (kind === 7) sides.push(new Side(random, first, KEY));
    await converse(random, sides, attacker, words);
    const [one, two] = sides as [Side, Side | undefined];
    const isPair = kind < 6;
    judge(one, isPair ? two : undefined);
    if (two !== undefined) judge(two, isPair ? one : undefined);
    const isTaken = sides.every(({ outcome }) => outcome === "passed");
    ensure(isTaken || !isPair || attacker !== ATTACKERS[0], "two sides that know the key did not agree, although there was no attacker");
    return isTaken;
  },
};

export const handshakes: readonly Target[] = [handshake];
