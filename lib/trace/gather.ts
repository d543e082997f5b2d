/**
 * @file `tf.gather` without a look at computed indices.
 *
 * tfjs-node's kernel reads them to check their range, and there is nothing to
 * read while a step is recorded. TensorFlow checks them when it runs.
 */
import * as tf from "@tensorflow/tfjs";
import { createTensorsTypeOpAttr } from "@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js";

interface NodeBackend {
  readonly binding: { readonly TF_ATTR_INT: number };
  readonly tensorMap: {
    get(dataId: object): { readonly values: ArrayLike<number> | null };
  };
  executeSingleOutput(
    op: string,
    attrs: readonly unknown[],
    inputs: readonly unknown[],
  ): tf.TensorInfo;
}

/** Puts the kernel in the place of tfjs-node's. */
export function gatherUnseen(): void {
  tf.unregisterKernel("GatherV2", "tensorflow");
  tf.registerKernel({
    kernelName: "GatherV2",
    backendName: "tensorflow",
    kernelFunc({ inputs, attrs, backend }) {
      const { x, indices } = inputs as Record<"x" | "indices", tf.Tensor>;
      const { axis, batchDims } = attrs as Record<"axis" | "batchDims", number>;
      tf.backend_util.segment_util.collectGatherOpShapeInfo(
        x,
        indices,
        axis,
        batchDims,
      );
      const node = backend as NodeBackend;
      // Known are those that wait to be handed over.
      const { values } = node.tensorMap.get(indices.dataId);
      const count = x.shape[axis] as number;
      for (const index of Array.from(values ?? [])) {
        if (index >= 0 && index < count) continue;
        throw new RangeError(
          `tf.gather: the index ${index} is not in 0..${count - 1}`,
        );
      }
      const { binding, executeSingleOutput } = node;
      return executeSingleOutput.call(backend, "GatherV2", [
        { name: "batch_dims", type: binding.TF_ATTR_INT, value: batchDims },
        createTensorsTypeOpAttr("Tparams", x.dtype),
        createTensorsTypeOpAttr("Tindices", indices.dtype),
        createTensorsTypeOpAttr("Taxis", "int32"),
      ], [x, indices, tf.scalar(axis, "int32")]);
    },
  });
}
