//! A connection to GitLab.com as it should be.

use super::{
    ApplicationOrigin, BundleDelivery, BundleRoute, Desired, DesiredApplication, DesiredHandover, DesiredTrust,
    DesiredWebhooks, Prune, ResetToken, Selection,
};
use crate::cloud::{CloudSelection, CloudWay};
use crate::instance::InstanceUrl;
use crate::kit::{CloudKit, Handover};
use crate::secret::WebhookToken;
use crate::target::Strategy;
use crate::text::Globs;

#[derive(Clone, Debug)]
pub struct DesiredCloud {
    pub trust: DesiredTrust,
    pub kit: CloudKit,
    pub instance: InstanceUrl,
    pub way: CloudWay,
    /// `--account`
    pub account: Option<String>,
    /// What was selected for this run, by path; `None` leaves it as it is.
    pub selection: Option<CloudSelection>,
    /// The project of `--prove`.
    pub proof: Option<String>,
}

impl DesiredCloud {
    /// The parts that both kinds of connection have, for what works on both: the checks of instance, token and Factory, and what
    /// is done in a project. There is no application and there are no webhooks of ours, so theirs are never looked at; `unused`
    /// takes the place of their secret token.
    #[must_use]
    pub fn shared(&self, unused: WebhookToken) -> Desired {
        let Self { trust, kit, instance, .. } = self;
        Desired {
            kit: trust.clone(),
            instance: instance.clone(),
            organization: kit.organization.clone(),
            application: DesiredApplication {
                name: String::new(),
                redirect_uri: String::new(),
                scopes: Vec::new(),
                confidential: true,
                trusted: false,
                origin: ApplicationOrigin::Auto { given: None, renew: false },
            },
            webhooks: DesiredWebhooks {
                strategy: Strategy::None,
                selection: Selection { exclude: Globs::default(), ..Selection::default() },
                prune: Prune::Nothing,
                url: kit.cloud.url.clone(),
                token: unused,
                previous_token: None,
                signing_token: None,
                events: Vec::new(),
                name: String::new(),
                receipts_url: kit.receipts_url.clone(),
                resets_token: ResetToken::NotAsked,
            },
            handover: DesiredHandover { handover: Handover::None, choice: None, scopes: Vec::new() },
            delivery: BundleDelivery { network: None, recipients: Vec::new(), way: BundleRoute::None },
            status_url: kit.status_url.clone(),
            disconnect_url: kit.disconnect_url.clone(),
            answers: kit.answers.clone(),
        }
    }
}
