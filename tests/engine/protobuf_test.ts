import assert from "@std/assert";
import { fields } from "../../lib/engine/protobuf.ts";

const read = (...bytes: number[]) => [...fields(Uint8Array.from(bytes))];

Deno.test("an empty message has no fields", () => {
  assert.deepEqual(read(), []);
});

Deno.test("varints are read seven bits a byte, the lowest first", () => {
  // The example of the protocol buffer documentation: field 1 is 150.
  assert.deepEqual(read(0x08, 0x96, 0x01), [{ number: 1, value: 150 }]);
  assert.deepEqual(read(0x10, 0x00, 0x10, 0x7f), [
    { number: 2, value: 0 },
    { number: 2, value: 127 },
  ]);
});

Deno.test("varints beyond 32 bits stay exact, as times in microseconds are", () => {
  const value = 1_767_225_600_123_456;
  const bytes = [];
  for (let rest = BigInt(value); rest > 0n; rest >>= 7n) {
    bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
  }
  assert.deepEqual(read(0x18, ...bytes), [{ number: 3, value }]);
});

Deno.test("strings and messages come as their bytes, to be read in turn", () => {
  const [outer, next] = read(0x0a, 3, 0x08, 0x96, 0x01, 0x10, 5);
  assert.equal(outer?.number, 1);
  assert.deepEqual([...fields(outer?.value as Uint8Array)], [
    { number: 1, value: 150 },
  ]);
  assert.deepEqual(next, { number: 2, value: 5 });
  const [text] = read(0x12, 7, ...new TextEncoder().encode("testing"));
  assert.equal(new TextDecoder().decode(text?.value as Uint8Array), "testing");
});

Deno.test("fixed fields of 32 and 64 bits are passed over at their width", () => {
  const float = [...new Uint8Array(Float32Array.of(1.5).buffer)];
  const double = [...new Uint8Array(Float64Array.of(-0.1).buffer)];
  assert.deepEqual(read(0x0d, ...float, 0x11, ...double, 0x18, 1), [
    { number: 1, value: 1.5 },
    { number: 2, value: -0.1 },
    { number: 3, value: 1 },
  ]);
});

Deno.test("field numbers above 15 take two bytes", () => {
  assert.deepEqual(read(0x80, 0x01, 9), [{ number: 16, value: 9 }]);
});

Deno.test("a view into a larger buffer is read from its own start", () => {
  const buffer = Uint8Array.of(0xff, 0xff, 0x08, 0x05, 0xff);
  assert.deepEqual([...fields(buffer.subarray(2, 4))], [
    { number: 1, value: 5 },
  ]);
});

Deno.test("wire types that no message of today has are refused", () => {
  for (const wireType of [3, 4, 6, 7]) {
    assert.throws(
      () => read(8 | wireType),
      { name: "RangeError", message: `Cannot read wire type ${wireType}` },
    );
  }
});

Deno.test("a varint that the end cuts off is refused", () => {
  assert.throws(() => read(0x08, 0x96), RangeError);
});
