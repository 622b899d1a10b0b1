// Only imports the modules of Node that a child of polyproc needs: how long does a runtime take to load them?
import "node:fs";
import "node:net";
import "node:process";
