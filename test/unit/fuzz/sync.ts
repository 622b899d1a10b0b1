import { ObjectTable } from "../../../src/backend/portable/hub/object-table.ts";
import type { HubObject } from "../../../src/backend/portable/hub/request.ts";
import { BarrierState } from "../../../src/backend/portable/objects/barrier.ts";
import { ConditionState } from "../../../src/backend/portable/objects/condition.ts";
import { EventState } from "../../../src/backend/portable/objects/event.ts";
import { LockState } from "../../../src/backend/portable/objects/lock.ts";
import { NumbersState } from "../../../src/backend/portable/objects/numbers.ts";
import { SemaphoreState } from "../../../src/backend/portable/objects/semaphore.ts";
import type { Frame } from "../../../src/codec/frame.ts";
import { FrameReader } from "../../../src/codec/frame-reader.ts";
import { Op } from "../../../src/codec/op.ts";
import { SMALL_INT, Tag } from "../../../src/codec/tags.ts";
import { CorruptedError } from "../../../src/errors/errors.ts";
import type { Random } from "../../../tools/random.ts";
import { feed, frameBytes, metaBytes, type RefTargets } from "./codec.ts";
import { HonestClient, makeHostileClient, Store } from "./hub.ts";
import { ensure, mayRefuse, type Target } from "./target.ts";
import { mutate, NAMES, type ValueWriter } from "./values.ts";

const PERMITS = 2;
const objects: Readonly<Record<string, () => HubObject>> = {
  lock: () => new LockState(false),
  rlock: () => new LockState(true),
  semaphore: () => new SemaphoreState({ value: PERMITS, robust: false }, true),
  robust: () => new SemaphoreState({ value: PERMITS, robust: true }, false),
  event: () => new EventState(),
  condition: () => new ConditionState(),
  barrier: () => new BarrierState(1),
  bytes: () => new NumbersState({ type: "u8", values: new Uint8Array(8) }),
  numbers: () => new NumbersState({ type: "f64", values: new Float64Array(2) }),
  big: () => new NumbersState({ type: "i64", values: new BigInt64Array(2) }),
};
const IDS = Object.keys(objects);
const REF_TARGETS: RefTargets = { hub: "/h", ids: IDS };
const OPERATION_NAMES = [
  ...["acquire", "release", "held", "value", "set", "clear", "isSet", "wait", "enter", "notified", "leave", "notify"],
  ...["arrive", "passed", "end", "state", "read", "write", "operate", "__proto__", "constructor"],
];
const NUMBER_OPERATIONS = ["load", "store", "exchange", "add", "sub", "and", "or", "compareExchange"];
const WORDS = ["pass", "break", "reset", ...NUMBER_OPERATIONS];

function small(random: Random, writer: ValueWriter): void {
  writer.out.push(SMALL_INT | random.int(random.pick([2, 4, 128])));
}

function array(writer: ValueWriter, ...items: readonly (() => void)[]): void {
  writer.out.push(Tag.array);
  writer.size(items.length);
  for (const item of items) item();
}

type Write = (random: Random, writer: ValueWriter) => void;

const none: Write = (_, writer) => void writer.out.push(Tag.undefined);
const count: Write = (random, writer) => void writer.out.push(SMALL_INT | (1 + random.int(3)));
const one =
  (...words: readonly string[]): Write =>
  (random, writer) =>
    writer.string(random.pick(words));

/** Well-formed calls. */
const SOUND: readonly (readonly [string, string, Write])[] = [
  ...["lock", "rlock"].flatMap((id) => [
    [id, "acquire", count] as const,
    [id, "release", none] as const,
    [id, "release", count] as const,
    [id, "held", none] as const,
  ]),
  ...["semaphore", "robust"].flatMap((id) => ["acquire", "release", "value"].map((operation) => [id, operation, none] as const)),
  ...["set", "clear", "isSet", "wait"].map((operation) => ["event", operation, none] as const),
  ["condition", "enter", none],
  ["condition", "notify", count],
  ["barrier", "arrive", none],
  ["barrier", "passed", small],
  ["barrier", "end", one("pass", "break", "reset")],
  ["barrier", "state", none],
  [
    "bytes",
    "read",
    (random, writer) =>
      array(
        writer,
        () => small(random, writer),
        () => small(random, writer),
      ),
  ],
  [
    "numbers",
    "operate",
    (random, writer) =>
      array(
        writer,
        () => one(...NUMBER_OPERATIONS)(random, writer),
        () => small(random, writer),
        () => small(random, writer),
      ),
  ],
];

/** An argument that some operation takes, or any value. */
function argument(random: Random, writer: ValueWriter): void {
  const number = (): void => small(random, writer);
  const any = (): void => writer.value(4);
  switch (random.int(7)) {
    case 0:
      return number();
    case 1:
      return writer.string(random.pick(WORDS));
    case 2:
      return array(writer, number, number);
    case 3:
      return array(writer, number, () => writer.bytes(random.bytes(random.int(10))));
    case 4:
      return array(writer, () => writer.string(random.pick(WORDS)), random.once(2) ? number : any, random.once(2) ? number : any);
    case 5:
      return void writer.out.push(random.int(4));
    default:
      return any();
  }
}

function hostileCalls(random: Random, targets: RefTargets): Uint8Array {
  const { sound = false } = targets;
  const stream: number[] = [];
  for (const [object, id] of IDS.entries()) {
    const meta = metaBytes(random, (writer) => writer.string(id), { ...targets, sound: true });
    stream.push(...frameBytes(random, { op: Op.attach, id: object, object, meta, payload: undefined }, true));
  }
  for (let i = random.int(40); i > 0; i--) {
    const [id, operation, write] = random.pick(SOUND);
    const isSound = sound || random.once(2);
    const object = isSound ? IDS.indexOf(id) : random.int(IDS.length + 1);
    const call = (writer: ValueWriter): void =>
      array(
        writer,
        () => writer.string(isSound ? operation : random.pick(random.once(20) ? NAMES : OPERATION_NAMES)),
        () => (isSound ? write : argument)(random, writer),
      );
    const op = !isSound && random.once(8) ? random.pick([Op.cancel, Op.detach, Op.leave, Op.get, Op.settle]) : Op.call;
    const meta = metaBytes(random, call, targets);
    stream.push(...frameBytes(random, { op, id: 10 + i, object, meta, payload: undefined }, sound));
  }
  const bytes = Uint8Array.from(stream);
  return !sound && random.once(2) ? mutate(random, bytes, bytes) : bytes;
}

/** Makes a call to which the hub replies at once. Undefined means that the call would have to wait. */
function ask(honest: HonestClient, id: string, operation: string, value?: unknown): unknown {
  const { op, meta } = honest.ask(Op.call, IDS.indexOf(id), { once: true, meta: [operation, value] });
  if (op === Op.fail && meta === null) return undefined;
  ensure(op === Op.reply, `${id}.${operation} failed: ${String(meta)}`);
  return meta;
}

/** Checks that each object still works after the hostile client has left. Only what any client may do can have changed it. */
function checkObjects(honest: HonestClient): void {
  for (const id of ["lock", "rlock"]) {
    if (ask(honest, id, "held") !== 0) ask(honest, id, "release", true);
    ensure(/granted|abandoned/.test(String(ask(honest, id, "acquire", 1))), `the ${id} can't be acquired`);
    ensure(
      ask(honest, id, "held") === 1 && ask(honest, id, "release") === 1 && ask(honest, id, "held") === 0,
      `the counts of the ${id} are wrong`,
    );
  }
  for (const id of ["semaphore", "robust"]) {
    const value = ask(honest, id, "value") as number;
    ensure(Number.isInteger(value) && value >= (id === "robust" ? PERMITS : 0), `the ${id} has ${value} permits`);
    ensure(id === "robust" || value <= PERMITS, `a semaphore of ${PERMITS} permits has ${value}`);
    if (value === 0) ask(honest, id, "release");
    const before = ask(honest, id, "value") as number;
    ensure(ask(honest, id, "acquire") === "granted" && ask(honest, id, "value") === before - 1, `the ${id} grants no permit`);
    ask(honest, id, "release");
    ensure(ask(honest, id, "value") === before, `the ${id} accepts no permit back`);
  }
  ask(honest, "event", "set");
  ensure(ask(honest, "event", "wait") === true, "wait() does not return, although the event is set");
  ask(honest, "event", "clear");
  ensure(ask(honest, "event", "isSet") === false && ask(honest, "event", "wait") === undefined, "the event stays set after clear()");
  const ticket = ask(honest, "condition", "enter");
  ensure(ask(honest, "condition", "notified", ticket) === undefined, "a waiter was notified without a notify()");
  ask(honest, "condition", "notify", 1);
  ensure(
    ask(honest, "condition", "notified", ticket) === true && ask(honest, "condition", "leave", ticket) === true,
    "a notify() was lost",
  );
  ask(honest, "barrier", "end", "reset");
  const { index, phase, last } = ask(honest, "barrier", "arrive") as { index: number; phase: number; last: boolean };
  ensure(index === 0 && last, "a barrier has waiters after reset()");
  ask(honest, "barrier", "end", "pass");
  ensure(ask(honest, "barrier", "passed", phase) === true, "a complete barrier does not let its parties pass");
  ask(honest, "bytes", "write", [0, Uint8Array.of(1, 2, 3)]);
  ensure(String(ask(honest, "bytes", "read", [0, 3])) === "1,2,3", "shared bytes differ from what was written");
  ensure(ask(honest, "numbers", "operate", ["store", 0.5, 0]) !== undefined, "a shared number is missing");
  ensure(ask(honest, "numbers", "operate", ["add", 1, 0]) === 0.5, "a shared number differs from what was stored");
  ask(honest, "big", "operate", ["store", 2n, 0n]);
  ensure(ask(honest, "big", "operate", ["load", 0n, 0n]) === 2n, "a shared bigint differs from what was stored");
}

/** A hub with a hostile client that uses locks, semaphores, events, conditions, barriers and shared numbers. */
const sync: Target = {
  name: "sync",
  share: 20_000,
  run(random) {
    const table = new ObjectTable();
    const store = new Store();
    for (const [id, make] of Object.entries(objects)) table.add(id, make());
    const honest = new HonestClient(table, store);
    for (const [object, meta] of IDS.entries()) honest.ask(Op.attach, object, { meta });
    if (random.once(2)) ask(honest, "lock", "acquire", 1);
    const waits: readonly Partial<Frame>[] = [{ meta: ["acquire", 1] }, { meta: ["acquire", 1] }, { meta: ["acquire"] }];
    const waiting = waits.flatMap((wait, object) => (random.once(3) ? [honest.send(Op.call, object, wait)] : []));
    const hostile = makeHostileClient(table, store);
    const reader = new FrameReader();
    const bytes = hostileCalls(random, { ...REF_TARGETS, sound: random.once(2) });
    const accepted = mayRefuse(() => feed(random, reader, bytes, (frame) => hostile.receive(frame)), CorruptedError);
    hostile.leave(reader.torn);
    for (const id of waiting) honest.cancel(id);
    checkObjects(honest);
    honest.leave();
    ensure(store.count === 0, `${store.count} messages were never released`);
    return accepted;
  },
};

export const syncs: readonly Target[] = [sync];
