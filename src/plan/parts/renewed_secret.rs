//! What `rotate application-secret` does: the way to Factory is proven, then the secret is renewed and handed over alone.

use super::application::{is_secret_lost, renewal, resembles};
use super::bundle::{Sealing, Sides, let_out};
use super::due::{self, Dueness, Limits};
use crate::desired::BundleRoute;
use crate::gitlab::Application;
use crate::journal::Rotation;
use crate::plan::{ApplicationStep, Blocker, BundleContents, BundleStep, Plan, Reason, Step};

/// How far an earlier run came.
enum Progress {
    /// A proven bundle waits for its upload.
    Sealed,
    /// Factory has what the rotation renewed.
    HandedOver,
    /// GitLab may have shown a secret that is in no usable bundle.
    Begun,
    NotBegun,
}

fn progress(sides: &Sides<'_>) -> Progress {
    let record = sides.record;
    let rotating = record.rotating.filter(|rotating| rotating.what == Rotation::ApplicationSecret);
    match (&record.application_bundle, rotating) {
        (Some(bundle), _) if !is_secret_lost(record) && sides.is_sealed_for_wanted(&bundle.recipients) => {
            Progress::Sealed
        }
        (Some(_), _) => Progress::Begun,
        (None, _) if is_secret_lost(record) => Progress::Begun,
        (None, Some(rotating)) if record.secret_changed_at >= Some(rotating.began_at) => Progress::HandedOver,
        (None, Some(_)) => Progress::Begun,
        (None, None) => Progress::NotBegun,
    }
}

pub(in crate::plan) fn plan(sides: &Sides<'_>, limits: &Limits, plan: &mut Plan) {
    let application = match application(sides) {
        Ok(application) => application,
        Err(blocker) => return plan.blockers.push(*blocker),
    };
    match progress(sides) {
        Progress::Sealed => plan.steps.extend(deliver_waiting(sides, Sealing::Nothing)),
        Progress::HandedOver => {
            plan.notes.push("an interrupted run has renewed it already, and Factory has it".to_owned());
        }
        Progress::Begun => renew(sides, application, plan),
        Progress::NotBegun => match due::secret(sides, limits, Rotation::ApplicationSecret) {
            Dueness::Due => renew(sides, application, plan),
            Dueness::NotDue(note) => plan.notes.push(note),
            Dueness::Unknown(blocker) => plan.blockers.push(blocker),
        },
    }
}

/// The application whose secret Factory has, as the list shows it now: GitLab renews whatever has the number.
fn application<'a>(sides: &Sides<'a>) -> Result<&'a Application, Box<Blocker>> {
    let Sides { desired, observed, record } = *sides;
    let bundle = record
        .bundle
        .as_ref()
        .filter(|bundle| sides.is_in_use(bundle))
        .ok_or_else(|| Box::new(Blocker::NotHandedOver))?;
    let all = observed.applications.known().map_or(&[][..], Vec::as_slice);
    let application_id = bundle.application_id.clone();
    let found = all.iter().find(|one| one.application_id == application_id);
    let found = found.ok_or_else(|| Box::new(Blocker::UnknownApplication { application_id }))?;
    if !resembles(&desired.application, found) {
        return Err(Box::new(Blocker::NotOfThisKit { application: found.clone() }));
    }
    Ok(found)
}

fn renew(sides: &Sides<'_>, application: &Application, plan: &mut Plan) {
    let delivery = &sides.desired.delivery;
    let BundleRoute::Upload(upload) = &delivery.way else { return plan.blockers.push(Blocker::NoUpload) };
    let recipients = || delivery.recipients.clone();
    let to = Box::new(upload.clone());
    plan.steps.push(Step::Bundle(BundleStep::ProveUpload { to, recipients: recipients() }));
    plan.steps.extend(renewal(application, Reason::Rotated).steps);
    plan.steps.push(Step::Bundle(BundleStep::SealApplication { recipients: recipients() }));
    plan.steps.push(Step::Application(ApplicationStep::ProvePair));
    plan.steps.extend(let_out(&delivery.way, recipients(), BundleContents::Application));
    let note = "GitLab has one secret at a time: from the renewal until Factory has the new one, no user can sign in and no token \
                is renewed; tokens that exist last to their end, two hours unless GitLab is set otherwise";
    plan.notes.push(note.to_owned());
}

/// The upload of a bundle that an earlier run sealed, where no new one takes its place.
pub(in crate::plan) fn deliver_waiting(sides: &Sides<'_>, sealing: Sealing) -> Option<Step> {
    let waiting = sides.record.application_bundle.as_ref().filter(|_| sealing != Sealing::Fresh)?;
    let is_usable = !is_secret_lost(sides.record) && sides.is_sealed_for_wanted(&waiting.recipients);
    let way = Some(&sides.desired.delivery.way).filter(|_| is_usable)?;
    let_out(way, waiting.recipients.clone(), BundleContents::Application)
}
