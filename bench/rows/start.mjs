import { builtin, polyproc, python } from "../commands.mjs";

const ALL = /^\w+ native$/;
/** A spare process needs this long to boot when all cores are idle. */
const REFILL_MS = 400;

export function rows({ starts }) {
  const row = (id, title, contenders, targets = []) => ({ id, title, unit: "ms", higherIsBetter: false, contenders, targets });
  const spawned = (settings, options) => polyproc("start", { method: "spawn", ...settings }, options);
  const spare = (until) => polyproc("start", { method: "forkserver", until, starts, pause: REFILL_MS });
  const ahead = (until) => builtin("fork ahead", "fork-job", { from: "job", until, starts, pause: REFILL_MS });
  const forkserver = python("start.py", { method: "forkserver", starts }, "CPython forkserver");
  const against = "CPython forkserver";
  return [
    {
      ...row(
        "start",
        "Start and join, spawn",
        {
          ...spawned({ starts }),
          ...builtin("bare", "bare", { what: "start", starts }),
          ...builtin("bare + process, fs, net", "bare", { what: "start", has: "modules", starts }),
          ...builtin("bare + process, fs, net, a thread", "bare", { what: "start", has: "thread", starts }),
          ...builtin("fork + a job", "fork-job", { starts }),
          ...spawned({ starts }, { backend: "portable" }),
          ...python("start.py", { method: "spawn", starts }, "CPython spawn"),
          ...python("start.py", { method: "fork", starts }, "CPython fork"),
        },
        [
          { subject: ALL, against: "own bare + process, fs, net", most: 20, difference: true, limit: "own fork + a job" },
          {
            subject: /^\w+ portable$/,
            against: "own bare + process, fs, net",
            most: 40,
            difference: true,
            limit: "own bare + process, fs, net, a thread",
          },
        ],
      ),
      quick: /native|net$/,
    },
    row("start-cold", "Start and join, spawn, a program's first", {
      ...spawned({ starts: 1 }),
      ...builtin("bare", "bare", { what: "start", starts: 1 }),
      ...python("start.py", { method: "spawn", starts: 1 }, "CPython spawn"),
    }),
    {
      ...row("start-spare-line", "Start to the target's first line, warm spare", { ...spare("line"), ...ahead("line"), ...forkserver }, [
        { subject: ALL, against, most: 0.2, limit: "own fork ahead" },
      ]),
      quick: /./,
    },
    {
      ...row("start-spare-join", "Start and join, warm spare", { ...spare("join"), ...ahead("join"), ...forkserver }, [
        { subject: ALL, against, most: 0.5, limit: "own fork ahead" },
      ]),
      quick: /./,
    },
  ];
}
