/**
 * @file Documentation lint of `mod.ts`.
 *
 * `deno doc --lint` asks that every type in the public API be exported; types
 * of packages and the table of C functions cannot be, or should not.
 */
const FOREIGN =
  /references private type '(Scalar|Tensor|Tensor2D|Tensor3D|Tensor4D|ZodType|SYMBOLS)'/;

const { stderr } = await new Deno.Command(Deno.execPath(), {
  args: ["doc", "--lint", "mod.ts"],
  env: { NO_COLOR: "1" },
  stdout: "null",
  stderr: "piped",
}).output();
const findings = new TextDecoder().decode(stderr)
  .split(/^(?=error\[)/m)
  .filter((block) => block.startsWith("error[") && !FOREIGN.test(block));
for (const finding of findings) console.error(finding.trim());
console.log(`documentation: ${findings.length} findings`);
Deno.exit(findings.length === 0 ? 0 : 1);
