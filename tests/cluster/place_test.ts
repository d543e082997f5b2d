/** @file Addresses of tasks, read and refused. */
import assert from "@std/assert";
import { readPlace, refusePublic } from "../../lib/cluster/place.ts";
import { isPublic, PRIVATE } from "../../lib/cluster/private.ts";
import { resolveName } from "../../lib/cluster/resolve_name.ts";
import config from "../../deno.json" with { type: "json" };

Deno.test("tasks are read in order, names with their addresses", () => {
  const names: Readonly<Record<string, string>> = { node1: "10.0.0.1" };
  const place = readPlace(
    "node1:7100, 10.0.0.2:7101",
    1,
    (name) => names[name],
  );
  assert.deepEqual(place, {
    task: 1,
    tasks: [
      { given: "node1:7100", ip: "10.0.0.1", port: 7100 },
      { given: "10.0.0.2:7101", ip: "10.0.0.2", port: 7101 },
    ],
  });
});

Deno.test("the system resolves a name, and says of none that it has no address", () => {
  assert.equal(resolveName("localhost"), "127.0.0.1");
  assert.equal(resolveName("no-such-machine.invalid"), undefined);
});

Deno.test("what names no task of several is refused, with what was expected", () => {
  const cases: readonly (readonly [string, number | undefined, RegExp])[] = [
    ["10.0.0.1:7100", 0, /A cluster of one task is none\.\nExpected --cluster/],
    [
      "10.0.0.1,10.0.0.2:7100",
      0,
      /"10\.0\.0\.1" of --cluster: it is not a host/,
    ],
    ["10.0.0.1:0,10.0.0.2:7100", 0, /"10\.0\.0\.1:0" of --cluster/],
    ["10.0.0.1:70000,10.0.0.2:7100", 0, /"10\.0\.0\.1:70000" of --cluster/],
    ["[::1]:7100,10.0.0.2:7100", 0, /"\[::1\]:7100" of --cluster/],
    [",10.0.0.2:7100", 0, /"" of --cluster/],
    ["a:7100,a:7100", 0, /Cannot use "a:7100" of --cluster twice/],
    ["10.0.0.1:7100,10.0.0.2:7100", 2, /There is no task 2\.\n.* to --task 1/],
    ["10.0.0.1:7100,10.0.0.2:7100", undefined, /Which of the tasks is this\?/],
    ["gone:7100,10.0.0.2:7100", 0, /Cannot find the machine "gone"/],
    [
      "127.0.0.1:7100,10.0.0.2:7100",
      1,
      /Cannot reach "127\.0\.0\.1:7100" from/,
    ],
  ];
  for (const [cluster, task, message] of cases) {
    const resolve = (name: string) => name === "a" ? "10.0.0.9" : undefined;
    assert.throws(() => readPlace(cluster, task, resolve), message);
  }
});

Deno.test("addresses of the internet are told from private ones", () => {
  const theirs = ["8.8.8.8", "172.15.0.1", "172.32.0.1", "192.169.0.1"]
    .concat("11.0.0.1", "128.0.0.1", "100.128.0.1", "2a00:1450::1");
  const ours = ["127.0.1.1", "10.255.0.1", "172.16.0.1", "172.31.255.1"]
    .concat(
      "192.168.0.1",
      "169.254.1.1",
      "100.64.0.1",
      "::1",
      "fe80::1",
      "fd00::2",
    );
  for (const ip of theirs) assert.ok(isPublic(ip), ip);
  for (const ip of ours) assert.ok(!isPublic(ip), ip);
});

Deno.test("a port that the internet might reach is refused, whichever address was given", () => {
  const place = readPlace("10.0.0.1:7100,10.0.0.2:7100", 1);
  assert.throws(
    () => refusePublic(place, ["127.0.0.1", "8.8.8.8"]),
    /Cannot open port 7100: this machine has an address of the internet, 8\.8\.8\.8/,
  );
  refusePublic(place, ["127.0.0.1", "10.0.0.2", "fe80::1"]);
  assert.throws(
    () => refusePublic(readPlace("8.8.8.8:7100,10.0.0.2:7100", 1), []),
    /"8\.8\.8\.8:7100" of --cluster is an address of the internet/,
  );
});

Deno.test("the permissions of a cluster reach private networks and no further", () => {
  const { train, cluster } = config.permissions;
  const hosts = train.net.filter((host) => host !== "127.0.0.1");
  assert.deepEqual(cluster.net, [...hosts, ...PRIVATE]);
  assert.deepEqual({ ...cluster, net: [] }, { ...train, net: [] });
});
