import { builtin, polyproc, python } from "../commands.mjs";

const NATIVE = /^\w+ native$/;
const PORTABLE = /^\w+ portable$/;
const NET = "own net round trip";

export function rows({ ms }) {
  const row = (id, title, settings, unit, targets) => ({
    id,
    title,
    unit,
    higherIsBetter: unit !== "µs",
    contenders: {
      ...polyproc("manager", { ms, ...settings }),
      ...polyproc("manager", { ms, ...settings }, { backend: "portable" }),
      ...python("manager.py", { ms, ...settings }),
      ...builtin("net round trip", "net", { what: settings.clients === 1 ? "trip" : "rate", peers: settings.clients, ms }),
    },
    targets,
  });
  return [
    row("manager", "Manager: dict.get, one client", { clients: 1 }, "µs", [
      { subject: NATIVE, against: "CPython", most: 0.5 },
      { subject: PORTABLE, against: NET, most: 1.5 },
    ]),
    row("manager-4", "Manager: dict.get, four clients together", { clients: 4 }, "calls/s", [
      { subject: NATIVE, against: "CPython", least: 4, limit: NET },
    ]),
  ];
}
