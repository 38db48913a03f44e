// A person with a real Chromium: BROWSER is the program, NODE_MODULES the folder that holds playwright-core, SCREENSHOTS where what a
// person would see is kept.

import { createRequire } from "node:module";
import path from "node:path";

const { BROWSER, NODE_MODULES, SCREENSHOTS } = process.env;
const { chromium } = createRequire(path.join(NODE_MODULES, "x.js"))("playwright-core");

const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"];

export async function launch() {
    const browser = await chromium.launch({ executablePath: BROWSER, args: flags });

    // A person with a browser of their own; `see` takes a screenshot.
    async function person() {
        const page = await (await browser.newContext({ viewport: { width: 820, height: 640 } })).newPage();
        const see = (name) => page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`) });
        const press = (button) => page.getByTestId(button).click();
        const signIn = async (user) => {
            await page.getByTestId("username-field").fill(user);
            await page.getByTestId("password-field").fill("anything");
            await press("sign-in-button");
        };
        const shows = (text) => page.getByText(text).first().waitFor({ timeout: 10000 });
        return { page, see, press, signIn, shows };
    }
    return { person, close: () => browser.close() };
}
