//! Sizes, counts and times that requests keep to, for all three: HTTP, GitLab and Factory.

use std::time::Duration;

// Options of the client.

pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
pub(crate) const DEFAULT_CONCURRENCY: usize = 8;
/// At most this many requests in flight, whatever `--concurrency` says.
pub(crate) const MAX_CONCURRENCY: usize = 1000;
pub(crate) const DEFAULT_RATE_LIMIT_WAIT: Duration = Duration::from_secs(60);

// Retries and rate limits.

/// At most this many attempts of a request that fails.
pub(crate) const MAX_FAILURES: u32 = 4;
/// At most this many attempts of a request that is rate limited with a time. A request that was limited goes first when
/// the time has come, so the number of the others does not matter.
pub(crate) const MAX_RATE_LIMITS: u32 = 8;
pub(crate) const FIRST_BACKOFF: Duration = Duration::from_millis(250);
pub(crate) const MAX_BACKOFF: Duration = Duration::from_secs(15);
/// Added to the time that a server names: its seconds are rounded, and its clock may be a little behind.
pub(crate) const RATE_LIMIT_LEEWAY: Duration = Duration::from_secs(5);
/// Threshold from which a wait for a rate limit is reported.
pub(crate) const REPORTED_WAIT: Duration = Duration::from_secs(2);
/// At least this many successes in a row before one more request may be in flight. Fewer would bring a server that names
/// no time back over its limit at once.
pub(crate) const MIN_SUCCESSES: usize = 8;
/// An answer that takes longer than this part of the time-out is a sign of overload. A third is far from any healthy
/// answer's time, and leaves room to slow down before requests are lost. It needs no measure of what is usual, which a
/// server that is slow from the start would spoil.
pub(crate) const OVERLOAD_PART: u32 = 3;

// Requests and responses.

/// At most this many redirects of a read, within its origin.
pub(crate) const MAX_REDIRECTS: usize = 3;
pub(crate) const MAX_HEADERS: usize = 200;
pub(crate) const MAX_HEADER_BYTES: u32 = 64 * 1024;
/// At most this many bytes of a JSON response, unless the request says otherwise. A page of a hundred projects, each with
/// the longest description, has a third of it.
pub(crate) const MAX_RESPONSE_BYTES: usize = 4 * 1024 * 1024;
/// At most this many bytes are read of an error's body.
pub(crate) const MAX_ERROR_BYTES: usize = 64 * 1024;
/// Threshold above which only one body is read at a time.
pub(crate) const SMALL_BODY_BYTES: usize = 128 * 1024;
/// At most this many values in a JSON response. A page of a hundred projects has about fifteen thousand. The smallest
/// values take many times more memory parsed than as text, so their number is limited as well as the text's size.
pub(crate) const MAX_JSON_VALUES: usize = 100_000;
/// At most this many bytes of a JSON response that is neither a list nor an object: `null`, `true`, a number.
pub(crate) const MAX_SCALAR_BYTES: usize = 32;
/// The request body's initial capacity, so that growing leaves no copies of a secret behind.
pub(crate) const REQUEST_CAPACITY: usize = 8 * 1024;
/// At most this many characters of a text from a server are kept.
pub(crate) const MAX_TEXT_CHARS: usize = 300;
/// At most this many fields of a validation error are kept.
pub(crate) const MAX_ERROR_FIELDS: usize = 20;
/// At most this many bytes of a web page are searched for what it is.
pub(crate) const MAX_PAGE_BYTES: usize = 64 * 1024;

// Certificates and proxies.

/// At most this many names of a certificate are shown.
pub(crate) const MAX_CERTIFICATE_NAMES: usize = 8;
pub(crate) const MAX_NAME_CHARS: usize = 120;
/// At most this many bytes of a proxy's response to CONNECT.
pub(crate) const MAX_TUNNEL_BYTES: usize = 8 * 1024;

// Lists of GitLab.

/// The largest page that GitLab gives, and the size that is always requested.
pub(crate) const PAGE_SIZE: usize = 100;
/// At most this many pages of a list: ten million projects at a hundred a page.
pub(crate) const MAX_PAGES: usize = 100_000;
/// At most this many entries of a list that is held as a whole: groups, or the projects of one.
pub(crate) const MAX_LIST_ENTRIES: usize = 200_000;
/// At most this many entries and bytes of a list that is small by its nature: the hooks of a target, applications, tokens.
pub(crate) const MAX_SMALL_LIST_ENTRIES: usize = 10_000;
pub(crate) const MAX_SMALL_LIST_BYTES: usize = 8 * 1024 * 1024;
/// At most this many projects in one GraphQL query: GitLab's largest page (gitlab: app/graphql/gitlab_schema.rb).
pub(crate) const MAX_QUERY_PROJECTS: usize = 100;
/// At most this many hooks of each project in one GraphQL query; a project with more is read by REST. GitLab counts a
/// query's complexity by what *could* come back, 250 at most (300 for an admin), and this query has 62
/// (gitlab: app/graphql/types/base_field.rb).
pub(crate) const MAX_QUERY_HOOKS: usize = 20;
/// At most this many characters of a name in GitLab's GraphQL schema.
pub(crate) const MAX_GRAPHQL_NAME: usize = 100;
/// At most this many entries of a delivery log: the most that GitLab gives at once.
pub(crate) const MAX_LOG_ENTRIES: u8 = 20;
/// Enough entries to find a test that was just sent, and the delivery before it.
pub(crate) const NEWEST_LOG_ENTRIES: u8 = 2;

// The loopback redirect.

/// At most this many connections are open at once; a browser opens two or three.
pub(crate) const MAX_LOOPBACK_CONNECTIONS: usize = 32;
/// At most this many bytes of a request's head: browsers send a few thousand, GitLab's address is short.
pub(crate) const MAX_LOOPBACK_HEAD: usize = 32 * 1024;

// Factory.

/// At most this many bytes of a kit, which is a page of JSON.
pub(crate) const MAX_KIT_BYTES: usize = 256 * 1024;
/// At most this many bytes of any other response of Factory.
pub(crate) const MAX_FACTORY_BYTES: usize = 64 * 1024;
/// At most this many characters of a receipt's ID.
pub(crate) const MAX_RECEIPT_CHARS: usize = 200;

/// Of a file with certificates or a key. The largest bundle of roots in use has a quarter of a megabyte.
pub(super) const MAX_CERTIFICATE_BYTES: u64 = 4 << 20;

/// Of a file with headers. Servers take some 16 KiB of headers.
pub(super) const MAX_HEADER_FILE_BYTES: u64 = 64 << 10;
