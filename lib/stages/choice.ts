/** @file Options that are one of some names, each with what it means. */
import { z } from "zod";

/**
 * An option that is one of some names. Editors show what each of them means,
 * and so does the reference page.
 *
 * @param values What each name means, in a few words.
 *
 * @example
 * ```ts
 * import { choice } from "stopgrad";
 *
 * const kernel = choice({ bilinear: "of width 2", bicubic: "of width 4" });
 * console.log(kernel.default("bilinear").parse(undefined));
 * ```
 */
export function choice<const Name extends string>(
  values: Readonly<Record<Name, string>>,
): z.ZodType<Name, Name> {
  const names = Object.keys(values) as [Name, ...Name[]];
  return z.enum(names).meta({
    enumDescriptions: Object.values(values),
  }) as unknown as z.ZodType<Name, Name>;
}
