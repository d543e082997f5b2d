/**
 * @file Schemas that make no code of text, which the worker does without. They
 * decide about it as they are made: this is imported before all others.
 */
import { z } from "zod";

z.config({ jitless: true });
