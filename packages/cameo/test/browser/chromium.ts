import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:/Program Files/Google/Chrome/Application/chrome.exe",
];

/** The Chromium or Chrome of this machine; on Debian, root without one gets the system's package. */
export function findChromium(): string | undefined {
  const found = (): string | undefined => PLACES.find((place) => existsSync(place));
  if (!found() && existsSync("/usr/bin/apt-get") && process.getuid?.() === 0) {
    console.log("No Chromium on this machine: installing Debian's package chromium.");
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    try {
      execFileSync("apt-get", ["update", "-qq"], { env, stdio: "ignore" });
      execFileSync("apt-get", ["install", "-qq", "-y", "--no-install-recommends", "chromium"], {
        env,
        stdio: "ignore",
      });
    } catch (error) {
      console.log(`The package could not be installed: ${(error as Error).message}`);
    }
  }
  return found();
}

/** A headless browser. Its profile is empty, and removed when it is closed. */
export const launchChromium = (executablePath: string): Promise<Browser> =>
  chromium.launch({
    executablePath,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--enable-unsafe-swiftshader", // WebGL without a graphics card
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });
