/** A real browser without a screen: Debian's chromium, driven by playwright-core. As much of it as the tests use. */
import { createRequire } from 'node:module';

export interface BrowserPage {
  goto(url: string): Promise<unknown>;
  fill(selector: string, text: string): Promise<void>;
  click(selector: string): Promise<void>;
  textContent(selector: string): Promise<string | null>;
  /** Runs `body`, the text of a function of `argument`, in the page until it gives something true. */
  waitForFunction(body: string, argument?: unknown, options?: { timeout: number }): Promise<unknown>;
  evaluate(body: string): Promise<unknown>;
  on(event: 'websocket', hear: (socket: PageSocket) => void): void;
  on(event: 'pageerror', hear: (error: Error) => void): void;
  on(event: 'console', hear: (message: { text(): string }) => void): void;
  setViewportSize(size: { width: number; height: number }): Promise<void>;
  screenshot(options: { path: string; fullPage: boolean }): Promise<unknown>;
  close(): Promise<void>;
}

export interface PageSocket {
  url(): string;
  on(event: 'framereceived', hear: (frame: { payload: string | Buffer }) => void): void;
}

export interface Browser {
  newPage(): Promise<BrowserPage>;
  version(): string;
  close(): Promise<void>;
}

interface PlaywrightCore {
  chromium: { launch(options: { executablePath: string; args: string[] }): Promise<Browser> };
}

/** Where Debian's package puts it. */
const EXECUTABLE = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** It speaks to nobody but the pages it is shown. */
const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launchChromium(): Promise<Browser> {
  const { chromium } = createRequire(import.meta.url)('playwright-core') as PlaywrightCore;
  return chromium.launch({ executablePath: EXECUTABLE, args: ARGS });
}
