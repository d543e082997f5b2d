/** @file Reads protocol buffers field by field, where a schema would be heavier than the use. */

/** A field: its number and its value. */
export interface Field {
  readonly number: number;
  /** Bytes of a string or message; a number of every other kind. */
  readonly value: number | Uint8Array;
}

/** Fields of a message, in order; see https://protobuf.dev/programming-guides/encoding. */
export function* fields(bytes: Uint8Array): Generator<Field> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1;; factor *= 128) {
      const byte = view.getUint8(at++);
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const number = Math.floor(key / 8);
    switch (key % 8) {
      case 0:
        yield { number, value: varint() };
        break;
      case 1:
        yield { number, value: view.getFloat64(at, true) };
        at += 8;
        break;
      case 2: {
        const length = varint();
        yield { number, value: bytes.subarray(at, at + length) };
        at += length;
        break;
      }
      case 5:
        yield { number, value: view.getFloat32(at, true) };
        at += 4;
        break;
      default:
        throw new RangeError(`Cannot read wire type ${key % 8}`);
    }
  }
}
