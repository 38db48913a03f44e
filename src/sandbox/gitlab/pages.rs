//! GitLab's two kinds of pagination, with the headers of each.

use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use url::Url;
use url::form_urlencoded::Serializer;

use super::auth::Call;
use super::error::ApiError;
use super::params::Params;
use super::state::GitLabState;

/// Above this many rows the totals and the last page are omitted (gitlab: doc/api/rest).
const TOTALS_LIMIT: usize = 10_000;
/// The largest `page * per_page` for resources that also have keyset pagination (gitlab: helpers/pagination).
const OFFSET_LIMIT: usize = 50_000;
const MAX_PER_PAGE: i64 = 100;

/// The requested page of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paging {
    pub page: usize,
    pub per_page: usize,
}

impl Paging {
    /// Reads `page` (1) and `per_page` (20, at most 100, silently).
    ///
    /// # Errors
    /// 400 for what is not a number and for `per_page=0`.
    pub(crate) fn read(params: &Params) -> Result<Self, ApiError> {
        let page = params.integer("page")?.unwrap_or(1).max(1);
        let per_page = params.integer("per_page")?.unwrap_or(20);
        if per_page == 0 {
            return Err(ApiError::invalid("per_page has a value not allowed"));
        }
        let per_page = if per_page < 0 { 20 } else { per_page.min(MAX_PER_PAGE) };
        Ok(Self { page: usize::try_from(page).unwrap_or(1), per_page: usize::try_from(per_page).unwrap_or(20) })
    }
}

/// One page and its headers.
#[derive(Debug)]
pub(crate) struct ListPage<T> {
    pub items: Vec<T>,
    pub headers: HeaderMap,
}

impl<T> ListPage<T> {
    /// The response, each item written by `entity`.
    pub(crate) fn answer(self, entity: impl Fn(T) -> Value) -> Response {
        let items: Vec<Value> = self.items.into_iter().map(entity).collect();
        (self.headers, Json(items)).into_response()
    }
}

/// Offset pagination, the default of every GitLab list.
///
/// # Errors
/// 400 for bad pagination parameters.
pub(crate) fn offset<T>(state: &GitLabState, call: &Call, items: Vec<T>) -> Result<ListPage<T>, ApiError> {
    let cut = Paging::read(&call.params)?;
    let total = items.len();
    let start = cut.page.saturating_sub(1).saturating_mul(cut.per_page);
    let headers = offset_headers(state, call, cut, total);
    Ok(ListPage { items: items.into_iter().skip(start).take(cut.per_page).collect(), headers })
}

/// Offset pagination of a resource that also has keyset pagination: large offsets are refused.
///
/// # Errors
/// 405 beyond the offset limit, with the class name in the text; 400 for bad pagination parameters.
pub(crate) fn limited_offset<T>(
    state: &GitLabState,
    call: &Call,
    class: &str,
    items: Vec<T>,
) -> Result<ListPage<T>, ApiError> {
    let cut = Paging::read(&call.params)?;
    if cut.page.saturating_mul(cut.per_page) > OFFSET_LIMIT {
        let text = format!(
            "Offset pagination has a maximum allowed offset of {OFFSET_LIMIT} for requests that return objects of \
             type {class}. Remaining records can be retrieved using keyset pagination."
        );
        return Err(ApiError::error(StatusCode::METHOD_NOT_ALLOWED, text));
    }
    offset(state, call, items)
}

/// Keyset pagination of a list that is ordered and begins after the last item seen. Every page that is not empty has a
/// `next` link and no other (gitlab: lib/gitlab/pagination/keyset). `next` returns the parameter for the page after an item.
///
/// # Errors
/// 400 for bad pagination parameters.
pub(crate) fn keyset<T>(
    state: &GitLabState,
    call: &Call,
    items: impl Iterator<Item = T>,
    next: impl Fn(&T) -> (&'static str, String),
) -> Result<ListPage<T>, ApiError> {
    let cut = Paging::read(&call.params)?;
    let items: Vec<T> = items.take(cut.per_page).collect();
    let mut headers = HeaderMap::new();
    if let Some(last) = items.last() {
        let (name, value) = next(last);
        let address = address(state, call, &[(name, value), ("per_page", cut.per_page.to_string())]);
        insert(&mut headers, header::LINK, &format!("<{address}>; rel=\"next\""));
    }
    Ok(ListPage { items, headers })
}

fn offset_headers(state: &GitLabState, call: &Call, cut: Paging, total: usize) -> HeaderMap {
    let pages = total.div_ceil(cut.per_page).max(1);
    let next = (cut.page < pages).then_some(cut.page + 1);
    let previous = (cut.page > 1).then(|| cut.page - 1);
    let counted = total <= TOTALS_LIMIT;
    let targets = [("prev", previous), ("next", next), ("first", Some(1)), ("last", counted.then_some(pages))];
    let links: Vec<String> = targets
        .iter()
        .filter_map(|(relation, page)| {
            let cut = [("page", (*page)?.to_string()), ("per_page", cut.per_page.to_string())];
            Some(format!("<{}>; rel=\"{relation}\"", address(state, call, &cut)))
        })
        .collect();
    let shown = |page: Option<usize>| page.map(|page| page.to_string()).unwrap_or_default();
    let mut headers = HeaderMap::new();
    insert(&mut headers, header::LINK, &links.join(", "));
    insert(&mut headers, HeaderName::from_static("x-page"), &cut.page.to_string());
    insert(&mut headers, HeaderName::from_static("x-per-page"), &cut.per_page.to_string());
    insert(&mut headers, HeaderName::from_static("x-next-page"), &shown(next));
    insert(&mut headers, HeaderName::from_static("x-prev-page"), &shown(previous));
    if counted {
        insert(&mut headers, HeaderName::from_static("x-total"), &total.to_string());
        insert(&mut headers, HeaderName::from_static("x-total-pages"), &pages.to_string());
    }
    headers
}

/// The URL of the current request with some parameters replaced, under GitLab's `external_url`.
fn address(state: &GitLabState, call: &Call, changes: &[(&str, String)]) -> String {
    let mut query = json!(call.params.all());
    for secret in ["private_token", "access_token"] {
        query[secret].take();
    }
    for (name, value) in changes {
        query[*name] = json!(value);
    }
    let mut form = Serializer::new(String::new());
    for (name, value) in query.as_object().into_iter().flatten() {
        match value {
            Value::Null | Value::Object(_) => {}
            Value::Array(items) => {
                form.extend_pairs(items.iter().filter_map(Value::as_str).map(|item| (format!("{name}[]"), item)));
            }
            Value::String(text) => {
                form.append_pair(name, text);
            }
            other => {
                form.append_pair(name, &other.to_string());
            }
        }
    }
    let path = state.link(&call.path);
    // Some proxies rewrite them like this.
    let path =
        if state.quirks.relative_links { Url::parse(&path).map_or(path, |url| url.path().to_owned()) } else { path };
    format!("{path}?{}", form.finish())
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}
