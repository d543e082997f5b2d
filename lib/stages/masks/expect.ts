/** @file Whether a mask's numbers are of what they are used for. */
import { ShapeError, type Type } from "../define.ts";

const sides = ([rows, columns]: readonly [number, number]): string =>
  `${rows} x ${columns}`;

/**
 * A mask has numbers of the patches of this grid.
 *
 * @param input Key of the mask.
 * @param cure What to write where it has others, given its grid.
 * @throws {ShapeError} When it has numbers of other patches.
 */
export function expectGrid(
  input: string,
  mask: Type | undefined,
  grid: readonly [number, number],
  cure: (own: readonly [number, number]) => string,
): void {
  const own = mask?.grid;
  if (!own || `${own}` === `${grid}`) return;
  throw new ShapeError(
    `\`${input}\` has numbers of ${sides(own)} patches, and there are ${
      sides(grid)
    }: ${cure(own)}`,
  );
}

/** The same of tokens of all patches, whose grid is not known. */
export function expectAll(
  input: string,
  mask: Type | undefined,
  { shape: [count = 0] }: Type,
): void {
  const own = mask?.grid;
  if (!own || own[0] * own[1] === count) return;
  throw new ShapeError(
    `\`${input}\` has numbers of ${
      sides(own)
    } patches, and there are ${count} ` +
      "tokens: they have to be of all patches (an encoder without `keep`), and the mask of the same `patch`",
  );
}

/**
 * Tokens are those of the places that a mask has numbers of.
 *
 * @throws {ShapeError} When they are others.
 */
export function expectPlaces(
  input: string,
  mask: Type | undefined,
  tokens: Type | undefined,
): void {
  const [own, other] = [mask?.places, tokens?.places];
  if (own === undefined || other === undefined || own === other) return;
  throw new ShapeError(
    `the tokens are those of ${other}, and \`${input}\` has numbers of ${own}`,
  );
}

/** Places that tokens have from a mask. */
export const placesOf = (mask: Type | undefined): Pick<Type, "places"> =>
  mask?.places === undefined ? {} : { places: mask.places };
