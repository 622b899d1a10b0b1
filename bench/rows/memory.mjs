import { builtin, polyproc, python } from "../commands.mjs";

export function rows({ settle }) {
  return [
    {
      id: "memory",
      title: "Memory that an idle child has resident",
      unit: "MiB",
      higherIsBetter: false,
      contenders: {
        ...polyproc("memory.ts", { settle }),
        ...polyproc("memory.ts", { settle }, { backend: "portable" }),
        ...builtin("bare", "bare.ts", { what: "memory", settle }),
        ...python("memory.py", { settle }),
      },
      targets: [
        { subject: /^\w+ native$/, against: "own bare", most: 12, difference: true },
        { subject: /^\w+ portable$/, against: "own bare", most: 30, difference: true },
      ],
      quick: /native|portable|bare/,
    },
  ];
}
