//! What the plan is made from: the settings, and a person for what they lack. Without one everything that is wrong or missing is
//! reported at once.

use serde_json::Value;

use crate::error::{Failure, Fix};
use crate::inputs::{Interview, Missing};
use crate::instance::InstanceUrl;
use crate::plan::network::{
    self, AwsEnd, GivenNetwork, KitSide, NetworkDesign, NetworkInputs, NetworkMethod, NetworkProblem, name,
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

/// The design.
///
/// # Errors
/// A usage error with every problem.
pub(super) async fn design(
    interview: &Interview<'_>,
    gitlab: &InstanceUrl,
    kit: KitSide<'_>,
) -> Result<Collected, Failure> {
    let method = method(interview, kit).await?;
    if interview.prompter().can_ask() {
        ask_missing(interview, method).await?;
    }
    let given = GivenNetwork::read(interview.settings())?;
    let made = network::design(NetworkInputs { given: &given, method, gitlab, kit });
    let missing = made.missing.iter().map(|setting| missing_problem(setting));
    let problems: Vec<NetworkProblem> = made.wrong.into_iter().chain(missing).collect();
    refuse(problems, interview.settings())?;
    let mut collected = given.to_json();
    collected["method"] = Value::from(method.to_string());
    if method == NetworkMethod::Vpn {
        collected["aws_end"] = Value::from(given.aws_end.unwrap_or(AwsEnd::Factory).to_string());
    }
    Ok(Collected { design: made.design, collected })
}

/// The method: given, chosen by the user after an advice, or advised only.
async fn method(interview: &Interview<'_>, kit: KitSide<'_>) -> Result<NetworkMethod, Failure> {
    let given = GivenNetwork::read(interview.settings())?;
    if let Some(method) = given.method {
        return Ok(method);
    }
    let advice = network::advise(&given, kit);
    if !interview.prompter().can_ask() {
        return Err(Failure::usage("the method is not given, and there is no terminal to ask on")
            .because(format!("{} is advised: {}", advice.method, advice.why))
            .fix(Fix::rerun("take it, or choose vpc-peering, vpn or public", format!("--method {}", advice.method))));
    }
    let mut text = crate::text::Text::new();
    text.line(format!("{} is advised: {}", advice.method, advice.why));
    interview.prompter().say(&text);
    let chosen = interview.ask_until(&keys::METHOD, async |given| Ok(given.value)).await?;
    Ok(chosen.value)
}

/// Asks for each value that the method needs and that was not given, and judges it there.
async fn ask_missing(interview: &Interview<'_>, method: NetworkMethod) -> Result<(), Failure> {
    let given = GivenNetwork::read(interview.settings())?;
    let missing: Vec<&'static Definition> = lacking(&given, method).collect();
    for setting in TEXTS.into_iter().filter(|setting| missing.iter().any(|one| one.key == setting.key)) {
        interview.ask_until(setting, async |typed| judged(setting, &typed.value)).await?;
    }
    Ok(())
}

/// Every setting that may be asked for, with its type, in the order of asking.
static TEXTS: [&Setting<String>; 11] = [
    &keys::GITLAB_ADDRESSES,
    &keys::VPC_ID,
    &keys::ACCOUNT_ID,
    &keys::REGION,
    &keys::VPC_CIDRS,
    &keys::ROUTE_TABLES,
    &keys::SECURITY_GROUPS,
    &keys::VPN_ADDRESS,
    &keys::LOCAL_CIDRS,
    &keys::IKE,
    &keys::ESP,
];

/// Whether a typed value is well formed. What it is together with others is judged when all are there.
fn judged(setting: &'static Setting<String>, typed: &str) -> Result<(), Failure> {
    let given = GivenNetwork::of_one(setting, typed);
    if !given.has(setting) {
        return Err(Failure::usage(format!("give {}", setting.name)));
    }
    match network::ill_formed(&given).into_iter().next() {
        None => Ok(()),
        Some(problem) => Err(Failure::usage(problem.what).fix(Fix::say(problem.remedy))),
    }
}

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

/// Where the value was given, as the user calls it.
fn place(at: &str, settings: &Settings) -> String {
    let Some(setting) = keys::network().iter().find(|setting| name(setting) == at) else {
        return format!("the kit's {at}");
    };
    match settings.source(setting) {
        Some(Source::AnswersFile { .. }) => setting.key.to_owned(),
        _ => setting.flag.to_owned(),
    }
}
