// As idle.ts, with the modules of Node that a child of polyproc needs.
import "./modules.ts";

setInterval(() => {}, 2 ** 31 - 1);
