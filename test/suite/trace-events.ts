// The rules of the Trace Event Format, as far as traces of this library use it. Perfetto's documentation adds that slices of a track must nest.

export interface TraceEvent {
  readonly ph: string;
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly cat?: string;
  readonly ts?: number;
  readonly dur?: number;
  readonly id?: string;
  readonly bp?: string;
  readonly s?: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

/** Reads a trace in the array format, which may lack its closing bracket. Throws for anything that is not one. */
export function readTrace(text: string): TraceEvent[] {
  const body = text.trimEnd();
  return JSON.parse(body.endsWith("]") ? body : `${body.replace(/,$/, "")}]`) as TraceEvent[];
}

/** Returns what breaks the rules. */
export function faultsOf(events: readonly TraceEvent[]): string[] {
  const named = new Set(events.filter(({ ph, name }) => ph === "M" && name === "process_name").map(({ pid }) => pid));
  const starts = new Map(events.filter(({ ph }) => ph === "s").map((event) => [event.id, event]));
  const slices = events.filter(({ ph }) => ph === "X");
  return [...events.flatMap((event) => faultOf(event, named, starts, slices) ?? []), ...overlaps(slices)].slice(0, 10);
}

type Flows = ReadonlyMap<string | undefined, TraceEvent>;

function faultOf(event: TraceEvent, named: ReadonlySet<number>, starts: Flows, slices: readonly TraceEvent[]): string | undefined {
  const { ph, name, pid, tid, ts, dur, id, bp, s, args } = event;
  const fault = (what: string): string => `${what}: ${JSON.stringify(event)}`;
  if (typeof name !== "string" || !Number.isInteger(pid) || !Number.isInteger(tid)) return fault("no name, pid or tid");
  if (!named.has(pid)) return fault("a process without a name");
  if (ph === "M") return typeof args?.name === "string" ? undefined : fault("metadata without a name");
  if (!Number.isFinite(ts) || (ts ?? -1) < 0) return fault("no time");
  if (ph === "X") return Number.isFinite(dur) && (dur ?? -1) >= 0 ? undefined : fault("a slice without a duration");
  if (ph === "i") return ["g", "p", "t"].includes(s ?? "") ? undefined : fault("an instant without a scope");
  if (ph !== "s" && ph !== "f") return fault("an unknown phase");
  if (typeof id !== "string" || event.cat === undefined || (ph === "f") !== (bp === "e")) return fault("not a flow");
  const at = ts ?? 0;
  if (!slices.some((each) => each.pid === pid && each.tid === tid && (each.ts ?? 0) <= at && at <= (each.ts ?? 0) + (each.dur ?? 0)))
    return fault("a flow outside of slices");
  const start = ph === "f" ? starts.get(id) : undefined;
  return start !== undefined && (start.cat !== event.cat || start.name !== name) ? fault("a flow that changes its name") : undefined;
}

/** Slices of a track nest, or follow each other. */
function overlaps(slices: readonly TraceEvent[]): string[] {
  const tracks = Map.groupBy(slices, ({ pid, tid }) => `${pid} ${tid}`);
  return [...tracks.values()].flatMap((track) => {
    const sorted = track.toSorted((a, b) => (a.ts ?? 0) - (b.ts ?? 0) || (b.dur ?? 0) - (a.dur ?? 0));
    const open: number[] = [];
    return sorted.flatMap((slice) => {
      const [begin, end] = [slice.ts ?? 0, (slice.ts ?? 0) + (slice.dur ?? 0)];
      while ((open.at(-1) ?? Number.POSITIVE_INFINITY) <= begin) open.pop();
      const crosses = (open.at(-1) ?? end) < end;
      open.push(end);
      return crosses ? [`slices that overlap: ${JSON.stringify(slice)}`] : [];
    });
  });
}
