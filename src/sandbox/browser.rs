//! The person in the browser, for rehearsals: opens a page, signs in, and presses the button that a fault does not change.
//!
//! It reads the forms of the pages that the sandbox serves, as a browser does, and follows redirects to the client's listener.

use std::sync::Arc;

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Client, Method};
use url::Url;

use super::fault::{FaultList, Person};
use super::sender;

/// Pages that one visit may lead over.
const MOST_PAGES: usize = 20;

/// A browser with a person in front of it; each visit begins without cookies.
#[derive(Clone)]
pub(crate) struct SandboxBrowser {
    /// GitLab's address, whose pages have forms.
    gitlab: String,
    user: String,
    other_user: String,
    ca: Option<String>,
    faults: Arc<FaultList>,
}

impl SandboxBrowser {
    pub(crate) fn new(gitlab: &Url, ca: Option<String>, faults: Arc<FaultList>) -> Self {
        let gitlab = gitlab.as_str().trim_end_matches('/').to_owned();
        Self { gitlab, user: "alice".to_owned(), other_user: "bob".to_owned(), ca, faults }
    }

    /// Opens a page and does what the person does, on a thread of its own: it returns at once, as a real browser's start does.
    pub(crate) fn open(&self, url: &str) {
        let (browser, url) = (self.clone(), url.to_owned());
        // It ends by itself, and what it meets is seen on the other side: nothing waits for it.
        drop(std::thread::Builder::new().name("sandbox-browser".to_owned()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            if let Ok(runtime) = runtime {
                runtime.block_on(browser.visit(&url));
            }
        }));
    }

    /// Follows the pages from this one until there is nothing left to press; the address and text of the last one.
    pub(crate) async fn visit(&self, url: &str) -> Option<VisitedPage> {
        let person = self.faults.person();
        if person == Person::Away {
            return None;
        }
        let client = sender::browser_client(self.ca.as_deref())?;
        let mut visit = Visit { browser: self, client, person, cookies: Vec::new(), has_answered: false };
        let mut next = Step { method: Method::GET, url: Url::parse(url).ok()?, form: None };
        for _ in 0..MOST_PAGES {
            let page = visit.load(&next).await?;
            match visit.act_on(&page) {
                Some(step) => next = step,
                None => return Some(page),
            }
        }
        None
    }
}

/// A page that was loaded.
#[derive(Debug)]
pub(crate) struct VisitedPage {
    pub url: Url,
    pub text: String,
    location: Option<Url>,
}

/// A request of the browser.
struct Step {
    method: Method,
    url: Url,
    form: Option<Vec<(String, String)>>,
}

struct Visit<'b> {
    browser: &'b SandboxBrowser,
    client: Client,
    person: Person,
    cookies: Vec<(String, String)>,
    /// Whether the person has said yes or no, after which nothing is pressed again.
    has_answered: bool,
}

impl Visit<'_> {
    async fn load(&mut self, step: &Step) -> Option<VisitedPage> {
        let mut request = self.client.request(step.method.clone(), step.url.clone());
        if step.url.as_str().starts_with(&self.browser.gitlab) && !self.cookies.is_empty() {
            let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(COOKIE, cookies.join("; "));
        }
        if let Some(form) = &step.form {
            let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
            request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        }
        let response = request.send().await.ok()?;
        for cookie in response.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str().ok().and_then(|text| text.split(';').next()?.split_once('='));
            if let Some((name, value)) = pair {
                self.cookies.retain(|(known, _)| known != name);
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        let to = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let location = to.filter(|_| response.status().is_redirection()).and_then(|to| step.url.join(to).ok());
        Some(VisitedPage { url: step.url.clone(), text: response.text().await.ok()?, location })
    }

    /// What the person does on a page; nothing where there is nothing to do.
    fn act_on(&mut self, page: &VisitedPage) -> Option<Step> {
        if let Some(location) = page.location.clone().or_else(|| refresh(page)) {
            return Some(Step { method: Method::GET, url: location, form: None });
        }
        if self.has_answered || !page.url.as_str().starts_with(&self.browser.gitlab) {
            return None;
        }
        let forms = forms(&page.text);
        let with_button = |test_id: &str| forms.iter().find(|form| form.button == test_id);
        if let Some(form) = with_button("sign-in-button") {
            let name = if self.person == Person::Other { &self.browser.other_user } else { &self.browser.user };
            let fields = [("user[login]", name.as_str()), ("user[password]", "sandbox")];
            return form.submit(&page.url, &fields);
        }
        // The form that only asks for the code of a device is not the answer yet.
        let asks = with_button("deny-button").is_none();
        let button = if self.person == Person::Denies && !asks { "deny-button" } else { "authorization-button" };
        self.has_answered = !asks;
        with_button(button)?.submit(&page.url, &[])
    }
}

/// The address of `<meta http-equiv="refresh">`.
fn refresh(page: &VisitedPage) -> Option<Url> {
    let content = attribute(page.text.split("<meta http-equiv=\"refresh\"").nth(1)?, "content")?;
    page.url.join(content.split_once("url=")?.1).ok()
}

/// A form of a page: where it goes, its fields, and the test ID of its button.
struct PageForm {
    action: String,
    fields: Vec<(String, String)>,
    button: String,
}

impl PageForm {
    fn submit(&self, page: &Url, filled_in: &[(&str, &str)]) -> Option<Step> {
        let mut form = self.fields.clone();
        form.retain(|(name, _)| !filled_in.iter().any(|(filled, _)| filled == name));
        form.extend(filled_in.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Some(Step { method: Method::POST, url: page.join(&self.action).ok()?, form: Some(form) })
    }
}

/// The forms of a page, in their order. It reads what the sandbox's own pages hold, not any HTML.
fn forms(html: &str) -> Vec<PageForm> {
    let read = |text: &str| {
        let inside = text.split("</form>").next()?;
        let fields = inside
            .split("<input ")
            .skip(1)
            .filter_map(|input| Some((attribute(input, "name")?, attribute(input, "value").unwrap_or_default())));
        Some(PageForm {
            action: attribute(inside, "action")?,
            fields: fields.collect(),
            button: attribute(inside.split("<button ").nth(1)?, "data-testid")?,
        })
    };
    html.split("<form ").skip(1).filter_map(read).collect()
}

/// The value of an attribute in the tag that the text begins in.
fn attribute(text: &str, name: &str) -> Option<String> {
    let tag = text.split('>').next()?;
    let value = tag.split(&format!("{name}=\"")).nth(1)?.split('"').next()?;
    let plain = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    Some(plain.iter().fold(value.to_owned(), |text, (from, to)| text.replace(from, to)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_with_their_hidden_fields() {
        let html = "<form action=\"/a?x=1&amp;y=2\" method=\"post\"><input type=\"hidden\" name=\"state\" value=\"a&quot;b\">\
                    <input name=\"empty\"><button type=\"submit\" data-testid=\"go\">Go</button></form><form action=\"/b\">\
                    <button data-testid=\"stop\">Stop</button></form>";
        let forms = forms(html);
        assert_eq!(forms.iter().map(|form| form.button.as_str()).collect::<Vec<_>>(), ["go", "stop"]);
        assert_eq!(forms[0].action, "/a?x=1&y=2");
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(forms[0].fields, [pair("state", "a\"b"), pair("empty", "")]);
    }
}
