/** @file Under which licence images are, where their source tells. */

/** By the name of a source; a folder of one's own has none. */
export const LICENCES: Readonly<Record<string, string>> = {
  photos:
    "CC0 1.0, CC BY 2.0 and public domain; authors in `data/photos/LICENSE.md` of Stopgrad",
  cifar10:
    "none is given by its authors (Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html)",
  mnist: "CC BY-SA 3.0 (MNIST) or MIT (Fashion-MNIST): say which it was",
};

/** What a model card says of a source's licence. */
export const licenceOf = (source: string): string =>
  LICENCES[source] ??
    "not known: whoever passes this model on has to say where the images are from";
