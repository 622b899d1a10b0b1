import assert from "node:assert/strict";
import { getContext, Process, Queue, registerClass } from "../../../mod.ts";
import { type Case, type Cases, slow } from "../../suite/case.ts";
import { started } from "../../suite/help.ts";

export class Point {
  x = 0;
  y = 0;
  constructor(x: number, y: number) {
    this.x = x;
    this.y = y;
  }
}
registerClass(Point);

const runtimes = ["node", "deno", "bun"] as const;

function withHole(): number[] {
  const array = [1, 2, 3];
  delete array[1];
  return array;
}

interface TemporalLike {
  readonly [type: string]: { from(text: string): object };
}

/** Values that deepEqual() does not look into. Their texts are compared. */
function textual(): object[] {
  const { Temporal } = globalThis as { readonly Temporal?: TemporalLike };
  const texts = {
    Instant: "2026-01-02T03:04:05.123456789Z",
    ZonedDateTime: "2026-10-25T02:30+01:00[Europe/Berlin]",
    Duration: "P1Y2DT3.5S",
  };
  const temporals = Object.entries(texts).flatMap(([type, text]) => Temporal?.[type]?.from(text) ?? []);
  return [new URL("http://ü.example/a b?c=d"), new URLSearchParams("a=1&a=%20"), ...temporals];
}

function corpus(): unknown[] {
  const cycle: { self?: unknown; list: unknown[] } = { list: [1] };
  cycle.self = cycle;
  cycle.list.push(cycle);
  return [
    [
      undefined,
      null,
      true,
      -0,
      Number.NaN,
      1e300,
      -123456789,
      2 ** 40,
      "text",
      "\ud800 lone",
      "日本",
      123456789012345678901234567890n,
      -1n,
    ],
    { a: { b: withHole() }, __proto__x: 1 },
    new Map<unknown, unknown>([[{ k: 1 }, new Set([1, "2"])]]),
    [
      new Date(0),
      /re+/gi,
      new Uint8Array([1, 2, 3]),
      new Float64Array([1.5]),
      new BigInt64Array([-5n]),
      new DataView(new ArrayBuffer(3)),
      new ArrayBuffer(2),
    ],
    Object.assign(Object.create(null), { nothing: "inherited" }),
    Object.assign(new RangeError("out", { cause: new AggregateError([new TypeError("in")], "many") }), { code: "E_OWN" }),
    cycle,
    new Point(1, 2),
    [new Number(-0), new String("é"), new Boolean(true), Object(-5n)],
  ];
}

export function nameOfRuntime(): string {
  return "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node";
}

export class Host {
  runtime(): string {
    return nameOfRuntime();
  }
}

export async function relay(input: Queue<unknown>, output: Queue<unknown>): Promise<string> {
  for await (const value of input) await output.put(value);
  return nameOfRuntime();
}

/** Puts numbers into a queue and takes as many items out, from any process. Returns its runtime's name and the items that it took. */
export async function trade(q: Queue<[name: string, n: number]>, count: number): Promise<{ name: string; seen: [string, number][] }> {
  const name = nameOfRuntime();
  const seen: [string, number][] = [];
  const putting = (async () => {
    for (let n = 0; n < count; n++) await q.put([name, n]);
  })();
  while (seen.length < count) seen.push(await q.get());
  await putting;
  return { name, seen };
}

export async function inChildOf(runtime: (typeof runtimes)[number]): Promise<string> {
  const input = new Queue<unknown>();
  const output = new Queue<unknown>();
  const child = new Process({ target: relay, args: [input, output], runtime });
  await child.start();
  for (const value of corpus()) {
    await input.put(value);
    const back = await output.get();
    if (value instanceof Error) {
      // The runtimes' deepEqual() compares errors differently, so their parts are compared.
      assert.ok(back instanceof RangeError && back.cause instanceof AggregateError && back.cause.errors[0] instanceof TypeError);
      assert.deepEqual(
        [back.message, back.cause.message, (back as { code?: string }).code, back.stack],
        ["out", "many", "E_OWN", value.stack],
      );
      continue;
    }
    assert.deepEqual(back, value);
    if (back instanceof Point) assert.equal(back.constructor, Point);
  }
  for (const value of textual()) {
    await input.put(value);
    const back = await output.get();
    assert.deepEqual([Object.getPrototypeOf(back) === Object.getPrototypeOf(value), String(back)], [true, String(value)]);
  }
  await input.shutdown();
  const name = await child.result();
  await child.join();
  return name;
}

const pairs: [string, Case][] = runtimes.map((runtime) => [
  `the corpus goes to a ${runtime} child and back`,
  async () => {
    assert.equal(await inChildOf(runtime), runtime);
  },
]);

export const cases: Cases = {
  ...Object.fromEntries(pairs),
  "a context's processes, workers and servers run on its runtime": slow(async () => {
    for (const runtime of runtimes) {
      const context = getContext("spawn", { runtime });
      assert.equal(getContext("spawn", { runtime }), context);
      assert.equal(context.getContext("forkserver").getContext("spawn"), context);
      const child = new context.Process({ target: nameOfRuntime });
      await child.start();
      await using pool = new context.Pool({ processes: 1 });
      await using manager = new context.Manager();
      const host = await manager.create(Host);
      assert.deepEqual([await child.result(), await pool.apply(nameOfRuntime), await host.runtime()], [runtime, runtime, runtime]);
      await child.join();
    }
    const other = new (getContext("spawn", { runtime: "deno" }).Process)({ target: nameOfRuntime, runtime: "bun" });
    await other.start();
    assert.equal(await other.result(), "bun");
    await other.join();
    const own = getContext("spawn", { runtime: { execPath: process.execPath, args: process.execArgv } });
    assert.equal(getContext("spawn", { runtime: { execPath: process.execPath, args: process.execArgv } }), own);
    assert.throws(() => getContext("spawn", { runtime: "python" as never }), RangeError);
    assert.throws(() => getContext("spawn", { runtime: {} as never }), TypeError);
  }),
  "one queue shared by all three at once, each putting and getting": slow(async () => {
    const COUNT = 500;
    const q = new Queue<[string, number]>(20);
    const children = await Promise.all(runtimes.map((runtime) => started({ target: trade, args: [q, COUNT], runtime })));
    const results = await Promise.all(children.map((child) => child.result({ timeout: 20_000 })));
    for (const child of children) assert.equal(await child.join(), 0);
    assert.deepEqual(
      results.map(({ name }) => name),
      runtimes,
    );
    const all = results.flatMap(({ seen }) => seen.map((item) => item.join(" ")));
    const expected = runtimes.flatMap((name) => Array.from({ length: COUNT }, (_, n) => `${name} ${n}`));
    assert.deepEqual(all.sort(), expected.sort());
    for (const { seen } of results) {
      // Each consumer receives the items of one producer in the order in which they were put.
      for (const name of runtimes) {
        const numbers = seen.filter(([from]) => from === name).map(([, n]) => n);
        assert.deepEqual(
          numbers,
          numbers.toSorted((a, b) => a - b),
        );
      }
    }
    const { puts, gets, size, lost } = await q.stats();
    assert.deepEqual({ puts, gets, size, lost }, { puts: 3 * COUNT, gets: 3 * COUNT, size: 0, lost: 0 });
  }),
};
