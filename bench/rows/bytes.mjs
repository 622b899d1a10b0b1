import { builtin, c, polyproc, python } from "../commands.mjs";

const ALL = /^\w+ native$/;

export function rows({ ms }) {
  const row = (id, title, contenders, targets = []) => ({ id, title, unit: "MiB/s", higherIsBetter: true, contenders, targets });
  const net = (bytes) => builtin("net echo", "net", { what: "bytes", bytes, ms });
  const echo = (bytes) => ({ ...polyproc("bytes", { bytes, ms }), ...python("bytes_echo.py", { bytes, ms }), ...net(bytes) });
  const socketpair = (bytes) => c("socketpair", { what: 1, bytes, ms });
  const faster = [{ subject: ALL, against: "CPython", least: 1.5, limit: "own net echo" }];
  return [
    row("bytes-4k", "sendBytes echo, 4 KiB", { ...echo(1 << 12), ...socketpair(1 << 12) }, faster),
    row("bytes-64k", "sendBytes echo, 64 KiB", { ...echo(1 << 16), ...socketpair(1 << 16) }, faster),
    {
      ...row("bytes-1m", "sendBytes echo, 1 MiB", { ...echo(1 << 20), ...socketpair(1 << 20) }, faster),
      quick: /native|CPython/,
    },
    row("bytes-64m", "sendBytes echo, 64 MiB", { ...echo(64 << 20), ...socketpair(64 << 20) }, faster),
    {
      ...row(
        "bytes-memory",
        "1 MiB echo through SharedMemory",
        {
          ...polyproc("memory-echo", { bytes: 1 << 20, ms }),
          ...python("bytes_echo.py", { bytes: 1 << 20, ms }, "CPython Pipe"),
          ...c("memory", { bytes: 1 << 20, ms }, "C memory"),
        },
        [{ subject: ALL, against: "CPython Pipe", least: 5, limit: "C memory" }],
      ),
      quick: /./,
    },
  ];
}
