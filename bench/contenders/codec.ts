// Values a second that a codec encodes or decodes: polyproc's, msgpackr's with structured clone, or the runtime's own.
import { createRequire } from "node:module";
import { deserialize, serialize } from "node:v8";
import { decode } from "../../src/codec/decode.ts";
import { encodeLent } from "../../src/codec/encode.ts";
import { rate, report } from "./measure.ts";
import { settings } from "./settings.ts";

interface Codec {
  encode(value: unknown): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}

function msgpackr(options: object): Codec {
  const { Packr } = createRequire(import.meta.url)("msgpackr") as {
    Packr: new (options: object) => { pack: Codec["encode"]; unpack: Codec["decode"] };
  };
  const packr = new Packr(options);
  return { encode: (value) => packr.pack(value), decode: (bytes) => packr.unpack(bytes) };
}

const codecs: Readonly<Record<string, () => Codec>> = {
  // `encodeLent` is what puts and sends use. It reuses its buffer, so the bytes to be decoded are copied below.
  polyproc: () => ({ encode: (value) => encodeLent(value, "value").bytes, decode: (bytes) => decode(bytes) }),
  msgpackr: () => msgpackr({ structuredClone: true }),
  // Without records each object carries its keys, as in polyproc, and msgpackr compiles no reader.
  "msgpackr plain": () => msgpackr({ structuredClone: true, useRecords: false }),
  v8: () => ({ encode: serialize, decode: deserialize }),
};

const values: Readonly<Record<string, unknown>> = {
  small: { id: 12345, name: "item 12345" },
  document: {
    title: "A document with a list",
    made: new Date(0),
    tags: ["one", "two", "three"],
    rows: Array.from({ length: 50 }, (_, i) => ({ id: i, name: `row ${i}`, price: i * 1.25, open: i % 2 === 0, note: null })),
  },
  strings: Array.from({ length: 1000 }, (_, i) => `/work/files/folder ${i % 7}/${i * 37}.txt`),
};

const { library, what, value, ms } = settings({ library: "polyproc", what: "encode", value: "small", ms: 1000 });
const codec = codecs[library]?.();
if (codec === undefined) throw new Error(`There is no codec ${library}.`);
const given = values[value];
const bytes = codec.encode(given).slice();
const pass = (count: number): number => {
  if (what === "encode") for (let i = 0; i < count; i++) codec.encode(given);
  else for (let i = 0; i < count; i++) codec.decode(bytes);
  return count;
};
report(await rate(pass, ms));
