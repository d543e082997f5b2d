/** @file The real Chromium, from npm alone: fetched with the other packages, started when a test asks. */
import chromium from "@sparticuz/chromium";
import { type Browser, chromium as launcher } from "playwright-core";

/** Starts it; the caller closes it. */
export async function openBrowser(): Promise<Browser> {
  return await launcher.launch({
    executablePath: await chromium.executablePath(),
    args: [...chromium.args, "--no-sandbox"],
    headless: true,
  });
}
