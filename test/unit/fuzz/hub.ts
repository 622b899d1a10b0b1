import type { Message } from "../../../src/backend/contract/message.ts";
import { Client } from "../../../src/backend/portable/client/client.ts";
import { ObjectTable } from "../../../src/backend/portable/hub/object-table.ts";
import { Participant } from "../../../src/backend/portable/hub/participant.ts";
import type { StoredMessage } from "../../../src/backend/portable/hub/request.ts";
import { makePipeEnds } from "../../../src/backend/portable/objects/pipe.ts";
import { QueueState } from "../../../src/backend/portable/objects/queue.ts";
import { ReportChannelState } from "../../../src/backend/portable/objects/report-channel.ts";
import type { Frame } from "../../../src/codec/frame.ts";
import { FrameReader } from "../../../src/codec/frame-reader.ts";
import { encodeFrame } from "../../../src/codec/frame-writer.ts";
import { joinMessages } from "../../../src/codec/message-list.ts";
import { Op } from "../../../src/codec/op.ts";
import { SMALL_INT } from "../../../src/codec/tags.ts";
import { CorruptedError, ProcessError } from "../../../src/errors/errors.ts";
import { asKept } from "../../../src/util/bytes.ts";
import type { Random } from "../../../tools/random.ts";
import { feed, frameBytes, metaBytes, type RefTargets } from "./codec.ts";
import { ensure, mayRefuse, type Target } from "./target.ts";
import { mutate, type ValueWriter } from "./values.ts";

const IDS = ["queue", "redelivered", "first", "second", "reports"] as const;
/** The operations whose meta is a number. */
const NUMBERED: ReadonlySet<number> = new Set([Op.getMany, Op.settle]);
const KNOWN = [...Object.values(Op), 0, 99];
const REPORTS = ["started", "result", "error", "result", "__proto__"];
const MARK = Uint8Array.of(0xfe, 0xed);

/** Counts the messages that a hub stores. */
export class Store {
  readonly #stored = new Set<symbol>();

  get count(): number {
    return this.#stored.size;
  }

  store(message: Message): StoredMessage {
    const one = Symbol("stored");
    this.#stored.add(one);
    return {
      refs: message.refs,
      bytes: asKept(message.bytes),
      objectsHeld: message.refs.length === 0 ? undefined : Promise.resolve(),
      release: () => ensure(this.#stored.delete(one), "a message was released twice"),
    };
  }
}

/** A client that follows the protocol and checks the replies of the hub. */
export class HonestClient {
  readonly #participant: Participant;
  readonly #replies = new Map<number, Frame>();
  readonly #asked = new Set<number>();
  #next = 1;

  constructor(table: ObjectTable, store: Store) {
    this.#participant = new Participant(
      table,
      (frame) => this.#hear(frame),
      (message) => store.store(message),
    );
  }

  #hear(frame: Frame): void {
    ensure(this.#asked.delete(frame.id), "the hub replied twice to a request, or replied without a request");
    this.#replies.set(frame.id, frame);
  }

  send(op: number, object: number, more: Partial<Frame> = {}): number {
    const id = this.#next++;
    this.#asked.add(id);
    this.#participant.receive({ op, id, object, ...more });
    return id;
  }

  /** Sends a request to which the hub replies at once, and returns the reply. */
  ask(op: number, object: number, more: Partial<Frame> = {}): Frame {
    const id = this.send(op, object, more);
    const reply = this.#replies.get(id);
    ensure(reply !== undefined, `the hub did not reply to operation ${op}`);
    return reply;
  }

  settle(id: number): void {
    this.#participant.receive({ op: Op.settle, id, object: 0 });
  }

  cancel(id: number): void {
    this.#participant.receive({ op: Op.cancel, id, object: 0 });
  }

  leave(): void {
    this.#participant.leave();
  }
}

/** A list of messages, of which some have no bytes. */
function listBytes(random: Random): Uint8Array {
  return joinMessages(Array.from({ length: 1 + random.int(5) }, () => random.bytes(random.int(12))));
}

/** Frames as a client, or with `reports` a child, could send them, with some bytes changed. */
export function hostileStream(random: Random, targets: RefTargets, reports = false): Uint8Array {
  const stream: number[] = [];
  const { ids, sound = false } = targets;
  let attached = 0;
  const write = (op: number, id: number, object: number): void => {
    const text = (writer: ValueWriter): void =>
      !sound && random.once(6) ? writer.value(2) : writer.string(op === Op.report ? random.pick(REPORTS) : random.pick(ids));
    const number = (writer: ValueWriter): void => void (random.once(8) ? writer.value(0) : writer.out.push(SMALL_INT | random.int(6)));
    const hasMeta = op === Op.attach || op === Op.report || (op === Op.getMany && !random.once(8)) || random.once(4);
    const meta = hasMeta ? metaBytes(random, NUMBERED.has(op) ? number : text, targets) : undefined;
    const isList = op === Op.putMany && !random.once(10);
    const hasPayload = op === Op.put || op === Op.putMany || op === Op.report || random.once(200);
    const payload = isList ? listBytes(random) : hasPayload ? random.bytes(random.int(30)) : undefined;
    stream.push(...frameBytes(random, { op, id, object, meta, payload }, sound));
  };
  const attach = (): void => write(Op.attach, attached, random.once(30) ? 0 : attached++);
  for (let i = 0; i < 4 && !reports; i++) attach();
  const count = random.int(40);
  // Any client may shut a queue down, which hides what comes after it. So it is tried only now and then.
  const mayShut = targets.hub === "/h" && random.once(8);
  const ops = reports && !random.once(4) ? [Op.report] : mayShut ? KNOWN : KNOWN.filter((op) => op !== Op.shutdown);
  for (let i = 0; i < count; i++) {
    const op = random.pick(ops);
    if (op === Op.attach) attach();
    else write(op, 10 + random.int(random.pick([30, 400])), random.int(random.pick([3, 9])));
  }
  const bytes = Uint8Array.from(stream);
  return !sound && random.once(2) ? mutate(random, bytes, bytes) : bytes;
}

function isShutDown({ meta }: Frame): boolean {
  return meta instanceof Error && meta.name === "ShutDown";
}

/** Checks that the queue still works and counts correctly after the hostile client has left. */
function checkQueue(honest: HonestClient, object: number, isCounted: boolean): void {
  const drained: Frame[] = [];
  for (let got = honest.ask(Op.get, object, { once: true }); got.op === Op.reply; got = honest.ask(Op.get, object, { once: true })) {
    drained.push(got);
    honest.settle(got.id);
    honest.ask(Op.taskDone, object);
  }
  const put = honest.ask(Op.put, object, { once: true, message: { bytes: MARK, refs: [] } });
  const shut = put.op === Op.fail;
  ensure(!shut || isShutDown(put), "an empty queue refuses an item");
  if (!shut) {
    const got = honest.ask(Op.get, object, { once: true });
    ensure(got.message?.bytes === MARK, "the queue delivered another item than was put");
    honest.settle(got.id);
    honest.ask(Op.taskDone, object);
  }
  const stats = honest.ask(Op.stats, object).meta as Record<"size" | "puts" | "gets" | "lost" | "participants", number>;
  ensure(stats.size === 0 && stats.participants === 1, "the hostile client has left something behind");
  ensure(shut || !isCounted || stats.puts === stats.gets + stats.lost, "the counts of the queue are wrong");
}

/** A client that sends whatever it likes. */
export function makeHostileClient(table: ObjectTable, store: Store): Participant {
  return new Participant(
    table,
    (frame) => {
      ensure(!(frame.meta instanceof Error) || frame.meta instanceof ProcessError, "the hub replied with an error of an unknown class");
      ensure(encodeFrame(frame).length > 0, "a reply has no bytes");
    },
    (message) => store.store(message),
  );
}

const hub: Target = {
  name: "hub",
  share: 95_000,
  async run(random) {
    const table = new ObjectTable();
    const store = new Store();
    const [first, second] = makePipeEnds(random.once(2));
    let reports = 0;
    table.add("queue", new QueueState({ maxsize: 2, redeliver: false }));
    table.add("redelivered", new QueueState({ maxsize: 0, redeliver: true }));
    table.add("first", first);
    table.add("second", second);
    table.add("reports", new ReportChannelState(() => void reports++));
    const honest = new HonestClient(table, store);
    for (const [handle, meta] of IDS.entries()) honest.ask(Op.attach, handle, { meta });
    const wait = (object: number): number => (random.once(2) ? honest.send(Op.get, object) : honest.send(Op.getMany, object, { meta: 3 }));
    const waiting = [0, 1].filter(() => random.once(3)).map(wait);
    const hostile = makeHostileClient(table, store);
    const reader = new FrameReader();
    const bytes = hostileStream(random, { hub: "/h", ids: IDS, sound: random.once(2) });
    const accepted = mayRefuse(() => feed(random, reader, bytes, (frame) => hostile.receive(frame)), CorruptedError);
    await undefined;
    hostile.leave(reader.torn);
    // A waiting get may have received an item of the hostile client. The gets that still wait are cancelled.
    for (const id of waiting) {
      honest.settle(id);
      honest.cancel(id);
    }
    checkQueue(honest, 0, true);
    checkQueue(honest, 1, false);
    ensure(reports <= bytes.length / 20, "the hub reported more than was sent");
    await undefined;
    honest.leave();
    await undefined;
    ensure(store.count === 0, `${store.count} messages were never released`);
    return accepted;
  },
};

const CALLS = [Op.put, Op.get, Op.putMany, Op.getMany, Op.poll, Op.stats, Op.join, Op.shutdown, Op.taskDone, Op.getTask, Op.endTask];

/** A client with a hostile hub: every call settles, and an error is of a known class. */
const client: Target = {
  name: "client",
  share: 10_000,
  async run(random) {
    const asked: Frame[] = [];
    const ours = new Client((frame) => void asked.push(frame));
    const message = { bytes: MARK, refs: [] };
    const calls = Array.from({ length: 1 + random.int(5) }, () => {
      const op = random.pick(CALLS);
      return ours.call({ op, object: random.int(3), message: op === Op.put ? message : undefined });
    });
    let settled = 0;
    for (const call of calls) {
      const count = (): void => void settled++;
      call.reply.then(count, count);
    }
    const stream: number[] = [];
    for (let i = random.int(12); i > 0; i--) {
      const op = random.pick([Op.reply, Op.fail, Op.fail, random.int(30)]);
      const write = (writer: ValueWriter): void => (random.once(2) ? writer.error(0) : writer.value(0));
      const meta = random.once(4) ? undefined : metaBytes(random, write, { hub: "/h", ids: IDS });
      const payload = random.once(3) ? random.bytes(random.int(30)) : undefined;
      stream.push(...frameBytes(random, { op, id: random.int(8), object: 0, meta, payload }));
    }
    const accepted = mayRefuse(
      () => feed(random, new FrameReader(), Uint8Array.from(stream), (frame) => ours.receive(frame)),
      CorruptedError,
    );
    ours.closed(() => new CorruptedError("the hub is gone"));
    await undefined;
    await undefined;
    ensure(settled === calls.length, "a call never settled");
    return accepted;
  },
};

export const hubs: readonly Target[] = [hub, client];
