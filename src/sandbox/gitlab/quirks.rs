//! How the instance misbehaves or differs on purpose: one switch for each thing a test may want to see.

/// Everything that can be switched while the sandbox runs.
#[derive(Clone, Debug)]
pub struct InstanceQuirks {
    /// Whether answers about applications show `scopes`; `None` lets the version decide.
    pub expose_scopes: Option<bool>,
    /// The licence has run out.
    pub license_expired: bool,
    /// Doorkeeper 5.9.5 and later: a client that authenticates in two ways at once is refused.
    pub one_client_mechanism: bool,
    /// What `client_credentials` answers for a scope the application has.
    pub client_credentials: ClientCredentials,
    /// Whether the device flow exists; `None` lets the version decide.
    pub device_flow: Option<bool>,
    /// Whether the device endpoint looks at the application's scopes; `None` lets the version decide.
    pub device_checks_scopes: Option<bool>,
    /// Impersonation tokens are refused.
    pub impersonation_disabled: bool,
    pub graphql: GraphqlQuirks,
    /// The plan that the licence names; `None` is that of the options.
    pub license_plan: Option<&'static str>,
    /// Every object of an answer has fields that nobody knows yet.
    pub unknown_fields: bool,
    /// A proxy stands before the instance and adds headers of its own.
    pub proxy_headers: bool,
    /// `Link` headers hold paths instead of whole addresses.
    pub relative_links: bool,
}

/// How GraphQL differs from what the version decides.
#[derive(Clone, Debug, Default)]
pub struct GraphqlQuirks {
    /// Whether `StoredProject` has a list of its hooks; `None` lets the version decide.
    pub hook_list: Option<bool>,
    /// Fields that the type `ProjectHook` lacks.
    pub missing: Vec<&'static str>,
    /// The largest complexity that a query may have; `None` is GitLab's own limit.
    pub max_complexity: Option<usize>,
    /// Projects that the list leaves out, though the caller may see them.
    pub left_out: Vec<u64>,
}

/// The two answers of the client credentials grant that are known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ClientCredentials {
    /// 200 with a token that belongs to nobody.
    StoredToken,
    /// A 500 page, as when nothing fills the token's organisation.
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
            impersonation_disabled: false,
            graphql: GraphqlQuirks::default(),
            license_plan: None,
            unknown_fields: false,
            proxy_headers: false,
            relative_links: false,
        }
    }
}
