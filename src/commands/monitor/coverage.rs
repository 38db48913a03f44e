//! How far the instance is covered: counts, for the report and the metrics.

use std::collections::HashSet;

use crate::gitlab::AlertStatus;
use crate::observed::{HookSeen, HooksSeen, Memory, Observation, TargetSeen};
use crate::report::series::Coverage;
use crate::target::TargetKind;

pub(super) fn coverage(hooks: &HooksSeen, memory: &Memory) -> Coverage {
    let mut coverage = Coverage::default();
    let (mut covered_paths, mut bare_paths) = (HashSet::new(), HashSet::new());
    let mut has_system_hook = false;
    for seen in &hooks.targets {
        let sends = has_enabled_hook(seen);
        match (seen.target.kind(), sends) {
            (TargetKind::System, sends) => has_system_hook |= sends,
            (_, true) => drop(covered_paths.insert(seen.target.path())),
            (_, false) => drop(bare_paths.insert(seen.target.path())),
        }
        match &seen.hooks {
            Observation::Failed(_) => coverage.unread += 1,
            _ if seen.own_hooks().next().is_none() => coverage.missing += 1,
            _ => {}
        }
    }
    let others = hooks.others.iter().map(|other| &other.seen);
    for hook in hooks.targets.iter().chain(others).flat_map(TargetSeen::own_hooks) {
        let count = if is_enabled(hook) { &mut coverage.enabled } else { &mut coverage.disabled };
        *count += 1;
        coverage.logs += usize::from(hook.deliveries.known().is_some());
    }
    for project in memory.live_projects() {
        let path = project.path_with_namespace.as_str();
        if has_system_hook || is_at_or_below(path, &covered_paths) {
            coverage.covered += 1;
        } else if is_at_or_below(path, &bare_paths) {
            coverage.uncovered += 1;
        }
    }
    coverage
}

fn has_enabled_hook(seen: &TargetSeen) -> bool {
    seen.own_hooks().any(is_enabled)
}

/// Before 15.x and in lists that do not say it, a webhook counts as enabled: `webhook.enabled` judges that.
fn is_enabled(hook: &HookSeen) -> bool {
    !matches!(hook.hook.alert_status, AlertStatus::Disabled | AlertStatus::TemporarilyDisabled)
}

/// Whether a path or one above it is among these.
fn is_at_or_below(path: &str, paths: &HashSet<&str>) -> bool {
    let mut path = path;
    loop {
        if paths.contains(path) {
            return true;
        }
        match path.rsplit_once('/') {
            Some((above, _)) => path = above,
            None => return false,
        }
    }
}
