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
        ...builtin("bare + process, fs, net", "bare", { what: "memory", has: "modules", settle }),
        ...builtin("bare + process, fs, net, a thread", "bare", { what: "memory", has: "thread", settle }),
        ...python("memory.py", { settle }),
      },
      targets: [
        { subject: /^\w+ native$/, against: "own bare + process, fs, net", most: 6, difference: true },
        {
          subject: /^\w+ portable$/,
          against: "own bare + process, fs, net",
          most: 15,
          difference: true,
          limit: "own bare + process, fs, net, a thread",
        },
      ],
      quick: /native|portable|net$/,
    },
  ];
}
