/** @file What a node's scope tells: the part of the step that recorded it. */

/** Last name of a scope whose nodes are the gradients of those outside it. */
const GRADIENT = "gradient";

/** Whose work a node is. */
export interface Owner {
  /** A stage, or a part of the step beside the stages; `""` is not known. */
  readonly part: string;
  /** Whether it belongs to the backward pass. */
  readonly backward: boolean;
}

/** Scope for the gradients of what stands in a scope. */
export const gradientScope = (scope: string): string =>
  scope ? `${scope}/${GRADIENT}` : "";

/** Whether a node, which has a scope, belongs to the backward pass. */
export const isBackward = ({ scope }: { readonly scope: string }): boolean =>
  ownerOf(scope).backward;

/** Tells a scope's owner. Autodiff's own nodes have no scope. */
export function ownerOf(scope: string): Owner {
  const [part = "", ...rest] = scope.split("/");
  return { part, backward: part === "" || rest.at(-1) === GRADIENT };
}
