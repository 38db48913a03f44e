// Drives a real Chromium through the pages of the sandbox's GitLab.com: sign-in, consent, denial, a session of Factory's, the code
// of a device. What a person would see is kept as screenshots in SCREENSHOTS.

import { createHash, randomBytes, randomUUID } from "node:crypto";
import http from "node:http";

import { launch } from "./person.mjs";

const { GITLAB_URL, FACTORY_URL, FACTORY_API_KEY } = process.env;

function check(holds, what) {
    if (!holds) throw new Error(what);
}

const api = async (url, options = {}) => {
    const headers = { authorization: `Bearer ${FACTORY_API_KEY}`, "content-type": "application/json" };
    const answer = await fetch(url, { ...options, headers: { ...headers, ...options.headers } });
    return { status: answer.status, body: await answer.json().catch(() => null) };
};
const form = async (url, fields) => {
    const answer = await fetch(url, { method: "POST", body: new URLSearchParams(fields) });
    return { status: answer.status, body: await answer.json() };
};

const kit = (await api(`${FACTORY_URL}/gitlab/v1/kit`)).body.cloud;

// What a program on the person's machine listens with; the query of the request for its one path.
async function listener() {
    let arrived;
    const query = new Promise((resolve) => (arrived = resolve));
    const server = http.createServer((request, response) => {
        const url = new URL(request.url, "http://127.0.0.1");
        response.statusCode = url.pathname === "/callback" ? 200 : 404;
        response.end("You may close this page.");
        if (url.pathname === "/callback") arrived(url.searchParams);
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { redirect: `http://127.0.0.1:${server.address().port}/callback`, query, server };
}

function authorization(redirect, changes = {}) {
    const verifier = randomBytes(48).toString("base64url");
    const url = new URL(`${GITLAB_URL}/oauth/authorize`);
    const parameters = {
        client_id: kit.client_id, redirect_uri: redirect, response_type: "code", scope: kit.scopes.join(" "), state: "s1",
        code_challenge: createHash("sha256").update(verifier).digest("base64url"), code_challenge_method: "S256", ...changes,
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return { url: url.href, verifier };
}

const { person, close } = await launch();

async function consent() {
    const { redirect, query, server } = await listener();
    const { url, verifier } = authorization(redirect);
    const { page, see, press, signIn, shows } = await person();
    await page.goto(url);
    await shows("Sign in to GitLab");
    await see("1-sign-in");
    await signIn("alice");
    await shows("is requesting access to your account");
    await see("2-consent");
    await press("authorization-button");
    await shows("You may close this page.");
    const answer = await query;
    check(answer.get("state") === "s1", "the state comes back");
    const fields = { grant_type: "authorization_code", client_id: kit.client_id, code: answer.get("code"), redirect_uri: redirect };
    const token = await form(`${GITLAB_URL}/oauth/token`, { ...fields, code_verifier: verifier });
    check(token.status === 200, `no token: ${JSON.stringify(token.body)}`);
    const again = await form(`${GITLAB_URL}/oauth/token`, { ...fields, code_verifier: verifier });
    check(again.body.error === "invalid_grant", "a code works once");
    server.close();
}

async function denial() {
    const { redirect, query, server } = await listener();
    const { page, press, signIn, shows } = await person();
    await page.goto(authorization(redirect).url);
    await signIn("alice");
    await shows("is requesting access to your account");
    await press("deny-button");
    await shows("You may close this page.");
    const answer = await query;
    check(answer.get("error") === "access_denied" && answer.get("state") === "s1", `denied: ${answer}`);
    server.close();
}

async function errorPage() {
    const { page, see, signIn, shows } = await person();
    await page.goto(authorization("http://localhost:5555/callback").url);
    await signIn("alice");
    await shows("The requested redirect uri is malformed");
    await see("3-error");
    check(page.url().startsWith(GITLAB_URL), "an error never redirects");
}

async function session() {
    const asked = { organization: { id: "org_sandbox" }, gitlab_url: GITLAB_URL };
    const headers = { "idempotency-key": randomUUID() };
    const opened = await api(kit.connect_url, { method: "POST", body: JSON.stringify(asked), headers });
    check(opened.status === 201, `a session: ${JSON.stringify(opened)}`);
    const { page, see, press, signIn, shows } = await person();
    await page.goto(opened.body.authorize_url);
    await signIn("bob");
    await shows("@bob");
    await press("authorization-button");
    await shows("Factory is authorized");
    await see("4-session-done");
    const state = (await api(opened.body.session_url)).body;
    check(state.status === "authorized" && state.account.username === "bob", JSON.stringify(state));
}

async function device(button, notice, name) {
    const asked = await form(`${GITLAB_URL}/oauth/authorize_device`, { client_id: kit.client_id, scope: kit.scopes.join(" ") });
    check(asked.status === 200, JSON.stringify(asked.body));
    const { page, see, press, signIn, shows } = await person();
    await page.goto(asked.body.verification_uri);
    await signIn("alice");
    await page.getByLabel("User code").fill(asked.body.user_code.toLowerCase());
    if (name) await see(`${name}-code`);
    await press("authorization-button");
    await shows("Scopes associated with this request");
    if (name) await see(`${name}-consent`);
    await press(button);
    await shows(notice);
    if (name) await see(`${name}-done`);
    const grant_type = "urn:ietf:params:oauth:grant-type:device_code";
    return form(`${GITLAB_URL}/oauth/token`, { grant_type, client_id: kit.client_id, device_code: asked.body.device_code });
}

try {
    await consent();
    await denial();
    await errorPage();
    await session();
    const token = await device("authorization-button", "Device successfully authorized.", "5-device");
    check(token.body.scope === "api read_user", JSON.stringify(token.body));
    const refused = await device("deny-button", "The device was not authorized.");
    check(refused.body.error === "access_denied", JSON.stringify(refused.body));
} finally {
    await close();
}
