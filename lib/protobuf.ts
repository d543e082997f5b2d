/** @file Protocol buffers, written field by field. */
import protobuf from "protobufjs/minimal";

/** Writes fields one after another. */
export type Writer = protobuf.Writer;

/** An empty message. */
export const newWriter = (): Writer => protobuf.Writer.create();

// A key is the field's number, then its wire type in three bits.
/** Key of a whole number. */
export const varint = (field: number): number => field << 3;
/** Key of a float64. */
export const fixed64 = (field: number): number => (field << 3) | 1;
/** Key of a text, of bytes or of a message. */
export const sized = (field: number): number => (field << 3) | 2;
/** Key of a float32. */
export const fixed32 = (field: number): number => (field << 3) | 5;

/** Adds a message as a field. */
export function message(
  writer: Writer,
  field: number,
  body: (writer: Writer) => unknown,
): Writer {
  writer.uint32(sized(field)).fork();
  body(writer);
  return writer.ldelim();
}

/** Adds a text as a field. */
export const text = (writer: Writer, field: number, value: string): Writer =>
  writer.uint32(sized(field)).string(value);

/** Adds an entry of a map as a field: a text and a message. */
export const entry = (
  writer: Writer,
  field: number,
  key: string,
  body: (writer: Writer) => unknown,
): Writer =>
  message(writer, field, (w) => {
    text(w, 1, key);
    message(w, 2, body);
  });
