// The workers of a pool, from their start to their end, with a source that starts no processes and timers that the test rings.
import { beforeEach, describe, expect, it, vi } from "vitest";
import { type BrokenPoolError, StateError, TimeoutError } from "../../../src/errors/errors.ts";
import { Crew } from "../../../src/pool/crew.ts";
import type { CrewMember } from "../../../src/pool/crew-member.ts";
import type { PoolSettings } from "../../../src/pool/options.ts";
import type { ResultsPort, WorkerEnding, WorkerLink, WorkerSource } from "../../../src/pool/worker-source.ts";

interface TestTimer {
  readonly ms: number;
  readonly ring: () => void;
}

const timers = vi.hoisted(() => new Set<unknown>()) as Set<TestTimer>;

vi.mock("../../../src/util/deadline.ts", async (original) => {
  const set = (ms: number, ring: () => void): (() => void) => {
    const timer: TestTimer = { ms, ring };
    timers.add(timer);
    return () => timers.delete(timer);
  };
  return { ...(await original<object>()), after: set, afterIdle: set };
});

const START_TIMEOUT = 30_000;
const EXIT_1: WorkerEnding = { exitCode: 1, signal: null, error: undefined, stderr: undefined };

class TestLink implements WorkerLink {
  readonly name: string;
  readonly pid = 1;
  readonly mark = {} as WorkerLink["mark"];
  readonly end: (ending: WorkerEnding) => void;
  readonly ended: Promise<WorkerEnding>;
  readonly heard: string[] = [];

  constructor(worker: number) {
    const { promise, resolve } = Promise.withResolvers<WorkerEnding>();
    this.name = `worker-${worker}`;
    this.ended = promise;
    this.end = resolve;
  }

  send(): undefined {}
  terminate(): void {
    this.heard.push("terminate");
  }
  kill(): void {
    this.heard.push("kill");
    this.end({ exitCode: -9, signal: "SIGKILL", error: undefined, stderr: undefined });
  }
  close(): void {
    this.heard.push("close");
  }
}

class World {
  readonly links = new Map<number, TestLink>();
  readonly broken: BrokenPoolError[] = [];
  readonly crew: Crew;
  isRefused = false;

  constructor() {
    const source: WorkerSource = {
      results: { put: async () => true } as Partial<ResultsPort> as ResultsPort,
      sendsAhead: true,
      start: (worker) => {
        if (this.isRefused) throw new RangeError("no more processes");
        const link = new TestLink(worker);
        this.links.set(worker, link);
        return link;
      },
      close: () => {},
    };
    const settings = { initArgs: [], startTimeout: START_TIMEOUT } as Partial<PoolSettings> as PoolSettings;
    this.crew = new Crew(settings, source, undefined, {
      changed: () => {},
      dead: () => {},
      unsent: () => {},
      broken: (error) => this.broken.push(error),
    });
  }

  link(worker: number): TestLink {
    return this.links.get(worker) as TestLink;
  }

  member(worker: number): CrewMember {
    return this.crew.member(worker) as CrewMember;
  }

  /** A worker ends, and the pool handles that. */
  async die(worker: number, ending: WorkerEnding = EXIT_1): Promise<void> {
    this.links.get(worker)?.end(ending);
    await Promise.resolve();
    await Promise.resolve();
    this.crew.remove(this.member(worker));
  }
}

/** Rings the only timer. Returns its time. */
function ring(): number {
  const [timer, ...others] = timers;
  if (timer === undefined || others.length > 0) throw new Error(`there are ${timers.size} timers`);
  timers.delete(timer);
  timer.ring();
  return timer.ms;
}

describe("the crew of a pool", () => {
  beforeEach(() => timers.clear());

  it("starts its first workers at once", () => {
    const { crew, links } = new World();
    expect([crew.start(), crew.start()]).toEqual([1, 2]);
    expect([...links.keys()]).toEqual([1, 2]);
    expect(crew.hasStarting).toBe(true);
  });

  it("waits before it starts a worker after one has died at its start, and twice as long after the next", async () => {
    const world = new World();
    world.crew.start();
    await world.die(1);
    expect(timers.size).toBe(0);
    world.crew.start();
    expect(world.links.has(2)).toBe(false);
    expect(ring()).toBe(100);
    await world.die(2);
    world.crew.start();
    expect(ring()).toBe(200);
    expect(world.links.has(3)).toBe(true);
    expect(world.broken).toEqual([]);
  });

  it("breaks the pool after three such deaths, and says how the last one ended", async () => {
    const world = new World();
    for (const worker of [1, 2, 3]) {
      world.crew.start();
      if (worker > 1) ring();
      await world.die(worker, { ...EXIT_1, stderr: `worker ${worker} has no license` });
    }
    expect(world.broken).toHaveLength(1);
    const [cause] = world.broken.map((error) => error.cause as Error);
    expect(cause).toBeInstanceOf(StateError);
    expect(cause?.message).toMatch(/exit code 1 .*worker 3 has no license/);
    expect(world.crew.size).toBe(0);
  });

  it("also counts workers that can't be started at all", async () => {
    const world = new World();
    world.isRefused = true;
    for (const worker of [1, 2, 3]) {
      world.crew.start();
      if (worker > 1) expect(ring()).toBe(worker === 2 ? 100 : 200);
      await world.die(worker);
    }
    expect(world.broken[0]?.cause).toEqual(new RangeError("no more processes"));
  });

  it("forgets such deaths once a worker is ready, and does not count deaths after that", async () => {
    const world = new World();
    world.crew.start();
    await world.die(1);
    world.crew.start();
    ring();
    world.crew.ready(world.member(2));
    for (let worker = 2; worker < 8; worker++) {
      await world.die(worker);
      world.crew.start();
      expect(world.links.has(worker + 1)).toBe(true);
      world.crew.ready(world.member(worker + 1));
    }
    expect(timers.size).toBe(0);
    expect(world.broken).toEqual([]);
  });

  it("kills a worker that is not ready in time, and tells why", async () => {
    const world = new World();
    for (const worker of [1, 2, 3]) {
      world.crew.start();
      if (worker > 1) ring();
      expect(ring()).toBe(START_TIMEOUT);
      expect(world.link(worker).heard).toEqual(["kill"]);
      await world.die(worker);
    }
    expect(world.broken[0]?.cause).toBeInstanceOf(TimeoutError);
  });

  it("ends all workers, and starts none that waited for its time", async () => {
    const world = new World();
    world.crew.start();
    world.crew.start();
    world.crew.ready(world.member(1));
    await world.die(2);
    world.crew.start();
    expect(world.crew.size).toBe(2);
    world.crew.terminate();
    expect(timers.size).toBe(0);
    expect(world.links.has(3)).toBe(false);
    expect(world.link(1).heard).toEqual(["terminate"]);
    expect(world.crew.size).toBe(1);
    world.link(1).end(EXIT_1);
    await world.link(1).ended;
    await Promise.resolve();
    expect(world.crew.size).toBe(0);
    expect(world.broken).toEqual([]);
  });
});
