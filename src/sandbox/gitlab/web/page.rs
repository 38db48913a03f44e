//! The layout of GitLab's pages for people: enough of it to sign in and to authorize an application.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};

const STYLE: &str = "body{margin:0;font:15px/1.5 system-ui,sans-serif;color:#333238;background:#fbfafd}\
    header{background:#171321;color:#fff;padding:12px 24px;font-weight:600}header span{color:#fc6d26}\
    main{max-width:560px;margin:40px auto;padding:24px 28px;background:#fff;border:1px solid #dcdcde;border-radius:8px}\
    h1{font-size:22px;line-height:1.3;margin:0 0 12px}form{display:inline-block;margin:12px 12px 0 0}\
    label{display:block;margin:12px 0 4px;font-weight:600}input{font:inherit;padding:6px 10px;width:300px;\
    border:1px solid #89888d;border-radius:4px}button{font:inherit;padding:7px 14px;border:1px solid #89888d;\
    border-radius:4px;background:#fff;cursor:pointer}button.confirm{background:#1f75cb;border-color:#1068bf;color:#fff}\
    .note{color:#626168;font-size:13px}.alert{background:#fcf1ef;border:1px solid #f57f6c;padding:8px 12px;border-radius:4px}\
    .info{background:#f4f0ff;border:1px solid #cbbaf9;padding:8px 12px;border-radius:4px}li{margin:4px 0}\
    pre{white-space:pre-wrap}code{font-size:18px;letter-spacing:2px}";

/// A page that is being written. What comes from a request or a record goes through [`escape`].
pub(in super::super) struct WebPage {
    title: String,
    body: String,
}

impl WebPage {
    pub(in super::super) fn new(title: &str) -> Self {
        Self { title: title.to_owned(), body: String::new() }
    }

    /// Adds HTML as it is.
    pub(in super::super) fn html(mut self, html: &str) -> Self {
        self.body.push_str(html);
        self
    }

    /// Adds text in an element.
    pub(in super::super) fn text(self, element: &str, text: &str) -> Self {
        let name = element.split(' ').next().unwrap_or(element);
        self.html(&format!("<{element}>{}</{name}>\n", escape(text)))
    }

    /// Adds a form with hidden fields and a button.
    pub(in super::super) fn form(self, form: &Form<'_>) -> Self {
        self.html(&form.html())
    }

    /// Adds the form with a button to agree, and the same with one to deny.
    pub(in super::super) fn decision(self, agree: &Form<'_>) -> Self {
        let deny = Form { method: "delete", button: "Deny", class: "", test_id: "deny-button", ..agree.clone() };
        self.form(agree).form(&deny)
    }

    pub(in super::super) fn answer(self) -> Response {
        self.with_status(StatusCode::OK)
    }

    pub(in super::super) fn with_status(self, status: StatusCode) -> Response {
        let Self { title, body } = self;
        let title = escape(&title);
        // A client knows GitLab by the name of the site.
        let page = format!(
            "<!DOCTYPE html>\n<html class=\"html-devise-layout\" lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta content=\"GitLab\" property=\"og:site_name\">\n<title>{title} · GitLab</title>\n<style>{STYLE}</style>\n\
             </head>\n<body class=\"login-page\">\n<header><span>◆</span> GitLab <small>(sandbox)</small></header>\n\
             <main>\n{body}</main>\n</body>\n</html>\n"
        );
        let mut response = (status, Html(page)).into_response();
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

/// A form of a page.
#[derive(Clone)]
pub(in super::super) struct Form<'a> {
    pub action: &'a str,
    /// As Rails sends it: a POST whose field `_method` says another one.
    pub method: &'a str,
    pub token: &'a str,
    /// Hidden fields; those without a value are left out.
    pub hidden: Vec<(&'a str, Option<&'a str>)>,
    /// More of it, as HTML.
    pub inside: String,
    pub button: &'a str,
    pub class: &'a str,
    pub test_id: &'a str,
}

impl<'a> Form<'a> {
    /// One that the user authorizes something with.
    pub(in super::super) fn confirming(action: &'a str, token: &'a str) -> Self {
        Self {
            action,
            method: "post",
            token,
            hidden: Vec::new(),
            inside: String::new(),
            button: "Authorize",
            class: "confirm",
            test_id: "authorization-button",
        }
    }

    fn html(&self) -> String {
        let Form { action, method, token, hidden, inside, button, class, test_id } = self;
        let delete = (*method == "delete").then_some("delete");
        let fixed = [("_method", delete), ("authenticity_token", Some(*token))];
        let fields = fixed.iter().chain(hidden).filter_map(|(name, value)| {
            Some(format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape((*value)?)))
        });
        format!(
            "<form action=\"{}\" accept-charset=\"UTF-8\" method=\"post\">{}{inside}\
             <button type=\"submit\" class=\"{class}\" data-testid=\"{test_id}\">{}</button></form>\n",
            escape(action),
            fields.collect::<String>(),
            escape(button)
        )
    }
}

/// Text for HTML, attributes in double quotes included.
pub(in super::super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// 302 to an address.
pub(in super::super) fn redirect(to: &str) -> Response {
    let page = format!("<html><body>You are being <a href=\"{}\">redirected</a>.</body></html>", escape(to));
    let mut response = (StatusCode::FOUND, Html(page)).into_response();
    match HeaderValue::try_from(to) {
        Ok(address) => drop(response.headers_mut().insert(header::LOCATION, address)),
        Err(_) => *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR,
    }
    response
}
