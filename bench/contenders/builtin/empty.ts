// An empty program: how long does a runtime take to start and end?
export {};
