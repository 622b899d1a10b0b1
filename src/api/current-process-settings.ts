/** The settings of the object that stands for this process itself. They replace the options. */
export interface CurrentProcessSettings {
  readonly name: string;
  readonly identity: readonly number[];
  readonly daemon: boolean;
  /** The function that `run()` calls. The `run` of a subclass comes before it. */
  readonly run?: (() => unknown) | undefined;
}

// They are not a parameter of the constructor, because users could pass that parameter too.
let next: CurrentProcessSettings | undefined;

/** Runs the constructor of a Process with these settings. */
export function withSettings<T>(settings: CurrentProcessSettings, construct: () => T): T {
  next = settings;
  try {
    return construct();
  } finally {
    next = undefined;
  }
}

/** Takes the settings that this constructor call is to use in place of options, if there are any. */
export function takeSettings(): CurrentProcessSettings | undefined {
  const settings = next;
  next = undefined;
  return settings;
}
