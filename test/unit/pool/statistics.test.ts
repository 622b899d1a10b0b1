import { describe, expect, it } from "vitest";
import { Histogram } from "../../../src/pool/statistics.ts";
import { Random } from "../../../tools/random.ts";

/** A percentile is at most so much above the time that it stands for. */
const OFF = 1.04;
const SHARES = { p50: 0.5, p90: 0.9, p99: 0.99 } as const;

describe("the times of a pool", () => {
  it("are zero without any", () => {
    const histogram = new Histogram();
    expect(histogram.times()).toEqual({ mean: 0, p50: 0, p90: 0, p99: 0, max: 0 });
    expect(histogram.sum).toBe(0);
  });

  it("are the time itself, if there is one", () => {
    for (const ms of [0, 1e-6, 1e-4, 0.37, 1, 20_000, 3e9]) {
      const histogram = new Histogram();
      histogram.add(ms);
      expect(histogram.times()).toEqual({ mean: ms, p50: ms, p90: ms, p99: ms, max: ms });
    }
  });

  it("have percentiles that are never too low, and at most 4 % too high", () => {
    const random = new Random(7);
    for (let turn = 0; turn < 200; turn++) {
      const histogram = new Histogram();
      const times = Array.from({ length: 1 + random.int(300) }, () => 1e-4 * 10 ** (11 * random.fraction()));
      for (const ms of times) histogram.add(ms);
      times.sort((a, b) => a - b);
      const found = histogram.times();
      for (const [name, share] of Object.entries(SHARES)) {
        const exact = times[Math.ceil(share * times.length) - 1] as number;
        const given = found[name as keyof typeof SHARES];
        expect(given, name).toBeGreaterThanOrEqual(exact * (1 - 1e-9));
        expect(given, name).toBeLessThanOrEqual(exact * OFF * (1 + 1e-9));
      }
      expect(found.max).toBe(times.at(-1));
      expect(found.mean).toBeCloseTo(times.reduce((sum, ms) => sum + ms, 0) / times.length, 3);
    }
  });

  it("count a time as often as it is told", () => {
    const histogram = new Histogram();
    histogram.add(1, 98);
    histogram.add(100, 1);
    histogram.add(1000);
    const { mean, p50, p90, p99, max } = histogram.times();
    expect(mean).toBeCloseTo((98 + 100 + 1000) / 100);
    expect(histogram.sum).toBe(98 + 100 + 1000);
    for (const ms of [p50, p90]) expect(ms).toBeLessThanOrEqual(OFF);
    expect(p99).toBeGreaterThanOrEqual(100);
    expect(p99).toBeLessThanOrEqual(100 * OFF);
    expect(max).toBe(1000);
  });
});
