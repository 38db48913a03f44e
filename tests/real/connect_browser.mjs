// The person before the browser while `connect --cloud` waits: opens the address that it printed, signs in, and presses a button.

import { launch } from "./person.mjs";

const [address, button, name] = process.argv.slice(2);
const { person, close } = await launch();
try {
    const { page, see, press, signIn, shows } = await person();
    await page.goto(address);
    await signIn("alice");
    if (address.includes("/oauth/device")) {
        await press("authorization-button");
        await shows("Scopes associated with this request");
    } else {
        await shows("is requesting access to your account");
    }
    await press(button);
    await shows(/This page can be closed|Factory is authorized|Device successfully authorized/);
    await see(name);
} finally {
    await close();
}
