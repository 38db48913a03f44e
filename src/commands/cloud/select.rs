//! What Factory may work on: the paths that were named are looked up, or a person searches for them; and what the account
//! reaches beyond that is counted.

use super::super::diagnostics;
use super::CloudRun;
use super::authorize::Authorized;
use super::explain;
use super::place_source::PlaceSource;
use crate::apply::CloudApply;
use crate::cloud::{Beyond, Candidate, CloudSelection, PlaceKind, SelectedPlace};
use crate::error::Failure;
use crate::gitlab::PlaceDetails;
use crate::http;
use crate::journal::CloudEntry;
use crate::plan::CloudChoice;
use crate::settings::keys;
use crate::terminal::prompt::{Ask, Menu, Preset};
use crate::text::{Text, counted};

/// The selection, and what is to be known of it before it is approved.
pub(super) struct Settled {
    pub selection: CloudSelection,
    /// What keeps Factory from working on a part of it.
    pub marks: Vec<String>,
    /// `None` where it cannot be seen from here.
    pub beyond: Option<Beyond>,
}

impl Settled {
    /// What Factory has already.
    pub(super) fn standing(selection: &CloudSelection) -> Self {
        Self { selection: selection.clone(), marks: Vec::new(), beyond: None }
    }
}

/// What a selection is settled with.
#[derive(Clone, Copy)]
pub(super) struct Settling<'s, 'a> {
    pub run: &'s CloudRun<'a>,
    pub apply: &'s CloudApply<'s>,
    pub authorized: &'s Authorized,
}

/// Looks the selection up, or asks for it.
///
/// # Errors
/// Names every group and project that the account does not reach.
pub(super) async fn settle(settling: Settling<'_, '_>, choice: &CloudChoice) -> Result<Settled, Failure> {
    let Settling { run, authorized, .. } = settling;
    let source = PlaceSource::of(run, authorized)?;
    let wanted = match choice {
        CloudChoice::Stands(selection) | CloudChoice::New(selection) => selection.clone(),
        CloudChoice::Open => Chooser { run, source: source.as_ref() }.choose().await?,
    };
    let Some(source) = source else {
        // Factory names what it does not find.
        return Ok(Settled { selection: wanted, marks: Vec::new(), beyond: None });
    };
    let terminal = run.context.terminal;
    let lookup = Lookup { settling, source: &source };
    let mut settled = match choice {
        CloudChoice::Stands(_) => Settled::standing(&wanted),
        CloudChoice::New(_) | CloudChoice::Open => {
            terminal.with_spinner("looking the selection up", lookup.resolve(&wanted)).await?
        }
    };
    let counting = source.beyond(&settled.selection, &authorized.account.username);
    let counted = terminal.with_spinner("counting what the account reaches", counting).await;
    settled.beyond = Some(lookup.answered(counted)?);
    Ok(settled)
}

struct Lookup<'l, 'a> {
    settling: Settling<'l, 'a>,
    source: &'l PlaceSource,
}

impl Lookup<'_, '_> {
    async fn resolve(&self, wanted: &CloudSelection) -> Result<Settled, Failure> {
        let (mut unknown, mut marks) = (Vec::new(), Vec::new());
        let mut selection = CloudSelection { groups: Vec::new(), projects: Vec::new(), ..wanted.clone() };
        for (kind, places) in [(PlaceKind::Group, &wanted.groups), (PlaceKind::Project, &wanted.projects)] {
            for place in places {
                let Some(found) = self.answered(self.source.find(kind, &place.full_path).await)? else {
                    unknown.push(format!("{} {}", kind.word(), place.full_path));
                    continue;
                };
                marks.extend(self::marks(&found));
                match kind {
                    PlaceKind::Group => selection.groups.push(SelectedPlace::from(&found.place)),
                    PlaceKind::Project => selection.projects.push(SelectedPlace::from(&found.place)),
                }
            }
        }
        if !unknown.is_empty() {
            return Err(explain::unknown_places(Some(&self.settling.authorized.account), &unknown));
        }
        let has_places = !selection.groups.is_empty() || !selection.projects.is_empty();
        marks.extend(self.source.unseen().filter(|_| has_places).map(str::to_owned));
        Ok(Settled { selection, marks, beyond: None })
    }

    /// An answer of the source. Where Factory says that it has no authorization, the next run asks for one.
    fn answered<T>(&self, answer: Result<T, http::Error>) -> Result<T, Failure> {
        let Settling { run, apply, .. } = self.settling;
        answer.map_err(|error| {
            let failure = self.source.explain(&error, run.instance());
            let lost = self.source.says_unauthorized(&error).then(|| apply.record(CloudEntry::AuthorizationLost));
            match lost {
                Some(Err(error)) => diagnostics::journal(&error),
                Some(Ok(())) | None => failure,
            }
        })
    }
}

/// What keeps Factory from working there.
fn marks(details: &PlaceDetails) -> Vec<String> {
    let PlaceDetails { place: candidate, ip_ranges, has_saml } = details;
    let what = format!("{} {}", candidate.kind.word(), candidate.full_path);
    let mut marks = Vec::new();
    if candidate.marked_for_deletion {
        marks.push(format!("{what} is marked for deletion: GitLab removes it soon, and Factory loses it then"));
    }
    if candidate.archived {
        marks.push(format!("{what} is archived: Factory can read it and change nothing"));
    }
    if !ip_ranges.is_empty() {
        let ranges = ip_ranges.join(", ");
        marks.push(format!(
            "{what} lets in only {ranges}: Factory is refused until its egress addresses are added in the group's settings \
             (General, Permissions and group features)"
        ));
    }
    if *has_saml {
        marks.push(format!(
            "{what} has SAML single sign-on: GitLab asks for it on web pages and for Git, not for API calls; an account that SAML \
             removes takes Factory's access with it"
        ));
    }
    marks
}

/// Lets a person search.
struct Chooser<'c, 'a> {
    run: &'c CloudRun<'a>,
    source: Option<&'c PlaceSource>,
}

impl Chooser<'_, '_> {
    async fn choose(&self) -> Result<CloudSelection, Failure> {
        let prompter = self.run.interview.prompter();
        if !prompter.can_ask() {
            return Err(super::connect::nothing_selected());
        }
        let items = [
            "choose groups and projects",
            "everything that the account reaches now",
            "everything, and what is added later",
            "only the projects of the account's own namespace",
        ]
        .map(str::to_owned);
        let ask = Ask { key: "selection", prompt: "What Factory may work on", ..Ask::default() };
        match prompter.choose(&ask, Menu { items: &items, preset: Preset::First })? {
            0 => self.search().await,
            3 => Ok(CloudSelection { personal_namespace: true, ..CloudSelection::default() }),
            chosen => Ok(CloudSelection { all: true, future: chosen == 2, ..CloudSelection::default() }),
        }
    }

    async fn search(&self) -> Result<CloudSelection, Failure> {
        let prompter = self.run.interview.prompter();
        let mut selection = CloudSelection::default();
        loop {
            let count = selection.groups.len() + selection.projects.len();
            let prompt = match count {
                0 => "Search groups and projects (a part of the name, or a whole path)".to_owned(),
                _ => format!("Search for more (Enter alone: {} is all)", counted(count, "place")),
            };
            let typed = prompter.text(&Ask { key: "search", prompt: &prompt, ..Ask::default() })?;
            let text = typed.trim();
            if text.is_empty() {
                if count > 0 {
                    return self.with_future(selection);
                }
                continue;
            }
            let found = self.found(text).await?;
            if found.is_empty() {
                let mut none = Text::new();
                none.line(format!("nothing that the account reaches has {text:?} in its name, or is at that path"));
                prompter.say(&none);
                continue;
            }
            let lines: Vec<String> = found.iter().map(line).collect();
            let ask = Ask { key: "places", prompt: "Which of these", ..Ask::default() };
            for place in prompter.choose_many(&ask, &lines)?.into_iter().filter_map(|at| found.get(at)) {
                let places = match place.kind {
                    PlaceKind::Group => &mut selection.groups,
                    PlaceKind::Project => &mut selection.projects,
                };
                if !places.iter().any(|one| one.id == Some(place.id)) {
                    places.push(place.into());
                }
            }
        }
    }

    /// Groups may grow.
    fn with_future(&self, selection: CloudSelection) -> Result<CloudSelection, Failure> {
        if selection.groups.is_empty() {
            return Ok(selection);
        }
        let question = "Also what is added to these groups later?";
        let future = self.run.interview.confirm_with(&keys::FUTURE, question)?;
        Ok(CloudSelection { future, ..selection })
    }

    /// What matches; without anything to search in, the path as it was typed.
    async fn found(&self, text: &str) -> Result<Vec<Candidate>, Failure> {
        let Some(source) = self.source else {
            return Err(Failure::usage("the groups and projects of the account cannot be searched from here")
                .because("the kit has no cloud.candidates_url, and no token of the account was given")
                .fix(crate::error::Fix::say("name them with --group and --project, or set GITLAB_TOKEN (read_api)")));
        };
        let searching = self.run.context.terminal.with_spinner("searching", source.search(text));
        searching.await.map_err(|error| source.explain(&error, self.run.instance()))
    }
}

fn line(candidate: &Candidate) -> String {
    let Candidate { kind, full_path, archived, marked_for_deletion, id: _ } = candidate;
    let deletion = if *marked_for_deletion { ", marked for deletion" } else { "" };
    let archived = if *archived { ", archived" } else { "" };
    format!("{:<8}{full_path}{archived}{deletion}", kind.word())
}
