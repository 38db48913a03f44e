"""Drives the real python-gitlab client, unmodified, through an embedded GitLab; any surprise ends it with a traceback.

Needs GITLAB_URL and GITLAB_TOKEN (an admin's), FACTORY_KIT and FACTORY_API_KEY in the environment, and at least
three projects on the instance.
"""

import datetime
import os
import time

import gitlab

URL, TOKEN = os.environ["GITLAB_URL"], os.environ["GITLAB_TOKEN"]


def equal(found, expected):
    assert found == expected, f"{found!r} is not {expected!r}"


def refused(kind, code, call):
    """Calls what GitLab has to refuse with this exception and status; gives the message."""
    try:
        call()
    except kind as error:
        equal(error.response_code, code)
        return str(error.error_message)
    raise AssertionError(f"{kind.__name__} {code} was expected")


def users(gl):
    gl.auth()
    equal((gl.user.username, gl.user.is_admin), ("root", True))
    version, revision = gl.version()
    assert version[0].isdigit() and revision, version
    equal(gl.users.get(2).username, "alice")
    bad = gitlab.Gitlab(URL, private_token="glpat-nobody")
    refused(gitlab.GitlabAuthenticationError, 401, bad.auth)
    refused(gitlab.GitlabGetError, 404, lambda: gl.users.get(99))


def applications(gl):
    asked = {"name": "Factory", "redirect_uri": "https://factory.test/cb", "scopes": "api read_user"}
    made = gl.applications.create(asked)
    equal((made.application_name, made.callback_url, made.confidential), ("Factory", asked["redirect_uri"], True))
    assert made.secret.startswith("gloas-") and len(made.application_id) == 64
    listed = gl.applications.list(get_all=True)
    equal([one.application_id for one in listed], [made.application_id])
    assert "secret" not in listed[0].attributes
    renewed = gl.http_post(f"/applications/{made.id}/renew-secret")
    assert renewed["secret"] != made.secret
    introspect(gl, made.application_id, made.secret, 401)
    introspect(gl, made.application_id, renewed["secret"], 200)
    message = refused(
        gitlab.GitlabCreateError, 400, lambda: gl.applications.create({**asked, "scopes": "api nonsense"})
    )
    assert "scopes" in message, message
    message = refused(
        gitlab.GitlabCreateError, 400, lambda: gl.applications.create({**asked, "redirect_uri": "/cb"})
    )
    assert "must be an absolute URI." in message, message
    listed[0].delete()
    equal(gl.applications.list(get_all=True), [])
    refused(gitlab.GitlabDeleteError, 404, lambda: gl.applications.delete(made.id))


def introspect(gl, uid, secret, status):
    answer = gl.session.post(f"{URL}/oauth/introspect", auth=(uid, secret), data={"token": "x"})
    equal(answer.status_code, status)


def projects(gl):
    by_number = gl.projects.list(iterator=True, per_page=2, order_by="id", sort="asc")
    total = by_number.total
    numbers = [project.id for project in by_number]
    assert total >= 3 and len(numbers) == total, (total, numbers)
    equal(numbers, sorted(numbers))
    by_keys = gl.projects.list(iterator=True, pagination="keyset", order_by="id", sort="asc", per_page=2)
    equal([project.id for project in by_keys], numbers)
    everything = gl.projects.list(get_all=True, pagination="keyset", order_by="id", per_page=2)
    equal([project.id for project in everything], numbers[::-1])
    first = gl.projects.get(numbers[0])
    equal(gl.projects.get(first.path_with_namespace).id, first.id)
    equal([project.id for project in gl.projects.list(search=first.name, get_all=False, order_by="id")][-1], first.id)
    refused(gitlab.GitlabGetError, 404, lambda: gl.projects.get("nobody/nothing"))


def groups(gl):
    groups = gl.groups.list(get_all=True, top_level_only=True)
    assert groups and all(group.parent_id is None for group in groups)
    group = gl.groups.get(groups[0].full_path)
    inside = group.projects.list(get_all=True, include_subgroups=True)
    assert len(inside) >= len(group.projects.list(get_all=True)) > 0
    equal(gl.namespaces.get(group.id).kind, "group")
    assert group.subgroups.list(get_all=True)[0].full_path.startswith(f"{group.full_path}/")


def tokens(gl):
    own = gl.personal_access_tokens.get("self")
    assert own.active and "api" in own.scopes, own
    ends = str(datetime.date.today() + datetime.timedelta(days=30))
    user = gl.users.get(gl.user.id)
    made = user.personal_access_tokens.create({"name": "second", "scopes": ["api"], "expires_at": ends})
    equal((made.expires_at, made.user_id), (ends, gl.user.id))
    second = gitlab.Gitlab(URL, private_token=made.token)
    equal(second.personal_access_tokens.get("self").id, made.id)
    listed = gl.personal_access_tokens.list(user_id=gl.user.id, state="active", get_all=True)
    equal({own.id, made.id} <= {token.id for token in listed}, True)
    rotated = gl.personal_access_tokens.rotate(made.id)
    refused(gitlab.GitlabAuthenticationError, 401, second.auth)
    third = gitlab.Gitlab(URL, oauth_token=rotated["token"])
    third.auth()
    gl.personal_access_tokens.delete(rotated["id"])
    refused(gitlab.GitlabAuthenticationError, 401, third.auth)


def instance(gl):
    license = gl.get_license()
    assert license["plan"] in ("premium", "ultimate") and not license["expired"], license
    settings = gl.settings.get()
    hooks = settings.push_event_hooks_limit
    settings.push_event_hooks_limit = hooks + 1
    settings.save()
    equal(gl.settings.get().push_event_hooks_limit, hooks + 1)


def webhook(gl):
    """What Factory's kit says of the webhook."""
    key = {"Authorization": f"Bearer {os.environ['FACTORY_API_KEY']}"}
    return gl.session.get(os.environ["FACTORY_KIT"], headers=key).json()["webhook"]


def hooks(gl):
    kit = webhook(gl)
    project = gl.projects.get(gl.projects.list(get_all=False)[0].id)
    group = gl.groups.get(gl.groups.list(get_all=False, top_level_only=True)[0].id)
    for owner in (project, group):
        owned_hooks(gl, owner, kit)
    system_hooks(gl, kit)


def owned_hooks(gl, owner, kit):
    made = owner.hooks.create({"url": kit["url"], "token": kit["secret_token"], "note_events": True})
    equal((made.url, made.push_events, made.note_events, made.issues_events), (kit["url"], True, True, False))
    assert "token" not in made.attributes
    equal([hook.id for hook in owner.hooks.list(get_all=True)], [made.id])
    made.test("push_events")
    log = gl.http_get(f"{owner.hooks.path}/{made.id}/events")
    equal([(one["response_status"], one["trigger"]) for one in log], [("200", "push_hooks")])
    key = log[0]["request_headers"].get("Idempotency-Key")
    equal(gl.session.get(kit["receipts_url"], params={"delivery": key}).json(), {"received": True})

    hook = owner.hooks.get(made.id)
    hook.issues_events, hook.note_events = True, False
    hook.save()
    again = owner.hooks.get(made.id)
    equal((again.push_events, again.note_events, again.issues_events), (True, False, True))
    # Saving sends the unchanged URL along, which leaves the token in place.
    again.test("note_events")
    again.url = kit["url"] + "?moved"
    again.save()
    message = refused(gitlab.GitlabHookTestError, 422, lambda: owner.hooks.get(made.id).test("push_events"))
    assert "no secret token" in message, message
    message = refused(gitlab.GitlabCreateError, 422, lambda: owner.hooks.create({"url": "http://127.0.0.1:1/"}))
    equal(message, "Invalid url given")
    again.delete()
    equal(owner.hooks.list(get_all=True), [])
    refused(gitlab.GitlabGetError, 404, lambda: owner.hooks.get(made.id))


def system_hooks(gl, kit):
    made = gl.hooks.create({"url": kit["url"], "token": kit["secret_token"]})
    equal((made.url, made.push_events, made.repository_update_events), (kit["url"], False, True))
    equal([hook.id for hook in gl.hooks.list(get_all=True)], [made.id])
    equal(gl.http_post(f"/hooks/{made.id}")["event_name"], "project_create")
    gl.http_put(f"/hooks/{made.id}", post_data={"push_events": True})
    equal(gl.hooks.get(made.id).push_events, True)
    made.delete()
    equal(gl.hooks.list(get_all=True), [])


CONFIG = "check:\n  script:\n    - true\n"


def until(what, call):
    """Repeats the call until it gives something."""
    for _ in range(400):
        found = call()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited in vain for {what}")


def work(gl):
    """The jobs of a test in a scratch project, and the webhook of each."""
    kit = webhook(gl)
    group = gl.groups.list(get_all=False, top_level_only=True)[0]
    asked = {"name": "scratch", "namespace_id": group.id, "initialize_with_readme": True, "topics": ["scratch"]}
    made = gl.projects.create(asked)
    message = refused(gitlab.GitlabCreateError, 400, lambda: gl.projects.create({"name": "x", "namespace_id": 99999}))
    assert "is not valid" in message, message
    equal([one.id for one in gl.projects.list(topic="scratch", get_all=True)], [made.id])
    project = gl.projects.get(made.id)
    events = {f"{name}_events": True for name in ("tag_push", "issues", "note", "merge_requests", "pipeline", "job")}
    hook = project.hooks.create({"url": kit["url"], "token": kit["secret_token"], **events})
    action = {"action": "create", "file_path": ".gitlab-ci.yml", "content": CONFIG}
    assert project.ci_lint.create({"content": CONFIG}).valid
    commit = project.commits.create({"branch": "main", "commit_message": "Add CI", "actions": [action]})
    message = refused(
        gitlab.GitlabCreateError,
        400,
        lambda: project.commits.create({"branch": "main", "commit_message": "again", "actions": [action]}),
    )
    equal(message, "A file with this name already exists")
    branch = project.branches.create({"branch": "feature", "ref": "main"})
    equal(branch.commit["id"], commit.id)
    change = {"action": "create", "file_path": "a.txt", "content": "a"}
    head = project.commits.create({"branch": "feature", "commit_message": "Add a", "actions": [change]})
    tag = project.tags.create({"tag_name": "v1", "ref": "main"})
    equal(tag.target, commit.id)
    issue = project.issues.create({"title": "An issue"})
    note = issue.notes.create({"body": "A comment"})
    request = project.mergerequests.create(
        {"title": "A change", "source_branch": "feature", "target_branch": "main"}
    )
    equal((request.iid, request.sha), (1, head.id))
    remark = request.notes.create({"body": "Another comment"})
    pipeline = project.pipelines.create({"ref": "feature"})
    equal([job.name for job in pipeline.jobs.list(get_all=True)], ["check"])
    pipeline.cancel()
    equal(project.pipelines.get(pipeline.id).status, "canceled")
    until(
        "the merge request", lambda: project.mergerequests.get(1).detailed_merge_status == "mergeable"
    )
    request.merge()
    equal(project.mergerequests.get(1).state, "merged")
    equal([one.id for one in issue.notes.list(get_all=True)], [note.id])
    wanted = {
        ("push_hooks", "checkout_sha", commit.id),
        ("push_hooks", "checkout_sha", head.id),
        ("push_hooks", "ref", "refs/heads/feature"),
        ("tag_push_hooks", "ref", "refs/tags/v1"),
        ("issue_hooks", "object_attributes.id", issue.id),
        ("note_hooks", "object_attributes.id", note.id),
        ("note_hooks", "object_attributes.id", remark.id),
        ("merge_request_hooks", "object_attributes.action", "open"),
        ("merge_request_hooks", "object_attributes.action", "merge"),
        ("pipeline_hooks", "object_attributes.id", pipeline.id),
        ("job_hooks", "pipeline_id", pipeline.id),
    }
    until("every webhook", lambda: wanted <= arrived(gl, f"{project.hooks.path}/{hook.id}/events", wanted))
    project.delete()
    marked = gl.projects.get(project.id)
    assert marked.marked_for_deletion_on, marked
    gl.projects.delete(project.id, permanently_remove=True, full_path=marked.path_with_namespace)
    refused(gitlab.GitlabGetError, 404, lambda: gl.projects.get(project.id))


def arrived(gl, path, wanted):
    """Which of these the log has as delivered: the trigger, and a value at a place of the payload."""
    log = [entry for entry in gl.http_list(path, iterator=True, per_page=20) if entry["response_status"] == "200"]
    found = set()
    for trigger, place, value in wanted:
        for entry in log:
            at = entry["request_data"]
            for step in place.split("."):
                at = at.get(step) if isinstance(at, dict) else None
            if entry["trigger"] == trigger and at == value:
                found.add((trigger, place, value))
    return found


def main():
    gl = gitlab.Gitlab(URL, private_token=TOKEN)
    for part in (users, applications, projects, groups, tokens, instance, hooks, work):
        part(gl)
        print(f"{part.__name__}: as python-gitlab {gitlab.__version__} expects")


if __name__ == "__main__":
    main()
