//! How an instance differs or misbehaves on purpose: one field for each difference that a test needs.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

/// The quirks of an instance; they can be changed while the sandbox runs.
#[derive(Clone, Debug)]
pub struct InstanceQuirks {
    /// Whether responses about applications show `scopes`; `None` lets the version decide.
    pub expose_scopes: Option<bool>,
    /// The license has expired.
    pub license_expired: bool,
    /// Doorkeeper 5.9.5 and later: a client that authenticates in two ways at once is refused.
    pub one_client_mechanism: bool,
    /// The response to `client_credentials` with a scope that the application has.
    pub client_credentials: ClientCredentials,
    /// Whether the device flow exists; `None` lets the version decide.
    pub device_flow: Option<bool>,
    /// Whether the device endpoint checks the application's scopes; `None` lets the version decide.
    pub device_checks_scopes: Option<bool>,
    /// The user's organization is in maintenance: codes and refresh tokens are not exchanged.
    pub organization_maintenance: bool,
    /// Impersonation tokens are refused.
    pub impersonation_disabled: bool,
    pub graphql: GraphqlQuirks,
    /// The plan that the license names; `None` takes it from the options.
    pub license_plan: Option<&'static str>,
    /// Every object of a response has fields that no client knows.
    pub unknown_fields: bool,
    /// A proxy in front of the instance adds its own headers.
    pub proxy_headers: bool,
    /// `Link` headers hold paths instead of URLs.
    pub relative_links: bool,
    /// GitLab's server resolves no name.
    pub no_dns: bool,
    /// The addresses that GitLab's server has for names; any other name counts as public.
    pub names: BTreeMap<String, Vec<IpAddr>>,
    /// A proxy in front of the instance that lets only known requests pass.
    pub wall: Option<Wall>,
    /// GitLab does not answer, as during an update: this status (502, 503) with the page of its own nginx.
    pub down: Option<u16>,
}

/// What a proxy in front of an instance asks for.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "sandbox-testing"), allow(dead_code, reason = "only tests build one"))]
pub enum Wall {
    /// This `Authorization`; 401 with a challenge otherwise. A proxy should keep it, and some pass it on.
    Basic { authorization: String, is_passed_on: bool },
    /// A service token; 403 with Cloudflare's headers otherwise.
    CloudflareAccess { id: String, secret: String },
}

/// How GraphQL differs from what the version decides.
#[derive(Clone, Debug, Default)]
pub struct GraphqlQuirks {
    /// Whether `Project` has a list of its hooks; `None` lets the version decide.
    pub hook_list: Option<bool>,
    /// Fields that the type `ProjectHook` lacks.
    pub missing: Vec<&'static str>,
    /// The largest complexity that a query may have; `None` is GitLab's own limit.
    pub max_complexity: Option<usize>,
    /// Projects that the list omits although the caller may see them.
    pub left_out: Vec<u64>,
}

/// How work in projects goes on one instance and not on another.
#[derive(Clone, Debug)]
pub struct WorkQuirks {
    /// How long after the creation of a project its repository is ready.
    pub repository_lag: Duration,
    /// How long Sidekiq takes before it sends the webhooks of pushes, comments, pipelines and jobs.
    pub sidekiq_delay: Duration,
    /// Projects that one user may create in a day, from 19.3; `None` for no limit.
    pub daily_projects: Option<u32>,
    /// How long a new merge request is being prepared, and then once more checked.
    pub merge_check: Duration,
    /// Whether a job's first state is sent: some versions did not (gitlab issues 28103, 330499).
    pub job_created_hook: bool,
    pub runner: Runner,
    /// The users who start pipelines count as blocked: no Pipeline Hook is sent.
    pub pipeline_user_blocked: bool,
}

/// Whether a runner takes jobs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(not(feature = "sandbox-testing"), allow(dead_code, reason = "only tests have one"))]
pub enum Runner {
    /// Jobs stay pending.
    Missing,
    /// Jobs run and succeed.
    Works,
}

impl Default for WorkQuirks {
    fn default() -> Self {
        Self {
            repository_lag: Duration::ZERO,
            sidekiq_delay: Duration::from_millis(200),
            daily_projects: None,
            merge_check: Duration::from_millis(500),
            job_created_hook: true,
            runner: Runner::Missing,
            pipeline_user_blocked: false,
        }
    }
}

/// The two known responses to the client credentials grant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ClientCredentials {
    /// 200 with a token that does not belong to a user.
    StoredToken,
    /// A 500 page, as when the token's organization is not set.
    ServerError,
}

impl Default for InstanceQuirks {
    fn default() -> Self {
        Self {
            expose_scopes: None,
            license_expired: false,
            one_client_mechanism: false,
            client_credentials: ClientCredentials::StoredToken,
            device_flow: None,
            device_checks_scopes: None,
            organization_maintenance: false,
            impersonation_disabled: false,
            graphql: GraphqlQuirks::default(),
            license_plan: None,
            unknown_fields: false,
            proxy_headers: false,
            relative_links: false,
            no_dns: false,
            names: BTreeMap::new(),
            wall: None,
            down: None,
        }
    }
}
