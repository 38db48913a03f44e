//! Holds answers to GitLab's own description of its API, field by field: a name that is not in it is a mistake, and a
//! documented type is the type of the value.
//!
//! Source: gitlabhq doc/api/openapi/openapi_v3.yaml of 19.5 (CC BY-SA 4.0), reduced to names and types. A type is the
//! letter after the colon: `s`tring, `i`nteger, `n`umber, `b`oolean, `a`rray, `o`bject. The generator writes `string` for a
//! field that nobody documented, so such a field has no letter here, and
//! neither has a list of entities that it describes as one entity. `permissions` of a project is from its list's description.
//! Every field may be `null`.

use serde_json::{Value, json};

use super::{NONE, site};
use crate::sandbox::options::{SandboxOptions, SandboxVersion};

const METADATA: &str = "\
    version:s revision:s kas:o enterprise:b";

const LICENSE: &str = "\
    id:i plan:s created_at:s starts_at:s expires_at:s historical_max:i maximum_user_count:i licensee:o add_ons:o expired:b \
    overage:i user_limit:i active_users:i";

pub(super) const USER: &str = "\
    id:i username:s public_email:s name:s state:s locked:b avatar_url:s avatar_path:s custom_attributes:a web_url:s \
    created_at bio location linkedin twitter discord website_url github job_title pronouns organization bot:b \
    work_information followers following is_followed local_time last_sign_in_at:s confirmed_at:s last_activity_on:s \
    email:s theme_id:i color_scheme_id:i projects_limit:i current_sign_in_at:s identities can_create_group:b \
    can_create_project:b two_factor_enabled:b external:b private_profile:b commit_email preferred_language:s \
    shared_runners_minutes_limit extra_shared_runners_minutes_limit scim_identities";

const USER_WITH_ADMIN: &str = "\
    id:i username:s public_email:s name:s state:s locked:b avatar_url:s avatar_path:s custom_attributes:a web_url:s \
    created_at bio location linkedin twitter discord website_url github job_title pronouns organization bot:b \
    work_information followers following is_followed local_time last_sign_in_at:s confirmed_at:s last_activity_on:s \
    email:s theme_id:i color_scheme_id:i projects_limit:i current_sign_in_at:s identities can_create_group:b \
    can_create_project:b two_factor_enabled:b external:b private_profile:b commit_email preferred_language:s \
    shared_runners_minutes_limit extra_shared_runners_minutes_limit scim_identities is_admin note namespace_id \
    provisioned_by_project_id created_by:o using_license_seat is_auditor provisioned_by_group_id enterprise_group_id \
    enterprise_group_associated_at";

const TOKEN: &str = "\
    id:i name:s revoked:b created_at:s description:s scopes:a user_id:i last_used_at:s last_used_ips:a granular_scopes:a \
    active:b granular:b expires_at:s";

const APPLICATION: &str = "\
    id:i application_id:s application_name:s callback_url:s confidential:b scopes:a";

const SYSTEM_HOOK: &str = "\
    id:i url:s name:s description:s created_at:s push_events:b tag_push_events:b merge_requests_events:b \
    repository_update_events:b enable_ssl_verification:b organization_id:i alert_status:s disabled_until:s url_variables:a \
    push_events_branch_filter:s branch_filter_strategy:s custom_webhook_template:s custom_headers:a token_present:b \
    signing_token_present:b";

const PROJECT_HOOK: &str = "\
    id:i url:s name:s description:s created_at:s push_events:b tag_push_events:b merge_requests_events:b \
    repository_update_events:b enable_ssl_verification:b organization_id:i alert_status:s disabled_until:s url_variables:a \
    push_events_branch_filter:s branch_filter_strategy:s custom_webhook_template:s custom_headers:a token_present:b \
    signing_token_present:b project_id:i issues_events:b confidential_issues_events:b note_events:b \
    confidential_note_events:b pipeline_events:b wiki_page_events:b deployment_events:b feature_flag_events:b job_events:b \
    releases_events:b milestone_events:b emoji_events:b resource_access_token_events:b resource_deploy_token_events:b \
    vulnerability_events:b duo_flow_callback_enabled:b";

const GROUP_HOOK: &str = "\
    id:i url:s name:s description:s created_at:s push_events:b tag_push_events:b merge_requests_events:b \
    repository_update_events:b enable_ssl_verification:b organization_id:i alert_status:s disabled_until:s url_variables:a \
    push_events_branch_filter:s branch_filter_strategy:s custom_webhook_template:s custom_headers:a token_present:b \
    signing_token_present:b group_id:i issues_events:b confidential_issues_events:b note_events:b \
    confidential_note_events:b pipeline_events:b wiki_page_events:b job_events:b deployment_events:b feature_flag_events:b \
    releases_events:b milestone_events:b subgroup_events:b emoji_events:b resource_access_token_events:b member_events:b \
    vulnerability_events:b project_events:b duo_flow_callback_enabled:b";

const PROJECT: &str = "\
    id:i permissions:o description:s name:s name_with_namespace:s path:s path_with_namespace:s created_at:s default_branch:s tag_list:a \
    topics:a ssh_url_to_repo:s http_url_to_repo:s web_url:s readme_url:s forks_count:i license_url:s license:o \
    avatar_url:s star_count:i last_activity_at:s visibility:s namespace:o custom_attributes:o repository_storage:s \
    forked_from_project:o container_registry_image_prefix:s _links:o marked_for_deletion_at:s marked_for_deletion_on:s \
    packages_enabled:b empty_repo:b archived:b owner:o resolve_outdated_diff_discussions:b container_expiration_policy:o \
    repository_object_format:s issues_enabled:b merge_requests_enabled:b wiki_enabled:b jobs_enabled:b snippets_enabled:b \
    container_registry_enabled:b service_desk_enabled:b service_desk_address:s can_create_merge_request_in:b \
    issues_access_level:s repository_access_level:s merge_requests_access_level:s forking_access_level:s \
    wiki_access_level:s builds_access_level:s snippets_access_level:s pages_access_level:s analytics_access_level:s \
    container_registry_access_level:s security_and_compliance_access_level:s releases_access_level:s \
    environments_access_level:s feature_flags_access_level:s infrastructure_access_level:s monitor_access_level:s \
    model_experiments_access_level:s model_registry_access_level:s package_registry_access_level:s emails_disabled:b \
    emails_enabled:b show_diff_preview_in_email:b shared_runners_enabled:b lfs_enabled:b creator_id:i \
    mr_default_target_self:b import_url:s import_type:s import_status:s import_error:s open_issues_count:i \
    description_html updated_at:s ci_default_git_depth:i ci_delete_pipelines_in_seconds:i ci_forward_deployment_enabled:b \
    ci_forward_deployment_rollback_allowed:b ci_job_token_scope_enabled:b ci_separated_caches:b \
    ci_allow_fork_pipelines_to_run_in_parent_project:b ci_id_token_sub_claim_components:a build_git_strategy:s \
    keep_latest_artifact:b restrict_user_defined_variables:b ci_pipeline_variables_minimum_override_role \
    runner_token_expiration_interval:i group_runners_enabled:b resource_group_default_process_mode:s \
    auto_cancel_pending_pipelines:s build_timeout:i auto_devops_enabled:b auto_devops_deploy_strategy:s \
    ci_push_repository_for_job_token_allowed:b protect_merge_request_pipelines:b ci_display_pipeline_variables:b \
    ci_skip_branch_pipelines_for_mrs:b runners_token:s ci_config_path:s public_jobs:b shared_with_groups:a \
    only_allow_merge_if_pipeline_succeeds:b allow_merge_on_skipped_pipeline:b request_access_enabled:b \
    only_allow_merge_if_all_discussions_are_resolved:b remove_source_branch_after_merge:b \
    printing_merge_request_link_enabled:b merge_method:s squash_option:s automatic_rebase_enabled:b \
    enforce_auth_checks_on_uploads:b suggestion_commit_message:s merge_commit_template:s squash_commit_template:s \
    mr_default_title_template:s issue_branch_template:s statistics:o warn_about_potentially_unwanted_characters:b \
    autoclose_referenced_issues:b max_artifacts_size:i approvals_before_merge mirror mirror_user_id mirror_trigger_builds \
    only_mirror_protected_branches mirror_overwrites_diverged_branches external_authorization_classification_label \
    requirements_enabled requirements_access_level security_and_compliance_enabled secret_push_protection_enabled:b \
    pre_receive_secret_detection_enabled:b compliance_frameworks issues_template merge_requests_template \
    ci_restrict_pipeline_cancellation_role merge_pipelines_enabled merge_trains_enabled merge_trains_skip_train_allowed \
    merge_train_enforcement max_pipelines_per_merge_train only_allow_merge_if_all_status_checks_passed \
    allow_pipeline_trigger_approve_deployment:b prevent_merge_without_jira_issue auto_duo_code_review_enabled \
    reviewer_assignment_strategy:s duo_remote_flows_enabled duo_foundational_flows_enabled duo_sast_fp_detection_enabled \
    duo_secret_detection_fp_enabled duo_dependency_bump_breaking_changes_enabled duo_sast_vr_workflow_enabled \
    web_based_commit_signing_enabled spp_repository_pipeline_access:b security_policy_pipeline_must_succeed:b \
    merge_request_title_regex:s merge_request_title_regex_description:s";

const GROUP: &str = "\
    id:i web_url:s name:s path description visibility share_with_group_lock:b require_two_factor_authentication:b \
    two_factor_grace_period:i project_creation_level auto_devops_enabled subgroup_creation_level emails_disabled:b \
    emails_enabled:b show_diff_preview_in_email:b mentions_disabled lfs_enabled:b archived:b \
    math_rendering_limits_enabled:b lock_math_rendering_limits_enabled:b crm_enabled:b \
    resource_access_token_notify_inherited:b lock_resource_access_token_notify_inherited:b default_branch \
    default_branch_protection:i default_branch_protection_defaults avatar_url request_access_enabled:b full_name full_path \
    created_at parent_id organization_id:i shared_runners_setting max_artifacts_size:i custom_attributes:o statistics:o \
    marked_for_deletion_on root_storage_statistics:o ldap_cn ldap_access ldap_group_links:o saml_group_links:o \
    file_template_project_id wiki_access_level repository_storage duo_core_features_enabled:b duo_features_enabled \
    lock_duo_features_enabled auto_duo_code_review_enabled web_based_commit_signing_enabled allow_personal_snippets \
    duo_namespace_access_rules built_in_project_templates_enabled:b lock_built_in_project_templates_enabled:b";

pub(super) const GROUP_DETAIL: &str = "\
    id:i web_url:s name:s path description visibility share_with_group_lock:b require_two_factor_authentication:b \
    two_factor_grace_period:i project_creation_level auto_devops_enabled subgroup_creation_level emails_disabled:b \
    emails_enabled:b show_diff_preview_in_email:b mentions_disabled lfs_enabled:b archived:b \
    math_rendering_limits_enabled:b lock_math_rendering_limits_enabled:b crm_enabled:b \
    resource_access_token_notify_inherited:b lock_resource_access_token_notify_inherited:b default_branch \
    default_branch_protection:i default_branch_protection_defaults avatar_url request_access_enabled:b full_name full_path \
    created_at parent_id organization_id:i shared_runners_setting max_artifacts_size:i custom_attributes:o statistics:o \
    marked_for_deletion_on root_storage_statistics:o ldap_cn ldap_access ldap_group_links:o saml_group_links:o \
    file_template_project_id wiki_access_level repository_storage duo_core_features_enabled:b duo_features_enabled \
    lock_duo_features_enabled auto_duo_code_review_enabled web_based_commit_signing_enabled allow_personal_snippets \
    duo_namespace_access_rules built_in_project_templates_enabled:b lock_built_in_project_templates_enabled:b \
    require_sha_for_merge:b lock_require_sha_for_merge:b shared_with_groups:a runners_token:s \
    enabled_git_access_protocol:s prevent_sharing_groups_outside_hierarchy:b step_up_auth_required_oauth_provider:s \
    projects shared_projects shared_runners_minutes_limit extra_shared_runners_minutes_limit \
    prevent_forking_outside_group service_access_tokens_expiration_enforced experiment_features_enabled ai_settings:o \
    membership_lock ip_restriction_ranges allowed_email_domains_list only_allow_merge_if_pipeline_succeeds \
    allow_merge_on_skipped_pipeline only_allow_merge_if_all_discussions_are_resolved unique_project_download_limit \
    unique_project_download_limit_interval_in_seconds unique_project_download_limit_allowlist \
    unique_project_download_limit_alertlist auto_ban_user_on_excessive_projects_download";

const USER_BASIC: &str = "\
    id:i username:s public_email:s name:s state:s locked:b avatar_url:s avatar_path:s custom_attributes:a web_url:s";

pub(super) const NAMESPACE: &str = "\
    id:i name:s path:s kind:s full_path:s parent_id:i avatar_url:s web_url:s members_count_with_descendants:i \
    root_repository_size:i projects_count:i shared_runners_minutes_limit:i ci_minutes_usage:o \
    extra_shared_runners_minutes_limit:i additional_purchased_storage_size:i additional_purchased_storage_ends_on:s \
    billable_members_count:i seats_in_use:i max_seats_used:i max_seats_used_changed_at:s end_date:s plan:s trial_ends_on:s \
    trial:b";

const NAMESPACE_EXISTENCE: &str = "exists:b suggests:a";

const COMMIT: &str = "\
    id:s short_id:s created_at:s parent_ids:a title:s message:s author_name:s author_email:s authored_date:s \
    committer_name:s committer_email:s committed_date:s trailers:o extended_trailers:o web_url:s";

const BRANCH: &str = "\
    name:s commit:o merged:b protected:b developers_can_push:b developers_can_merge:b can_push:b default:b web_url:s";

const ISSUE: &str = "\
    id:i iid:i project_id:i title:s description:s state:s created_at:s updated_at:s closed_at:s closed_by:o labels:a \
    milestone:o assignees author:o type:s assignee:o user_notes_count:i merge_requests_count:i upvotes:i downvotes:i \
    start_date:s due_date:s confidential:b discussion_locked:b issue_type:s web_url:s time_stats:o \
    task_completion_status:o weight:i blocking_issues_count:i has_tasks:b task_status:s _links:o references:o \
    severity:s subscribed:b moved_to_id:i imported:b imported_from:s service_desk_reply_to:s epic_iid epic:o \
    iteration:o health_status";

const NOTE: &str = "\
    id:i type:s body:s author:o created_at:s updated_at:s system:b noteable_id:i noteable_type:s project_id:i \
    commit_id:s position:o resolvable:b resolved:b resolved_by:o resolved_at:s suggestions:o confidential:b \
    internal:b imported:b imported_from:s noteable_iid:i commands_changes:o";

const MERGE_REQUEST: &str = "\
    id:i iid:i project_id:i title:s description:s state:s created_at:s updated_at:s merged_by:o merge_user:o \
    merged_at:s closed_by:o closed_at:s title_html description_html target_branch source_branch user_notes_count:i \
    upvotes:i downvotes:i author:o assignees assignee:o reviewers source_project_id:i target_project_id:i labels:a \
    draft:b imported:b imported_from:s work_in_progress:b milestone:o merge_when_pipeline_succeeds:b merge_status:s \
    detailed_merge_status:s merge_after:s sha:s merge_commit_sha:s squash_commit_sha:s discussion_locked:b \
    should_remove_source_branch:b force_remove_source_branch:b prepared_at:s allow_collaboration:b \
    allow_maintainer_to_push:b reference:s references:o web_url:s time_stats:o squash:b squash_on_merge:b \
    task_completion_status:o has_conflicts:b blocking_discussions_resolved:b approvals_before_merge:i";

const PIPELINE: &str = "\
    id:i iid:i project_id:i sha:s ref:s status:s source:s created_at:s updated_at:s web_url:s";

/// What is wrong with an answer by its description.
pub(super) fn problems(answer: &Value, description: &str) -> Vec<String> {
    let fields = answer.as_object().expect("an object");
    let described = |name: &str| {
        description
            .split_whitespace()
            .map(|field| field.split_once(':').unwrap_or((field, "")))
            .find(|field| field.0 == name)
    };
    let problem = |field: (&String, &Value)| match described(field.0) {
        None => Some(format!("{} is not a field", field.0)),
        Some(known) if !has_type(field.1, known.1) => Some(format!("{} is {}", field.0, field.1)),
        Some(_) => None,
    };
    fields.iter().filter_map(problem).collect()
}

fn has_type(value: &Value, letter: &str) -> bool {
    match letter {
        _ if value.is_null() => true,
        "s" => value.is_string(),
        "i" => value.is_u64() || value.is_i64(),
        "n" => value.is_number(),
        "b" => value.is_boolean(),
        "a" => value.is_array(),
        "o" => value.is_object(),
        _ => true,
    }
}

/// An answer, or the first entry of a list.
fn first(answer: Value) -> Value {
    match answer {
        Value::Array(entries) => entries.into_iter().next().expect("an entry"),
        other => other,
    }
}

#[tokio::test]
async fn every_answer_has_the_fields_and_types_of_gitlabs_own_description() {
    let site = site(&SandboxOptions { version: SandboxVersion::new(19, 5, 0), ..SandboxOptions::default() });
    let group = first(site.admin("GET /groups", NONE).await.body)["id"].clone();
    let group = |path: &str| path.replace(":group", &group.to_string());
    let hook = json!({ "url": "https://hooks.factory.example/", "push_events": true, "token": "t" });
    for path in ["POST /hooks", "POST /projects/1/hooks", "POST /groups/:group/hooks"] {
        let created = site.admin(&group(path), hook.clone()).await;
        assert_eq!(created.status, 201, "{path}: {}", created.text);
    }
    let application = json!({ "name": "n", "redirect_uri": "https://factory.example/", "scopes": "api" });
    assert_eq!(site.admin("POST /applications", application).await.status, 201);
    let mut wrong = Vec::new();
    for (path, description) in [
        ("/metadata", METADATA),
        ("/license", LICENSE),
        ("/user", USER_WITH_ADMIN),
        ("/users/2", USER_WITH_ADMIN),
        ("/personal_access_tokens/self", TOKEN),
        ("/applications", APPLICATION),
        ("/hooks", SYSTEM_HOOK),
        ("/projects/1/hooks", PROJECT_HOOK),
        ("/groups/:group/hooks", GROUP_HOOK),
        ("/projects", PROJECT),
        ("/projects/1", PROJECT),
        ("/groups", GROUP),
        ("/groups/:group", GROUP_DETAIL),
        ("/users?username=alice", USER_BASIC),
        ("/namespaces", NAMESPACE),
        ("/namespaces/group-1/exists", NAMESPACE_EXISTENCE),
        ("/projects/1/repository/branches", BRANCH),
        ("/projects/1/repository/branches/main", BRANCH),
    ] {
        let answer = site.admin(&group(&format!("GET {path}")), NONE).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        wrong
            .extend(problems(&first(answer.body), description).into_iter().map(|problem| format!("{path}: {problem}")));
    }
    let other = site.api("GET /users/1", &site.gitlab.user_token(), NONE).await;
    wrong.extend(problems(&other.body, USER));
    assert_eq!(wrong, Vec::<String>::new());
}

#[tokio::test]
async fn what_is_made_in_a_project_has_the_fields_and_types_of_gitlabs_own_description() {
    let site = site(&SandboxOptions { version: SandboxVersion::new(19, 5, 0), ..SandboxOptions::default() });
    let commit = json!({
        "branch": "main", "commit_message": "Add a file",
        "actions": [{ "action": "create", "file_path": "a.txt", "content": "a" }],
    });
    let cases = [
        ("POST /projects", json!({ "name": "made", "topics": ["factory"] }), PROJECT),
        ("POST /projects/1/repository/commits", commit, COMMIT),
        ("POST /projects/1/repository/branches", json!({ "branch": "b", "ref": "main" }), BRANCH),
        ("POST /projects/1/issues", json!({ "title": "An issue" }), ISSUE),
        ("POST /projects/1/issues/1/notes", json!({ "body": "A comment" }), NOTE),
        ("POST /projects/3/archive", NONE, PROJECT),
        ("POST /projects/2/restore", NONE, PROJECT),
    ];
    let mut wrong = Vec::new();
    let config = json!({
        "branch": "main", "commit_message": "Run a job",
        "actions": [{ "action": "create", "file_path": ".gitlab-ci.yml", "content": "a:\n  script: x\n" }],
    });
    assert_eq!(site.admin("POST /projects/1/repository/commits", config).await.status, 201);
    for (line, body, description) in cases {
        let answer = site.admin(line, body).await;
        assert_eq!(answer.status, 201, "{line}: {}", answer.text);
        wrong.extend(problems(&answer.body, description).into_iter().map(|problem| format!("{line}: {problem}")));
    }
    // What is described of these is only their lists' part.
    let request = json!({ "title": "A change", "source_branch": "b", "target_branch": "main" });
    assert_eq!(site.admin("POST /projects/1/merge_requests", request).await.status, 201);
    for (path, description) in [
        ("/projects/1/issues", ISSUE),
        ("/projects/1/issues/1/notes", NOTE),
        ("/projects/1/merge_requests", MERGE_REQUEST),
        ("/projects/1/pipelines", PIPELINE),
    ] {
        let answer = site.admin(&format!("GET {path}"), NONE).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        wrong
            .extend(problems(&first(answer.body), description).into_iter().map(|problem| format!("{path}: {problem}")));
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[tokio::test]
async fn settings_have_the_older_names_and_the_allowlist_as_one_text() {
    let site = site(&SandboxOptions::default());
    let path = "PUT /application/settings";
    let changed = json!({
        "allow_local_requests_from_hooks_and_services": true,
        "outbound_local_requests_allowlist_raw": "hooks.factory.example:443; 10.0.0.0/8, x.example",
        "outbound_local_requests_whitelist": ["y.example"],
    });
    let settings = site.admin(path, changed).await.body;
    for name in ["allow_local_requests_from_hooks_and_services", "allow_local_requests_from_web_hooks_and_services"] {
        assert_eq!(settings[name], true, "{name}: GitLab returns both");
    }
    let raw = &settings["outbound_local_requests_allowlist_raw"];
    assert_eq!(raw, "hooks.factory.example:443\n10.0.0.0/8\nx.example");
    assert_eq!(settings.get("outbound_local_requests_whitelist"), None, "documented, and never returned");
}
