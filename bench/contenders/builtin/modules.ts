// Nothing but the modules of Node's that a child needs: how long does a runtime take for those?
import "node:fs";
import "node:net";
import "node:process";
