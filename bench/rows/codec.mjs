import { codec } from "../commands.mjs";

export function rows({ ms }) {
  const row = (what, value) => ({
    id: `codec-${what}-${value}`,
    title: `Codec: ${what} a ${value === "small" ? "small object" : "document of 50 rows"}`,
    unit: "values/s",
    higherIsBetter: true,
    contenders: Object.assign(
      {},
      ...["polyproc", "msgpackr", "msgpackr plain", "v8"].map((library) => codec(library, { what, value, ms })),
    ),
    targets: [{ subject: /^\w+ polyproc$/, against: "own msgpackr", least: 1 }],
  });
  return ["small", "document"].flatMap((value) => [row("encode", value), row("decode", value)]);
}
