/** @file Text in markup: HTML, SVG, Graphviz' labels. */

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** Text that means itself, in markup and in attributes. */
export const escaped = (text: string): string =>
  // Controls are no characters of XML.
  // deno-lint-ignore no-control-regex
  text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "\ufffd")
    .replace(/[&<>"]/g, (char) => ESCAPES[char] as string);
