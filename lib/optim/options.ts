/** @file Options that optimizers share. */
import type * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { ramp } from "../stages/ramp.ts";

/** Learning rate at factor 1 of the schedule. */
export const lr = z.number().positive().max(1e6).describe(
  "Learning rate where the schedule's factor is 1",
);

/** Momentum of the moving gradient. */
export const momentum = z.number().min(0).lt(1).default(0.9).describe(
  "Share of the moving gradient that each step keeps",
);

/** Weight decay. */
export const weightDecay = ramp(z.number().min(0).max(1)).default(0).describe(
  "Pull of weights towards 0",
);

/** Whether biases and norms are spared. */
export const excludeBiasAndNorm = z.boolean().describe(
  "Leave biases, scales and offsets of norms out of weight decay",
);

/** Whether a weight decay is one: a scalar of the step may be any. */
export const decays = (decay: number | tf.Scalar): boolean => decay !== 0;
