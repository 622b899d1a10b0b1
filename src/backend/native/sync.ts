import { Attempts, blocking } from "../../attempts.ts";
import { CorruptedError, ProcessError } from "../../errors.ts";
import { orLate, orLateSync, type Wait } from "../../timing.ts";
import type {
  Arrival,
  BarrierEnd,
  BarrierPort,
  ConditionPort,
  EventPort,
  Grant,
  LockPort,
  PortKind,
  SemaphorePort,
  SemaphoreSettings,
} from "../backend.ts";
import { barrierTimedOut, brokenBarrier, notHeld, notHeldHere, tooManyReleased } from "../texts.ts";
import { Handle, NativePort, type Realm } from "./handle.ts";
import type { Travelling } from "./keeper.ts";
import { check, type Shim } from "./shim.ts";

const EPERM = -1;
const EAGAIN = -11;
const EBUSY = -16;
const EMFILE = -24;
const EPIPE = -32;
const EOVERFLOW = -75;
const EBADMSG = -74;
const EPROTO = -71;

/** The kinds of native/src/polyproc.h. */
const KINDS = { lock: 1, rlock: 1, semaphore: 2, boundedSemaphore: 2, event: 3, condition: 4, barrier: 5 } as const;
const ANY_PHASE = -1;
const HOW = { pass: 0, break: 1, reset: 2 } as const;
const BOUNDED = 1;
const ROBUST = 2;
/** How often a guard that another process holds is tried before that is an error: each try waits up to 100 ms. */
const TRIES = 100;

/** What users call them. */
const NAMES = {
  lock: "lock",
  rlock: "lock",
  semaphore: "semaphore",
  boundedSemaphore: "semaphore",
  event: "event",
  condition: "condition",
  barrier: "barrier",
};

export type SyncKind = keyof typeof KINDS;

export function isSyncKind(kind: PortKind): kind is SyncKind {
  return kind in KINDS;
}

/** A lock or the like in shared memory as this process holds it. */
export class SyncHandle extends Handle {
  readonly kind: SyncKind;
  readonly attempts: Attempts;

  constructor(realm: Realm, kind: SyncKind, index: number, identity: string, home: string | undefined) {
    super(realm, index, identity, home);
    this.kind = kind;
    const id = this.hear(() => {
      // What woke this process and is of no use to it may be what another one waits for.
      if (this.attempts.size === 0 && this.inUse) this.shim.pp_sync_pass(index);
      this.attempts.retry(!this.inTurn);
    });
    this.attempts = new Attempts(() => void check(this.shim.pp_sync_watch(index, id), "It can't be waited for"));
  }

  static make(realm: Realm, kind: SyncKind, identity: string, first: number, second = 0): SyncHandle {
    const { shim, id } = realm.inbox;
    return new SyncHandle(
      realm,
      kind,
      check(shim.pp_sync_make(id, KINDS[kind], first, second), `The ${NAMES[kind]} can't be made`),
      identity,
      undefined,
    );
  }

  /** Joins one whose descriptor came from another process. */
  static open(realm: Realm, kind: SyncKind, fd: number, identity: string, home: string): SyncHandle {
    const index = realm.inbox.shim.pp_sync_open(realm.inbox.id, fd, KINDS[kind]);
    if (index === EPROTO)
      throw new CorruptedError(`The ${NAMES[kind]} was made by another version of polyproc: use one version in a tree.`);
    if (index === EBADMSG) throw new CorruptedError(`What came as a ${NAMES[kind]} is none: its sender is no polyproc process.`);
    return new SyncHandle(realm, kind, check(index, `The ${NAMES[kind]} can't be used`), identity, home);
  }

  get shim(): Shim {
    return this.realm.inbox.shim;
  }

  /** Whether those who wait get it one after another. */
  get inTurn(): boolean {
    return KINDS[this.kind] === KINDS.lock || KINDS[this.kind] === KINDS.semaphore;
  }

  override sweep(): void {
    this.shim.pp_sync_sweep(this.index);
  }

  override leave(): void {
    if (this.kind === "barrier") this.close();
  }

  protected override close(): void {
    this.shim.pp_sync_close(this.index);
  }

  /** A call that another process can hold up only while it stands still in the middle of one. */
  insist(call: () => number): number {
    let status = EBUSY;
    for (let tries = 0; status === EBUSY && tries < TRIES; tries++) status = call();
    return this.checked(status);
  }

  checked(status: number): number {
    if (status === EBADMSG)
      throw new CorruptedError(
        `The ${NAMES[this.kind]}'s shared memory makes no sense any more: a process of the tree has written where it must not. Make a new one.`,
      );
    return status;
  }
}

abstract class NativeSync extends NativePort {
  protected readonly handle: SyncHandle;

  constructor(handle: SyncHandle) {
    super(handle.realm, NAMES[handle.kind]);
    this.handle = handle;
    handle.use();
  }

  protected get shim(): Shim {
    return this.handle.shim;
  }

  protected get index(): number {
    return this.handle.index;
  }

  protected override travelling(): Travelling {
    const { kind, identity, home } = this.handle;
    return { kind, fd: this.shim.pp_sync_fd(this.index), home, fields: { identity } };
  }

  protected override free(): void {
    this.handle.drop();
  }

  /** Looks at once, and waits if need be. */
  protected async until<T>(wait: Wait, tooLate: () => Error, look: () => T | undefined): Promise<T> {
    const now = this.handle.inTurn && this.handle.attempts.size > 0 ? undefined : this.#lookSpinning(wait, look);
    return now ?? (await this.waitFor(this.handle.attempts, wait, tooLate, look));
  }

  // Waits are short in a busy exchange: then a second look is cheaper than being woken.
  #lookSpinning<T>(wait: Wait, look: () => T | undefined): T | undefined {
    return look() ?? (wait.timeout > 0 && this.shim.pp_sync_spin(this.index) === 1 ? look() : undefined);
  }

  /** As `until`, blocking this thread. */
  protected untilSync<T>(wait: Wait, tooLate: () => Error, look: () => T | undefined): T {
    return blocking(
      wait,
      (ms) => {
        const answer = look();
        if (answer !== undefined || ms === 0) return answer;
        this.shim.pp_sync_wait(this.index, ms);
        return look();
      },
      tooLate,
    );
  }
}

export class NativeLock extends NativeSync implements LockPort {
  acquire(wait: Wait, depth = 1): Promise<Grant> {
    return orLate("refused", (tooLate) => this.until(wait, tooLate, () => this.#try(depth, 0)));
  }

  acquireSync(wait: Wait, depth = 1): Grant {
    return orLateSync("refused", (tooLate) => blocking(wait, (ms) => this.#try(depth, ms), tooLate));
  }

  async unlock(all = false): Promise<number> {
    return this.unlockSync(all);
  }

  unlockSync(all = false): number {
    const released = this.handle.checked(this.shim.pp_lock_release(this.index, all ? 1 : 0));
    if (released === EPERM) throw this.handle.kind === "rlock" ? notHeldHere() : notHeld();
    return check(released, "The lock can't be released");
  }

  async held(): Promise<number> {
    return this.heldNow();
  }

  heldNow(): number {
    return this.shim.pp_lock_depth(this.index);
  }

  #try(depth: number, ms: number): Grant | undefined {
    const status = this.handle.checked(this.shim.pp_lock_acquire(this.index, depth, ms));
    if (status === EAGAIN) return undefined;
    return check(status, "The lock can't be acquired") === 1 ? "abandoned" : "granted";
  }
}

export class NativeSemaphore extends NativeSync implements SemaphorePort {
  static settings({ value, bounded, robust }: SemaphoreSettings): [number, number] {
    return [value, (bounded ? BOUNDED : 0) | (robust ? ROBUST : 0)];
  }

  acquire(wait: Wait): Promise<Grant> {
    return orLate("refused", (tooLate) => this.until(wait, tooLate, () => this.#try()));
  }

  acquireSync(wait: Wait): Grant {
    return orLateSync("refused", (tooLate) => this.untilSync(wait, tooLate, () => this.#try()));
  }

  async post(): Promise<void> {
    this.postSync();
  }

  postSync(): void {
    const status = this.handle.insist(() => this.shim.pp_semaphore_release(this.index));
    if (status === EOVERFLOW) throw tooManyReleased();
    check(status, "The semaphore can't be released");
  }

  async value(): Promise<number> {
    return check(this.handle.checked(this.shim.pp_semaphore_value(this.index)), "The semaphore can't be looked at");
  }

  #try(): Grant | undefined {
    const status = this.handle.checked(this.shim.pp_semaphore_acquire(this.index));
    if (status !== EAGAIN) check(status, "The semaphore can't be acquired");
    else if (this.shim.pp_sync_sweep(this.index) !== 1) return undefined;
    // The permits of the dead came back.
    else if (this.handle.checked(this.shim.pp_semaphore_acquire(this.index)) !== 0) return undefined;
    return "granted";
  }
}

export class NativeEvent extends NativeSync implements EventPort {
  async set(): Promise<void> {
    this.setSync();
  }

  setSync(): void {
    check(this.shim.pp_event_set(this.index), "The event can't be set");
  }

  async clear(): Promise<void> {
    check(this.shim.pp_event_clear(this.index), "The event can't be cleared");
  }

  async isSet(): Promise<boolean> {
    return this.isSetNow();
  }

  isSetNow(): boolean {
    return (this.#look() & 1) === 1;
  }

  wait(wait: Wait): Promise<boolean> {
    const look = this.#watch();
    return orLate(false, (tooLate) => this.until(wait, tooLate, look));
  }

  waitSync(wait: Wait): boolean {
    const look = this.#watch();
    return orLateSync(false, (tooLate) => this.untilSync(wait, tooLate, look));
  }

  #look(): number {
    return check(this.shim.pp_event_look(this.index), "The event can't be looked at");
  }

  // One that was set and cleared again in between was set.
  #watch(): () => true | undefined {
    const before = this.#look() >> 1;
    return () => {
      const now = this.#look();
      return (now & 1) === 1 || now >> 1 !== before ? true : undefined;
    };
  }
}

export class NativeCondition extends NativeSync implements ConditionPort {
  async enter(): Promise<number> {
    return this.enterSync();
  }

  enterSync(): number {
    const place = this.handle.insist(() => this.shim.pp_condition_enter(this.index));
    if (place === EMFILE) throw new ProcessError("1,024 calls wait for this condition: that is the most; use another one.");
    return check(place, "The condition can't be waited for");
  }

  async notified(place: number, wait: Wait): Promise<boolean> {
    try {
      await orLate(false, (tooLate) => this.until(wait, tooLate, () => this.#isNotified(place)));
    } catch (error) {
      // It is of no use here: somebody else may need it.
      if (this.#leave(place)) this.notifySync(1);
      throw error;
    }
    return this.#leave(place);
  }

  notifiedSync(place: number, wait: Wait): boolean {
    try {
      orLateSync(false, (tooLate) => this.untilSync(wait, tooLate, () => this.#isNotified(place)));
    } catch (error) {
      if (this.#leave(place)) this.notifySync(1);
      throw error;
    }
    return this.#leave(place);
  }

  async notify(count: number): Promise<void> {
    this.notifySync(count);
  }

  notifySync(count: number): void {
    check(
      this.handle.insist(() => this.shim.pp_condition_notify(this.index, Math.min(count, 2 ** 31 - 1))),
      "The condition can't be notified",
    );
  }

  #isNotified(place: number): true | undefined {
    return this.handle.checked(this.shim.pp_condition_notified(this.index, place)) === 1 ? true : undefined;
  }

  #leave(place: number): boolean {
    // Closing it gave the place up.
    if (!this.handle.inUse) return false;
    return this.handle.insist(() => this.shim.pp_condition_leave(this.index, place)) === 1;
  }
}

export class NativeBarrier extends NativeSync implements BarrierPort {
  readonly #fields = new Int32Array(3);

  arrive(wait: Wait): Promise<Arrival> {
    return this.until(wait, barrierTimedOut, () => this.#arrive());
  }

  arriveSync(wait: Wait): Arrival {
    return this.untilSync(wait, barrierTimedOut, () => this.#arrive());
  }

  passed(phase: number, wait: Wait): Promise<boolean> {
    return orLate(false, (tooLate) => this.until(wait, tooLate, () => this.#look(phase)));
  }

  passedSync(phase: number, wait: Wait): boolean {
    return orLateSync(false, (tooLate) => this.untilSync(wait, tooLate, () => this.#look(phase)));
  }

  async end(how: BarrierEnd, phase?: number): Promise<boolean> {
    return this.endSync(how, phase);
  }

  endSync(how: BarrierEnd, phase: number = ANY_PHASE): boolean {
    return this.#check(this.handle.insist(() => this.shim.pp_barrier_end(this.index, HOW[how], phase))) === 0;
  }

  async state(): Promise<{ readonly parties: number; readonly waiting: number; readonly broken: boolean }> {
    this.#check(this.shim.pp_barrier_state(this.index, this.#fields));
    const [parties = 0, waiting = 0, broken = 0] = this.#fields;
    return { parties, waiting, broken: broken === 1 };
  }

  #arrive(): Arrival | undefined {
    const index = this.handle.insist(() => this.shim.pp_barrier_arrive(this.index, this.#fields));
    if (index === EAGAIN) return undefined;
    this.#check(index);
    const [phase = 0, parties = 0] = this.#fields;
    return { index, phase, last: index + 1 === parties };
  }

  #look(phase: number): true | undefined {
    return this.#check(this.shim.pp_barrier_look(this.index, phase)) === 1 ? true : undefined;
  }

  #check(status: number): number {
    if (status === EPIPE) throw brokenBarrier();
    return check(this.handle.checked(status), "The barrier failed");
  }
}

const CLASSES = {
  lock: NativeLock,
  rlock: NativeLock,
  semaphore: NativeSemaphore,
  boundedSemaphore: NativeSemaphore,
  event: NativeEvent,
  condition: NativeCondition,
  barrier: NativeBarrier,
} as const;

/** One more hold on a handle. */
export function syncPort(handle: SyncHandle): NativeLock | NativeSemaphore | NativeEvent | NativeCondition | NativeBarrier {
  return new CLASSES[handle.kind](handle);
}
