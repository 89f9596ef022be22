// browser.mjs: a headless Chromium that does what it reads from standard input, one visit as JSON in each line, and
// prints what it saw, a line for each. A visit has no cookies of those before. It ends when its input does.
//
//     {"url": "http://…", "steps": [["press", "Continue to Google"], ["see", "wants access"], ["press", "Allow"]],
//      "shots": "/folder"}
//
// Steps: ["press", label of a button], ["choose", label of a radio button], ["see", heading], ["shot", name of the
// picture, heading], ["popup"] for the window to go on in, ["closed"] until that is, ["close"] it, ["reload"],
// ["hear", count] until the page of the app heard so much of the widget, ["pause", milliseconds].
//
// With "app" {"origin", "base", "token"} there is a page at that origin with the widget @alter-ai/connect, for a
// session of the backend at `base`, and it is where the steps begin. With "phone" the browser is a phone's. Printed is
// {"heading", "text", "buttons", "radios", "chosen", "url", "pages", "heard", "errors"}, or {"failed"}.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { load, resolve } from './packages.mjs';

const { default: { chromium } } = await load('playwright-core');

const PHONE = { viewport: { width: 390, height: 800 }, isMobile: true, hasTouch: true,
  userAgent: 'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile' };

const appPage = ({ base, token }) => `<!doctype html><html lang="en"><title>App</title><h1>App</h1>
<button id="go">Connect</button><script src="/widget.js"></script><script>
window.heard = location.search ? [['arrived', location.search]] : [];
const hear = (what) => (...given) => window.heard.push([what, ...given]);
const Widget = window.AlterConnect.default ?? window.AlterConnect;
const widget = Widget.create({});
for (const what of ['success', 'error', 'exit']) widget.on(what, hear(what));
document.getElementById('go').onclick = () => widget.open({
  token: ${JSON.stringify(token)}, baseURL: ${JSON.stringify(base)},
  onSuccess: hear('onSuccess'), onError: hear('onError'), onExit: hear('onExit') });
</script>`;

async function serveApp(context, app) {
  const widget = path.join(path.dirname(resolve('@alter-ai/connect')), 'alter-connect.umd.js');
  await context.route(`${app.origin}/**`, (route) => (new URL(route.request().url()).pathname === '/widget.js'
    ? route.fulfill({ contentType: 'text/javascript', body: readFileSync(widget, 'utf8') })
    : route.fulfill({ contentType: 'text/html', body: appPage(app) })));
}

class Visit {
  constructor(context, page, shots) {
    Object.assign(this, { context, page, shots, opener: page });
  }

  steps = {
    press: (label) => this.page.getByRole('button', { name: label }).click(),
    choose: (label) => this.page.getByText(label, { exact: true }).click(),
    see: (heading) => this.page.getByRole('heading', { name: heading }).waitFor(),
    shot: async (name, heading) => {
      await this.steps.see(heading);
      await this.page.screenshot({ path: path.join(this.shots, `${name}.png`) });
    },
    popup: async () => {
      while (this.context.pages().length < 2) await this.context.waitForEvent('page');
      this.page = this.context.pages().at(-1);
    },
    closed: async () => {
      if (!this.page.isClosed()) await this.page.waitForEvent('close');
      this.page = this.opener;
    },
    pause: (milliseconds) => this.page.waitForTimeout(milliseconds),
    close: async () => {
      await this.page.close();
      this.page = this.opener;
    },
    reload: () => this.page.reload(),
    hear: (count) => this.page.waitForFunction((wanted) => window.heard?.length >= wanted, count),
  };

  async seen() {
    const { page } = this;
    await page.waitForLoadState();
    await page.locator('h1').first().waitFor();
    const texts = async (locator) => (await locator.allInnerTexts()).map((text) => text.trim());
    return {
      heading: (await texts(page.locator('h1'))).join(' '),
      text: await page.locator('body').innerText(),
      buttons: await texts(page.getByRole('button')),
      radios: await texts(page.locator('label')),
      chosen: await texts(page.locator('label:has(input:checked)')),
      url: page.url(),
      pages: this.context.pages().length,
      heard: await page.evaluate(() => window.heard ?? null),
    };
  }
}

async function go(browser, { url, app, phone, shots, steps = [], seconds = 10 }) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, ...(phone ? PHONE
    : { viewport: { width: 640, height: 720 } }) });
  try {
    context.setDefaultTimeout(seconds * 1000);
    const errors = [];
    context.on('weberror', (error) => errors.push(error.error().message));
    context.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    if (app) await serveApp(context, app);
    const visit = new Visit(context, await context.newPage(), shots);
    await visit.page.goto(url ?? `${app.origin}/`);
    for (const [name, ...given] of steps) {
      try {
        await visit.steps[name](...given);
      } catch (error) {
        const there = visit.page.isClosed() ? 'the window is closed' : await visit.page.locator('body').innerText();
        throw new Error(`${[name, ...given].join(' ')}: ${error.message}\nthere is: ${there}`);
      }
    }
    return { ...await visit.seen(), errors };
  } finally {
    await context.close();
  }
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
    '--disable-component-update'] });
for await (const line of createInterface(process.stdin)) {
  const seen = await go(browser, JSON.parse(line)).catch((error) => ({ failed: error.message }));
  console.log(JSON.stringify(seen));
}
await browser.close();
