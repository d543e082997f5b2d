import assert from "@std/assert";
import {
  BYTES,
  type DType,
  dtypeOf,
  hostArray,
  sizeOf,
  TF_DTYPE,
} from "../../lib/ir/dtype.ts";

Deno.test("element types have the numbers of TensorFlow's tf_datatype.h", () => {
  assert.deepEqual(TF_DTYPE, {
    float32: 1,
    float64: 2,
    int32: 3,
    uint8: 4,
    string: 7,
    complex64: 8,
    int64: 9,
    bool: 10,
    bfloat16: 14,
    resource: 20,
  });
});

Deno.test("every number leads back to its element type, others are refused", () => {
  for (const [name, number] of Object.entries(TF_DTYPE)) {
    assert.equal(dtypeOf(number), name);
  }
  for (const number of [0, 5, 19, 101, -1]) {
    assert.throws(
      () => dtypeOf(number),
      { name: "RangeError", message: new RegExp(`data type ${number}$`) },
    );
  }
});

Deno.test("host arrays have elements of the stated bytes", () => {
  for (const [name, bytes] of Object.entries(BYTES)) {
    const dtype = name as DType;
    if (["string", "resource", "complex64"].includes(dtype)) {
      assert.throws(() => hostArray(dtype, new ArrayBuffer(16)), TypeError);
    } else {
      const array = hostArray(dtype, new ArrayBuffer(16));
      assert.equal(array.BYTES_PER_ELEMENT, bytes, dtype);
      assert.equal(array.length, 16 / bytes, dtype);
    }
  }
});

Deno.test("a scalar has one element, an empty axis none", () => {
  assert.equal(sizeOf([]), 1);
  assert.equal(sizeOf([2, 3, 4]), 24);
  assert.equal(sizeOf([5, 0]), 0);
});
