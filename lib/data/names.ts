/** @file What images are called, told one by one: of millions the texts need not be held. */

/** Names by place; an array is one. */
export interface Names {
  /** How many there are. */
  readonly length: number;
  /** Name at a place, counted from 0. */
  at(place: number): string | undefined;
}

/** Some of the names, in another order. */
export function chosenNames(names: Names, places: Int32Array): Names {
  if (Array.isArray(names)) {
    return Array.from(places, (place) => names[place] as string);
  }
  return {
    length: places.length,
    at: (i) => names.at(places.at(i) ?? names.length),
  };
}
