import { malformedReference } from "../../errors/messages.ts";
import { isNumberType } from "../../util/number-types.ts";
import type { MakeOptions } from "../contract/backend.ts";
import { BARRIER } from "../contract/barrier.ts";
import { CONDITION } from "../contract/condition.ts";
import { CONNECTION, type ConnectionPort } from "../contract/connection.ts";
import { EVENT } from "../contract/event.ts";
import type { Kind } from "../contract/kind.ts";
import type { ReportListener } from "../contract/launcher.ts";
import { LOCK, RLOCK } from "../contract/lock.ts";
import { MANAGED } from "../contract/managed.ts";
import { type NumbersPort, type NumbersSettings, SHARED_ARRAY, SHARED_VALUE } from "../contract/numbers.ts";
import type { Port } from "../contract/port.ts";
import { QUEUE, type QueuePort, type QueueSettings, SIMPLE_QUEUE } from "../contract/queue.ts";
import { BOUNDED_SEMAPHORE, SEMAPHORE } from "../contract/semaphore.ts";
import { PortableBarrier } from "./client/barrier.ts";
import { PortableCondition } from "./client/condition.ts";
import { PortableConnection } from "./client/connection.ts";
import { PortableEvent } from "./client/event.ts";
import { PortableLock } from "./client/lock.ts";
import { PortableManaged } from "./client/managed.ts";
import { PortableNumbers } from "./client/numbers.ts";
import type { ObjectAccess } from "./client/port.ts";
import { PortableQueue } from "./client/queue.ts";
import { PortableReportChannel } from "./client/report-channel.ts";
import { PortableSemaphore } from "./client/semaphore.ts";
import type { HubObject } from "./hub/request.ts";
import type { ReceivedLocation } from "./location.ts";
import { BarrierState } from "./objects/barrier.ts";
import { ConditionState } from "./objects/condition.ts";
import { EventState } from "./objects/event.ts";
import { LockState } from "./objects/lock.ts";
import { ManagedState } from "./objects/managed.ts";
import { NumbersState } from "./objects/numbers.ts";
import { makePipeEnds } from "./objects/pipe.ts";
import { QueueState } from "./objects/queue.ts";
import { ReportChannelState } from "./objects/report-channel.ts";
import { SemaphoreState } from "./objects/semaphore.ts";

/** Adds an object to this process's hub. The traits are the facts about it that ports know without asking. */
export type Host = <Traits extends object | undefined>(object: HubObject, traits: Traits) => ObjectAccess<Traits>;

/** Returns the access to an object from a message's reference. */
export type Reach = <Traits extends object | undefined>(traits: Traits) => ObjectAccess<Traits>;

/** Makes and attaches the objects of one kind. */
export interface PortableKind<P extends Port = Port, S = never, M = unknown> {
  readonly kind: Kind<P, S, M>;
  make(host: Host, settings: S, options: MakeOptions): M;
  /** Returns a port to an object from a message's reference. Throws `CorruptedError` for a location that does not fit the kind. */
  attach(reach: Reach, location: ReceivedLocation): P;
  /**
   * Whether the hub must be told when a process that uses the object ends normally. Otherwise the object would take the end for a death.
   */
  readonly announcesExit?: boolean;
}

// The type of any row. Whether the settings belong to the kind is checked where the row is written.
type Row = Omit<PortableKind, "kind"> & { readonly kind: { readonly name: string } };

/** The parent's own port to the channel on which a child reports, and the channel itself. */
export interface ParentReportChannel {
  readonly port: PortableReportChannel;
  readonly state: ReportChannelState;
}

/** The channel on which one child reports to its parent. */
export const REPORT_CHANNEL: Kind<PortableReportChannel, ReportListener, ParentReportChannel> = {
  name: "reportChannel",
  label: "report channel",
};

const rows: readonly Row[] = [
  queue(QUEUE),
  queue(SIMPLE_QUEUE),
  simple(LOCK, () => new LockState(false), PortableLock),
  simple(RLOCK, () => new LockState(true), PortableLock),
  simple(SEMAPHORE, (settings) => new SemaphoreState(settings, false), PortableSemaphore),
  simple(BOUNDED_SEMAPHORE, (settings) => new SemaphoreState(settings, true), PortableSemaphore),
  simple(EVENT, () => new EventState(), PortableEvent),
  simple(CONDITION, () => new ConditionState(), PortableCondition),
  { ...simple(BARRIER, ({ parties }) => new BarrierState(parties), PortableBarrier), announcesExit: true },
  row({
    kind: CONNECTION,
    make: (host, { duplex }): [ConnectionPort, ConnectionPort] => {
      const [first, second] = makePipeEnds(duplex);
      return [
        new PortableConnection(host(first, { readable: true, writable: duplex })),
        new PortableConnection(host(second, { readable: duplex, writable: true })),
      ];
    },
    attach: (reach, { readable, writable }) => {
      if (typeof readable !== "boolean" || typeof writable !== "boolean") throw malformedReference();
      return new PortableConnection(reach({ readable, writable }));
    },
  }),
  numbers(SHARED_VALUE),
  numbers(SHARED_ARRAY),
  simple(MANAGED, (settings) => new ManagedState(settings), PortableManaged),
  row({
    kind: REPORT_CHANNEL,
    make: (host, listener) => {
      const state = new ReportChannelState(listener);
      return { port: new PortableReportChannel(host(state, undefined)), state };
    },
    attach: (reach) => new PortableReportChannel(reach(undefined)),
  }),
];

/** The kinds of objects that this backend has, by name. */
export const portableKinds: ReadonlyMap<string, Row> = new Map(rows.map((each) => [each.kind.name, each]));

function row<P extends Port, S, M>(kind: PortableKind<P, S, M>): Row {
  return kind;
}

// Makes a row for a kind with one object in the hub, whose location has only the address.
function simple<P extends Port, S>(
  kind: Kind<P, S>,
  makeState: (settings: S) => HubObject,
  PortClass: new (access: ObjectAccess) => P,
): Row {
  return row({
    kind,
    make: (host, settings) => new PortClass(host(makeState(settings), undefined)),
    attach: (reach) => new PortClass(reach(undefined)),
  });
}

function queue(kind: Kind<QueuePort, QueueSettings>): Row {
  return row({
    kind,
    make: (host, settings, { name }) => new PortableQueue(host(new QueueState(settings, name), { isBounded: settings.maxsize > 0 })),
    attach: (reach, { isBounded }) => {
      if (typeof isBounded !== "boolean") throw malformedReference();
      return new PortableQueue(reach({ isBounded }));
    },
  });
}

function numbers(kind: Kind<NumbersPort, NumbersSettings>): Row {
  return row({
    kind,
    make: (host, settings) => {
      const { type, values } = settings;
      return new PortableNumbers(host(new NumbersState(settings), { type, length: values.length }));
    },
    attach: (reach, { type, length }) => {
      if (!isNumberType(type) || !Number.isSafeInteger(length) || (length as number) < 0) throw malformedReference();
      return new PortableNumbers(reach({ type, length: length as number }));
    },
  });
}
