// Opens a file in a headless Chromium and tells what happened, as JSON: `open-page.mjs FILE SCREENSHOT [dark]`.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import chromium from '@sparticuz/chromium';
import puppeteer from 'puppeteer-core';

const [file, screenshot, scheme = 'light'] = process.argv.slice(2);
const browser = await puppeteer.launch({
  args: puppeteer.defaultArgs({ args: chromium.args, headless: 'shell' }),
  executablePath: await chromium.executablePath(),
  headless: 'shell',
});
try {
  const page = await browser.newPage();
  const complaints = [];
  const requests = [];
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => requests.push(request.url()));
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await page.setViewport({ width: 1200, height: 900 });
  await page.goto(pathToFileURL(path.resolve(file)).href, { waitUntil: 'load' });
  const seen = await page.evaluate(() => ({
    title: document.title,
    text: document.body.innerText,
    background: getComputedStyle(document.body).backgroundColor,
    scripts: document.querySelectorAll('script').length,
    images: document.querySelectorAll('img, iframe, object, embed, link[rel=stylesheet]').length,
    ran: 'injected' in window,
    unlabelled: [...document.querySelectorAll('canvas')].filter((one) => !one.getAttribute('aria-label'))
      .length,
    charts: [...document.querySelectorAll('canvas')].map((canvas) => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      const colours = new Set();
      let painted = 0;
      for (let at = 0; at < data.length; at += 4) {
        if (data[at + 3] === 0) continue;
        painted += 1;
        if (data[at + 3] === 255) colours.add(data.slice(at, at + 3).join());
      }
      return { id: canvas.id, painted, colours: colours.size };
    }),
    overflows: document.documentElement.scrollWidth > document.documentElement.clientWidth,
  }));
  await page.screenshot({ path: screenshot, fullPage: true });
  console.log(JSON.stringify({ complaints, requests, ...seen }));
} finally {
  await browser.close();
}
