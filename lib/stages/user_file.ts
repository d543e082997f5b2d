/** @file Names of definitions that are paths of a user's own modules. */

/** Paths of modules: they start at the pipeline's folder, or at the root. */
export const USER_FILE = /^(\.{0,2}\/|[A-Za-z]:[\\/]).*\.[cm]?[jt]s$/;

/** Whether a name in a pipeline is the path of a user's module. */
export const isUserFile = (name: unknown): name is string =>
  typeof name === "string" && USER_FILE.test(name);
