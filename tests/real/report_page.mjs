// Opens a report's page in a real Chromium: nothing runs, nothing is loaded, nothing violates its policy. What a person would see is
// kept as screenshots in SCREENSHOTS.

import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const { chromium } = createRequire(path.join(process.env.NODE_MODULES, "x.js"))("playwright-core");
const { BROWSER, PAGE, SCREENSHOTS } = process.env;

function check(holds, what) {
    if (!holds) throw new Error(what);
}

const browser = await chromium.launch({ executablePath: BROWSER, args: ["--no-sandbox"] });
try {
    const page = await browser.newPage({ viewport: { width: 1000, height: 900 } });
    const said = [];
    const loaded = [];
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(String(error)));
    page.on("request", (request) => loaded.push(request.url()));
    page.on("dialog", (dialog) => said.push(`a dialog: ${dialog.message()}`));
    await page.goto(pathToFileURL(PAGE).href);
    check((await page.locator("script, img, link, iframe, object, [style], [onerror]").count()) === 0, "foreign markup");
    check((await page.locator("details.bad").count()) > 0, "no failed check");
    check((await page.locator("details.bad:not([open]), details.good[open]").count()) === 0, "folded the wrong way");
    for (const status of await page.locator("summary > span:first-child").allTextContents()) {
        check(/^\s*[✓!✗?–]\s+(pass|warn|fail|unknown|skip)\s*$/.test(status), `a status by color only: ${status}`);
    }
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
    check((await paper()) === "rgb(255, 255, 255)", `not light, or the style is blocked: ${await paper()}`);
    check(await fits(), "wider than the window");
    await page.screenshot({ path: path.join(SCREENSHOTS, "page-light.png") });
    await page.locator("details.bad").first().screenshot({ path: path.join(SCREENSHOTS, "page-failed.png") });
    await page.emulateMedia({ colorScheme: "dark" });
    check((await paper()) === "rgb(21, 23, 27)", `not dark: ${await paper()}`);
    await page.screenshot({ path: path.join(SCREENSHOTS, "page-dark.png") });
    await page.setViewportSize({ width: 380, height: 800 });
    check(await fits(), "wider than a phone");
    await page.screenshot({ path: path.join(SCREENSHOTS, "page-narrow.png") });
    await page.setViewportSize({ width: 1000, height: 900 });
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    check((await paper()) === "rgb(255, 255, 255)", `paper is not white: ${await paper()}`);
    await page.screenshot({ path: path.join(SCREENSHOTS, "page-print.png") });
    // A script that got in all the same would not run.
    const ran = page.evaluate(() => {
        const script = document.createElement("script");
        script.textContent = "window.ran = true";
        document.body.append(script);
        return window.ran === true;
    });
    check(!(await ran), "a script ran");
    const [violation, ...others] = said;
    check(violation?.includes("Content Security Policy") && others.length === 0, `said: ${said}`);
    check(loaded.length === 1, `loaded: ${loaded}`);
} finally {
    await browser.close();
}
