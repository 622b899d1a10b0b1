// Nothing: how long does a runtime take for that?
export {};
