import { builtin, polyproc, python } from "../commands.mjs";

export function rows({ settle }) {
  return [
    {
      id: "memory",
      title: "Resident memory of an idle child",
      unit: "MiB",
      higherIsBetter: false,
      contenders: {
        ...polyproc("memory", { settle }),
        ...polyproc("memory", { settle }, { backend: "portable" }),
        ...builtin("bare", "bare", { what: "memory", settle }),
        ...builtin("bare + process, fs, net", "bare", { what: "memory", modules: 1, settle }),
        ...python("memory.py", { settle }),
      },
      targets: [
        { subject: /^\w+ native$/, against: "own bare", most: 12, difference: true },
        { subject: /^\w+ portable$/, against: "own bare", most: 30, difference: true },
      ],
      quick: /native|portable|bare$/,
    },
  ];
}
