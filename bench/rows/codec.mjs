import { codec } from "../commands.mjs";

const NAMES = { small: "a small object", document: "a document of 50 rows", strings: "an array of 1,000 paths" };

/** A codec without a compiled reader for each set of keys, and the one of the runtime. */
const limit = ["own msgpackr plain", "own v8"];

export function rows({ ms }) {
  const row = (what, value) => ({
    id: `codec-${what}-${value}`,
    title: `Codec: ${what} ${NAMES[value]}`,
    unit: "values/s",
    higherIsBetter: true,
    contenders: Object.assign(
      {},
      ...["polyproc", "msgpackr", "msgpackr plain", "v8"].map((library) => codec(library, { what, value, ms })),
    ),
    targets: [{ subject: /^\w+ polyproc$/, against: "own msgpackr", least: what === "decode" && value === "document" ? 0.8 : 1, limit }],
  });
  return Object.keys(NAMES).flatMap((value) => [row("encode", value), row("decode", value)]);
}
