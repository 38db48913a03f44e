//! Pipelines and their jobs.

use jiff::Timestamp;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PipelineStatus {
    Created,
    Pending,
    Running,
    Success,
    Canceled,
    Skipped,
    Manual,
}

impl PipelineStatus {
    /// The word in the API.
    pub(in crate::sandbox::gitlab) const fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Success => "success",
            Self::Canceled => "canceled",
            Self::Skipped => "skipped",
            Self::Manual => "manual",
        }
    }

    /// Whether nothing follows by itself.
    pub(in crate::sandbox::gitlab) const fn is_finished(self) -> bool {
        matches!(self, Self::Success | Self::Canceled | Self::Skipped)
    }
}

#[derive(Clone, Debug)]
pub struct StoredPipeline {
    pub id: u64,
    pub iid: u64,
    pub user: u64,
    pub sha: String,
    pub before: String,
    /// A branch or a tag.
    pub reference: String,
    pub is_tag: bool,
    pub source: &'static str,
    pub status: PipelineStatus,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    /// The merge request that it runs for, by its number.
    pub merge_request: Option<u64>,
    pub jobs: Vec<StoredJob>,
}

#[derive(Clone, Debug)]
pub struct StoredJob {
    pub id: u64,
    pub name: String,
    pub stage: String,
    pub status: PipelineStatus,
    pub is_manual: bool,
    pub environment: Option<String>,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
}
