// As idle.ts, with the modules of Node's that a child needs.
import "./modules.ts";

setInterval(() => {}, 2 ** 31 - 1);
