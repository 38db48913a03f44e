//! What the plan is made from: the settings, and a person for what they lack. Without one everything that is wrong or missing is
//! reported at once.

use serde_json::Value;

use crate::error::{Failure, Fix};
use crate::inputs::{Interview, Missing};
use crate::instance::InstanceUrl;
use crate::plan::network::{
    self, Designed, GivenNetwork, KitSide, NetworkDesign, NetworkInputs, NetworkMethod, NetworkProblem,
    PrintedCommands, name,
};
use crate::settings::{Definition, Setting, Settings, Source, keys};
use crate::text::counted;

/// What the answers file says of GitLab's network, for the bundle: not all of it has to be given, and each value is well formed.
///
/// # Errors
/// A usage error with every problem.
pub(in crate::commands) fn for_bundle(settings: &Settings) -> Result<Option<Value>, Failure> {
    let given = GivenNetwork::read(settings)?;
    if given.is_empty() {
        return Ok(None);
    }
    refuse(network::ill_formed(&given), settings)?;
    Ok(Some(given.to_json()))
}

/// A design that holds, and what it was made from.
pub(super) struct Collected {
    pub design: NetworkDesign,
    /// By the names of the answers file.
    pub collected: Value,
    /// What was given for another method.
    pub unused: Vec<NetworkProblem>,
}

/// Who is asked, for which GitLab and which kit.
pub(super) struct PlanInterview<'a> {
    pub interview: &'a Interview<'a>,
    pub gitlab: InstanceUrl,
    pub kit: KitSide<'a>,
}

/// Without a terminal: what is missing before the kit can be read, and what is known to be needed beside it.
pub(super) fn require_first(interview: &Interview<'_>) -> Result<(), Failure> {
    if interview.prompter().can_ask() {
        return Ok(());
    }
    let first: [&'static Definition; 2] = [&keys::KIT.definition, &keys::GITLAB_URL.definition];
    let mut missing: Vec<&'static Definition> =
        first.into_iter().filter(|setting| !interview.is_set(setting)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let given = GivenNetwork::read(interview.settings())?;
    match given.method {
        None => missing.push(&keys::METHOD.definition),
        Some(method) => missing.extend(lacking(&given, method)),
    }
    Missing::none_of_needing_kit(missing)
}

fn lacking(given: &GivenNetwork, method: NetworkMethod) -> impl Iterator<Item = &'static Definition> {
    let needed = network::needed(method, given.aws_end.unwrap_or_default());
    needed.into_iter().filter(|setting| !given.has(setting))
}

impl PlanInterview<'_> {
    pub(super) fn settings(&self) -> &Settings {
        self.interview.settings()
    }

    fn judge(&self, given: &GivenNetwork, method: NetworkMethod, commands: &PrintedCommands) -> Designed {
        network::design(NetworkInputs { given, method, gitlab: &self.gitlab, kit: self.kit, commands })
    }

    /// Makes the design from what was given.
    ///
    /// # Errors
    /// A usage error with every problem.
    pub(super) fn design(&self, method: NetworkMethod, commands: &PrintedCommands) -> Result<Collected, Failure> {
        let given = GivenNetwork::read(self.settings())?;
        let made = self.judge(&given, method, commands);
        let missing = made.missing.iter().map(|setting| missing_problem(setting));
        let problems: Vec<NetworkProblem> = made.wrong.into_iter().chain(missing).collect();
        refuse(problems, self.settings())?;
        let mut collected = given.to_json();
        collected["method"] = Value::from(method.to_string());
        if method == NetworkMethod::Vpn {
            collected["aws_end"] = Value::from(given.aws_end.unwrap_or_default().to_string());
        }
        Ok(Collected { design: made.design, collected, unused: network::unused(&given, method) })
    }

    /// The method: given, chosen by the user after an advice, or advised only.
    pub(super) async fn method(&self) -> Result<NetworkMethod, Failure> {
        let interview = self.interview;
        let given = GivenNetwork::read(interview.settings())?;
        if let Some(method) = given.method {
            return Ok(method);
        }
        let advice = network::advise(&given, self.kit);
        if !interview.prompter().can_ask() {
            return Err(Failure::usage("the method is not given, and there is no terminal to ask on")
                .because(format!("{} is advised: {}", advice.method, advice.why))
                .fix(Fix::rerun(
                    "take it, or choose vpc-peering, vpn or public",
                    format!("--method {}", advice.method),
                )));
        }
        let mut text = crate::text::Text::new();
        text.line(format!("{} is advised: {}", advice.method, advice.why));
        interview.prompter().say(&text);
        let chosen = interview.ask_until(&keys::METHOD, async |given| self.judge_method(given.value)).await?;
        Ok(chosen.value)
    }

    /// Whether the kit has what the method needs: no other answer mends that.
    pub(super) fn judge_method(&self, method: NetworkMethod) -> Result<NetworkMethod, Failure> {
        let given = GivenNetwork::read(self.settings())?;
        let made = self.judge(&given, method, &PrintedCommands::default());
        let of_kit = |problem: &NetworkProblem| setting_of(&problem.at).is_none();
        refuse(made.wrong.into_iter().filter(of_kit).collect(), self.settings()).map(|()| method)
    }

    /// Asks for each value that the method needs and that was not given, and judges it there.
    pub(super) async fn ask_missing(&self, method: NetworkMethod) -> Result<(), Failure> {
        let given = GivenNetwork::read(self.settings())?;
        let missing: Vec<&'static Definition> = lacking(&given, method).collect();
        for setting in TEXTS.into_iter().filter(|setting| missing.iter().any(|one| one.key == setting.key)) {
            self.interview.ask_until(setting, async |typed| self.judge_answer(setting, method, &typed.value)).await?;
        }
        Ok(())
    }

    /// Whether a typed value goes with the kit and with what was given before it. Where it is known what was meant, Enter takes
    /// that.
    pub(super) fn judge_answer(
        &self,
        setting: &'static Setting<String>,
        method: NetworkMethod,
        typed: &str,
    ) -> Result<(), Failure> {
        let given = GivenNetwork::read(self.settings())?.with(setting, typed);
        if !given.has(setting)
            && network::needed(method, given.aws_end.unwrap_or_default()).iter().any(|one| one.key == setting.key)
        {
            return Err(Failure::usage(format!("give {}", setting.name)));
        }
        let made = self.judge(&given, method, &PrintedCommands::default());
        let wrong = made.wrong.into_iter().filter(|problem| problem.at == name(setting));
        let failure = wrong.fold(None, |failure: Option<Failure>, NetworkProblem { what, remedy, .. }| {
            let fix = Fix::say(remedy);
            Some(match failure {
                None => Failure::usage(what).fix(fix),
                Some(failure) if failure.fixes.contains(&fix) => failure.because(what),
                Some(failure) => failure.because(what).fix(fix),
            })
        });
        let Some(failure) = failure else { return Ok(()) };
        if let Some(meant) = network::corrected(setting, typed) {
            self.interview.offer(setting, meant);
        }
        Err(failure)
    }
}

/// Every setting but the two with choices, with its type, in the order of asking.
pub(super) static TEXTS: [&Setting<String>; 15] = [
    &keys::GITLAB_ADDRESSES,
    &keys::SSH_PORT,
    &keys::VPC_ID,
    &keys::ACCOUNT_ID,
    &keys::REGION,
    &keys::VPC_CIDRS,
    &keys::ROUTE_TABLES,
    &keys::SECURITY_GROUPS,
    &keys::VPN_ADDRESS,
    &keys::VPN_IDENTITY,
    &keys::BGP_ASN,
    &keys::LOCAL_CIDRS,
    &keys::INSIDE_CIDRS,
    &keys::IKE,
    &keys::ESP,
];

fn missing_problem(setting: &Definition) -> NetworkProblem {
    NetworkProblem {
        at: name(setting).to_owned(),
        what: format!("missing ({})", setting.name),
        remedy: format!("give {} {}, or {} in the answers file", setting.flag, setting.value_name, setting.key),
    }
}

/// One error for all problems: each with what to do.
fn refuse(problems: Vec<NetworkProblem>, settings: &Settings) -> Result<(), Failure> {
    if problems.is_empty() {
        return Ok(());
    }
    let message = format!("the network cannot be planned: {}", counted(problems.len(), "problem"));
    Err(problems.into_iter().fold(Failure::usage(message), |failure, problem| {
        let place = place(&problem.at, settings);
        let fix = Fix::say(format!("{place}: {}", problem.remedy));
        let is_said = failure.fixes.contains(&fix);
        failure.because(format!("{place}: {}", problem.what)).fixes((!is_said).then_some(fix))
    }))
}

/// The setting that a problem is about; none where it is about the kit.
fn setting_of(at: &str) -> Option<&'static Definition> {
    keys::network().iter().copied().find(|setting| name(setting) == at)
}

/// Where the value was given, as the user calls it.
fn place(at: &str, settings: &Settings) -> String {
    let Some(setting) = setting_of(at) else { return format!("the kit's {at}") };
    match settings.source(setting) {
        Some(Source::AnswersFile { .. }) => setting.key.to_owned(),
        _ => setting.flag.to_owned(),
    }
}
