// As idle.ts, with the modules of Node that a child of polyproc needs, and a helper thread.
import "./thread.ts";

setInterval(() => {}, 2 ** 31 - 1);
