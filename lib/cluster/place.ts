/** @file Where the tasks of a cluster are, and which of them this process is. */
import { UserError } from "../errors.ts";
import { isIPv4, isLoopback, isPublic } from "./private.ts";
import { resolveName } from "./resolve_name.ts";

/** Where a task listens. */
export interface TaskAddress {
  /** As it was given: `node1:7100`. */
  readonly given: string;
  readonly ip: string;
  readonly port: number;
}

/** One task among others. */
export interface Place {
  readonly tasks: readonly TaskAddress[];
  /** Number of this process. */
  readonly task: number;
}

const FORM =
  "Expected --cluster HOST:PORT,HOST:PORT,..., one for each task, the first of which trains; such as --cluster 10.0.0.1:7100,10.0.0.2:7100";

/** `task 1 (10.0.0.2:7100)`. */
export const taskName = ({ tasks }: Pick<Place, "tasks">, task: number) =>
  `task ${task} (${tasks[task]?.given})`;

function addressOf(
  given: string,
  resolve: (name: string) => string | undefined,
): TaskAddress {
  const [, host = "", digits] = /^([^:\s]+):(\d{1,5})$/.exec(given) ?? [];
  const port = Number(digits);
  if (host === "" || !(port >= 1 && port <= 65535)) {
    throw new UserError(
      `Cannot use the address "${given}" of --cluster: it is not a host and a port.\n${FORM}.`,
    );
  }
  const ip = isIPv4(host) ? host : resolve(host);
  if (ip === undefined) {
    throw new UserError(
      `Cannot find the machine "${host}" of --cluster: the name has no IPv4 address here.\nGive its address, or mend the name.`,
    );
  }
  return { given, ip, port };
}

/**
 * Reads `--cluster` and `--task`.
 *
 * @throws {UserError} When they do not name one of several tasks.
 */
export function readPlace(
  cluster: string,
  task: number | undefined,
  resolve: (name: string) => string | undefined = resolveName,
): Place {
  const tasks = cluster.split(",").map((given) =>
    addressOf(given.trim(), resolve)
  );
  const count = tasks.length;
  if (count < 2) {
    throw new UserError(`A cluster of one task is none.\n${FORM}.`);
  }
  const places = tasks.map(({ ip, port }) => `${ip}:${port}`);
  const twice = places.findIndex((one, i) => places.indexOf(one) !== i);
  if (twice >= 0) {
    throw new UserError(
      `Cannot use "${
        tasks[twice]?.given
      }" of --cluster twice: each task needs a port of its own.\n${FORM}.`,
    );
  }
  if (task === undefined || task >= count) {
    throw new UserError(
      `${
        task === undefined
          ? "Which of the tasks is this?"
          : `There is no task ${task}.`
      }\n--cluster names ${count}: give --task 0 to the first, and so on to --task ${
        count - 1
      }.`,
    );
  }
  const [first, ...others] = tasks;
  if (
    first && isLoopback(first.ip) && others.some(({ ip }) => !isLoopback(ip))
  ) {
    throw new UserError(
      `Cannot reach "${first.given}" from other machines: here it is ${first.ip}, this machine's address for itself.\nGive the address that the others know it by.`,
    );
  }
  return { tasks, task };
}

/** Addresses of this machine's networks, as far as they may be asked for. */
function ownAddresses(): string[] {
  const { state } = Deno.permissions.querySync({
    name: "sys",
    kind: "networkInterfaces",
  });
  return state === "granted"
    ? Deno.networkInterfaces().map(({ address }) => address)
    : [];
}

/**
 * TensorFlow listens on every network of a machine, and does what anybody asks.
 *
 * @throws {UserError} Where that may be anybody on the internet.
 */
export function refusePublic(
  { tasks, task }: Place,
  own: readonly string[] = ownAddresses(),
): void {
  const given = tasks.find(({ ip }) => isPublic(ip));
  const here = own.find(isPublic);
  if (!given && here === undefined) return;
  const what = given
    ? `"${given.given}" of --cluster is an address of the internet (${given.ip})`
    : `this machine has an address of the internet, ${here}, and TensorFlow listens on all that it has`;
  throw new UserError(
    `Cannot open port ${
      tasks[task]?.port
    }: ${what}. Whoever reaches that port can run code here, without a password.\nUse a private network or a tunnel. Where a firewall keeps others out, add --cluster-public.`,
  );
}
