/** @file Images as rows of patches that do not overlap. */
import * as tf from "@tensorflow/tfjs";

/**
 * Cuts images into patches, row after row; within a patch stand its pixels row
 * after row, each with its channels (as MAE's targets).
 *
 * @param images `[batch, height, width, channels]`; the sides are multiples of
 * `side`.
 * @param side Pixels of a patch in each direction.
 * @returns `[batch, patches, side · side · channels]`
 */
export function imagePatches(images: tf.Tensor4D, side: number): tf.Tensor3D {
  const [batch, height, width, channels] = images.shape;
  const [rows, columns] = [height / side, width / side];
  const cut = tf.reshape(images, [batch, rows, side, columns, side, channels]);
  return tf.reshape(
    tf.transpose(cut, [0, 1, 3, 2, 4, 5]),
    [batch, rows * columns, side * side * channels],
  );
}
