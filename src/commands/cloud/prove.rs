//! `--prove PROJECT`: opens a merge request, sees that Factory has heard of it, and removes it again.

use super::super::{diagnostics, local_state, progress};
use super::{CloudRun, verify};
use crate::activity::Activity;
use crate::apply::webhook_test::TestQuota;
use crate::apply::{Applied, Apply, ApplyInputs, Clients, LeftInGitLab, LocalState, MergeRequestProof};
use crate::desired::Desired;
use crate::error::{Failure, Fix};
use crate::gitlab::{ProjectDetails, Writer};
use crate::journal::ExerciseEntry;
use crate::observed::{EXERCISE_MARK, Observed, Observer, Read, ReadRequest, Reads};
use crate::plan::{ExerciseStep, Place, Plan, Step};
use crate::report::cloud::{CloudProof, ProofState};
use crate::secret::{Pat, PersonalAccessToken};
use crate::settings::keys;
use crate::target::Target;

/// What the proof needs, found out before anything begins.
pub(super) struct Prover {
    token: PersonalAccessToken,
    observer: Observer,
    desired: Desired,
    observed: Observed,
    project: ProjectDetails,
}

/// The proof, and whether it was interrupted.
pub(super) struct Proven {
    pub proof: Option<CloudProof>,
    pub failure: Option<Failure>,
    pub interrupted: bool,
}

impl Prover {
    /// `None` without `--prove`.
    ///
    /// # Errors
    /// A usage error without a token that has `api`; the project does not exist.
    pub(super) async fn open(run: &CloudRun<'_>) -> Result<Option<Self>, Failure> {
        let Some(path) = &run.desired.proof else { return Ok(None) };
        if !run.interview.is_set(&keys::TOKEN) && !run.interview.prompter().can_ask() {
            return Err(Failure::usage("--prove opens a merge request, and there is no token to do that with")
                .fix(Fix::say("give a token with the scope api: --token-file or the variable GITLAB_TOKEN"))
                .fix(Fix::say("or leave --prove out")));
        }
        run.require_named_instance()?;
        let token = run.interview.secret::<Pat>(&keys::CLOUD_TOKEN).await?.value;
        let desired = run.desired.shared(verify::unused()?);
        let observer = Observer::new(&run.http, run.instance(), &token, run.factory.clone());
        let reads = Reads::from_iter([Read::Metadata, Read::Token, Read::User]);
        let reading = observer.observe(&desired, ReadRequest::from(&reads), &());
        let observed = run.context.terminal.with_spinner("checking the token", Box::pin(reading)).await;
        if let Some(error) =
            observed.token.error().or_else(|| observed.user.error()).or_else(|| observed.metadata.error())
        {
            return Err(diagnostics::gitlab(error, "the token for --prove was not accepted", run.instance()));
        }
        let details = observed.token.known();
        if details.is_some_and(|token| !token.granular && !token.scopes.iter().any(|scope| scope == "api")) {
            let page = run.instance().new_token_page("api");
            return Err(Failure::usage("--prove opens a merge request, and the token lacks the scope api")
                .fix(Fix::open("create a token with it, and give it with --token-file or GITLAB_TOKEN", page))
                .fix(Fix::say("or leave --prove out")));
        }
        let found = observer.gitlab.project_at(path).await;
        let project = found.map_err(|error| match error.status() {
            Some(404) => Failure::problem(format!("the project {path} does not exist, or the token does not see it"))
                .fix(Fix::rerun("name another project", "--prove PROJECT")),
            _ => diagnostics::gitlab(&error, "the project for --prove could not be read", run.instance()),
        })?;
        if project.archived || project.default_branch.is_none() {
            let why = if project.archived { "it is archived" } else { "it has no commit to begin a branch at" };
            return Err(Failure::problem(format!("no merge request can be opened in {path}"))
                .because(why)
                .fix(Fix::rerun("name another project", "--prove PROJECT")));
        }
        Ok(Some(Self { token, observer, desired, observed, project }))
    }

    /// Opens, follows, and removes. After an interruption what was made is removed as well.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub(super) async fn prove(&self, run: &CloudRun<'_>) -> Result<Proven, Failure> {
        let lock = run.lock().ok_or_else(|| Failure::usage("a run without the lock changes nothing"))?;
        let writer = Writer::new(lock, run.http.clone(), run.instance().clone(), self.token.clone());
        let (transport, quota) = (run.settings().transport()?, TestQuota::default());
        let local = LocalState {
            lock,
            credential_store: local_state::credential_store(run.context, run.settings())?,
            kit_place: run.kit_place.path(),
        };
        let plan = self.plan(run).await?;
        let inputs = ApplyInputs {
            desired: &self.desired,
            observed: &self.observed,
            clients: Clients::new(&self.observer, &writer, &quota),
            connection: &run.connection,
            token: &self.token,
            local,
            end: None,
            transport: &transport,
        };
        let apply = Apply::new(inputs, run.open_journal()?);
        Ok(self.carry_out(run, &apply, &plan).await)
    }

    async fn carry_out(&self, run: &CloudRun<'_>, apply: &Apply<'_>, plan: &Plan) -> Proven {
        let context = run.context;
        let steps = plan.steps.len() + plan.cleanup.len();
        let progress = progress::Applying::new(context.terminal, "proving", steps);
        let mut applied = Applied::new(plan);
        let following = async {
            apply.run(&progress, &mut applied).await;
            apply.follow_merge_request(&applied.exercised).await
        };
        let followed = context.interrupt.or(Box::pin(following)).await;
        if followed.is_err() {
            context.terminal.say_line("interrupted: what was made is being removed; Ctrl-C again leaves it");
        }
        let uncleaned = apply.clean_up(&progress, &mut applied).await;
        drop(progress);
        if uncleaned.is_some() {
            applied.exercised.leave_project();
        }
        let stopped = applied.stopped.as_ref().map(|(_, error)| diagnostics::apply(error, apply));
        let uncleaned = uncleaned.as_ref().map(|error| {
            let failure = Failure { fixes: Vec::new(), ..diagnostics::not_cleaned(error) };
            failure.fix(Fix::rerun("run it again: what is left is removed first", ""))
        });
        let failure = stopped.or(uncleaned);
        let left = applied.exercised.left.iter().map(|left| {
            let LeftInGitLab { what, why, url } = left;
            format!("{what}: {why} ({url})")
        });
        let left: Vec<String> = left.collect();
        let proof = followed.as_ref().ok().map(|proof| self.proof(proof, left));
        Proven { proof, failure, interrupted: followed.is_err() }
    }

    fn proof(&self, proof: &MergeRequestProof, left: Vec<String>) -> CloudProof {
        let (merge_request, state, seen) = match proof {
            MergeRequestProof::NotMade(why) => (None, ProofState::No, format!("it could not be opened: {why}")),
            MergeRequestProof::Proven { iid, how } => (Some(*iid), ProofState::Yes, how.clone()),
            MergeRequestProof::Missing { iid, why } => (Some(*iid), ProofState::No, why.clone()),
            MergeRequestProof::Unknown { iid, why } => (Some(*iid), ProofState::Unknown, why.clone()),
        };
        CloudProof { project: self.project.path_with_namespace.clone(), merge_request, state, seen, left }
    }

    /// First what an earlier run left; then a branch with a commit, and a merge request.
    async fn plan(&self, run: &CloudRun<'_>) -> Result<Plan, Failure> {
        let identifier = uuid::Uuid::new_v4().simple().to_string();
        let mark = format!("{EXERCISE_MARK}{}", &identifier[..12]);
        let ProjectDetails { id, path_with_namespace: path, .. } = &self.project;
        let project = Target::Project { id: *id, path: path.as_str().into() };
        let mut steps = self.leftovers(run).await?;
        steps.push(ExerciseStep::UseProject { project, mark });
        steps.extend([Activity::Push, Activity::MergeRequest].map(|activity| ExerciseStep::Do { activity }));
        let place = Place::Existing { project: *id, path: path.clone(), hook: None };
        Ok(Plan {
            steps: steps.into_iter().map(Step::Exercise).collect(),
            cleanup: vec![Step::Exercise(ExerciseStep::CleanUp { place })],
            ..Plan::default()
        })
    }

    /// What this machine recorded of a proof that was killed. A project that is gone is forgotten.
    async fn leftovers(&self, run: &CloudRun<'_>) -> Result<Vec<ExerciseStep>, Failure> {
        let mut steps = Vec::new();
        for left in &run.record.exercises {
            let details = match left.project {
                Some(project) => self.observer.gitlab.project_details(project).await,
                None => Ok(None),
            };
            let what = "what an earlier proof left could not be looked for";
            match details.map_err(|error| diagnostics::gitlab(&error, what, run.instance()))? {
                Some(project) => {
                    let (id, path) = (project.id, project.path_with_namespace);
                    let place = Place::Existing { project: id, path, hook: None };
                    steps.push(ExerciseStep::RemoveLeftover { mark: left.mark.clone(), place });
                }
                None => {
                    let entry = ExerciseEntry::Removed { mark: left.mark.clone() };
                    run.open_journal()?.append(entry).map_err(|error| diagnostics::journal(&error))?;
                }
            }
        }
        Ok(steps)
    }
}
