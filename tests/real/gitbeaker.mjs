// Drives the real gitbeaker client, unmodified, through an embedded GitLab; any surprise ends it with a stack trace.
//
// Needs GITLAB_URL and GITLAB_TOKEN (an admin's), FACTORY_KIT and FACTORY_API_KEY in the environment, and at least three projects
// on the instance.

import assert from "node:assert/strict";
import { createRequire } from "node:module";

const { Gitlab } = createRequire(`${process.env.NODE_MODULES}/`)("@gitbeaker/rest");

const { GITLAB_URL: host, GITLAB_TOKEN: token, FACTORY_KIT, FACTORY_API_KEY } = process.env;
const gl = new Gitlab({ host, token });

/** Calls what GitLab has to refuse with this status; gives its description. */
async function refused(status, call) {
  try {
    await call();
  } catch (error) {
    assert.equal(error.cause?.response?.status, status, String(error));
    return String(error.cause.description);
  }
  throw new Error(`${status} was expected`);
}

/** Repeats the call until it gives something. */
async function until(what, call) {
  for (let turn = 0; turn < 400; turn += 1) {
    const found = await call();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`waited in vain for ${what}`);
}

async function users() {
  const user = await gl.Users.showCurrentUser();
  assert.deepEqual([user.username, user.is_admin], ["root", true]);
  assert.match((await gl.Metadata.show()).version, /^\d/);
  await refused(401, () => new Gitlab({ host, token: "glpat-wrong" }).Users.showCurrentUser());
  await refused(404, () => gl.Users.show(99));
}

async function applications() {
  const made = await gl.Applications.create("Factory", "https://factory.test/cb", "api read_user");
  assert.deepEqual([made.application_name, made.callback_url], ["Factory", "https://factory.test/cb"]);
  assert.ok(made.secret.startsWith("gloas-"));
  const listed = await gl.Applications.all();
  assert.deepEqual(listed.map((one) => [one.id, "secret" in one]), [[made.id, false]]);
  await gl.Applications.remove(made.id);
  assert.deepEqual(await gl.Applications.all(), []);
  await refused(404, () => gl.Applications.remove(made.id));
}

async function lists() {
  const byOffset = await gl.Projects.all({ orderBy: "id", sort: "asc", perPage: 2 });
  const byKeys = await gl.Projects.all({ pagination: "keyset", orderBy: "id", sort: "asc", perPage: 2 });
  assert.ok(byOffset.length >= 3);
  assert.deepEqual(byKeys.map((one) => one.id), byOffset.map((one) => one.id));
  const [group] = await gl.Groups.all({ topLevelOnly: true });
  assert.equal((await gl.Groups.show(group.full_path)).id, group.id);
  assert.ok((await gl.Groups.allProjects(group.id, { includeSubgroups: true })).length > 0);
}

async function tokens() {
  const own = await gl.PersonalAccessTokens.show();
  assert.ok(own.active && own.scopes.includes("api"));
  const ends = new Date(Date.now() + 30 * 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
  const { id } = await gl.Users.showCurrentUser();
  const made = await gl.PersonalAccessTokens.create(id, "second", ["api"], { expiresAt: ends });
  assert.equal(made.expires_at, ends);
  const second = new Gitlab({ host, token: made.token });
  assert.equal((await second.PersonalAccessTokens.show()).id, made.id);
  const rotated = await gl.PersonalAccessTokens.rotate(made.id);
  await refused(401, () => second.Users.showCurrentUser());
  await gl.PersonalAccessTokens.remove({ tokenId: rotated.id });
  await refused(401, () => new Gitlab({ host, token: rotated.token }).Users.showCurrentUser());
}

async function webhook() {
  const answer = await fetch(FACTORY_KIT, { headers: { authorization: `Bearer ${FACTORY_API_KEY}` } });
  return (await answer.json()).webhook;
}

/** The log of a webhook's deliveries, which gitbeaker does not know. A page has twenty at most. */
async function deliveries(project, hook) {
  const log = [];
  for (let page = 1; ; page += 1) {
    const path = `${host}/api/v4/projects/${project}/hooks/${hook}/events?per_page=20&page=${page}`;
    const entries = await (await fetch(path, { headers: { "private-token": token } })).json();
    log.push(...entries);
    if (entries.length < 20) return log;
  }
}

/** The jobs of a test in a scratch project, and the webhook of each. */
async function work() {
  const kit = await webhook();
  const [group] = await gl.Groups.all({ topLevelOnly: true });
  const asked = { name: "scratch", namespaceId: group.id, initializeWithReadme: true, topics: ["scratch"] };
  const project = await gl.Projects.create(asked);
  assert.match(await refused(400, () => gl.Projects.create({ name: "x", namespaceId: 99999 })), /is not valid/);
  assert.deepEqual((await gl.Projects.all({ topic: "scratch" })).map((one) => one.id), [project.id]);
  const at = project.id;
  const hook = await gl.ProjectHooks.add(at, kit.url, {
    token: kit.secret_token,
    tagPushEvents: true,
    issuesEvents: true,
    noteEvents: true,
    mergeRequestsEvents: true,
    pipelineEvents: true,
    jobEvents: true,
  });
  assert.deepEqual([hook.url, hook.note_events, "token" in hook], [kit.url, true, false]);
  await gl.ProjectHooks.edit(at, hook.id, kit.url, { wikiPageEvents: true });
  assert.equal((await gl.ProjectHooks.show(at, hook.id)).wiki_page_events, true);

  const config = "check:\n  script:\n    - true\n";
  const create = (filePath, content) => [{ action: "create", filePath, content }];
  const commit = await gl.Commits.create(at, "main", "Add CI", create(".gitlab-ci.yml", config));
  const again = () => gl.Commits.create(at, "main", "again", create(".gitlab-ci.yml", config));
  assert.match(await refused(400, again), /A file with this name already exists/);
  assert.equal((await gl.Branches.create(at, "feature", "main")).commit.id, commit.id);
  const head = await gl.Commits.create(at, "feature", "Add a", create("a.txt", "a"));
  assert.equal((await gl.Tags.create(at, "v1", "main")).target, commit.id);
  const issue = await gl.Issues.create(at, "An issue");
  const note = await gl.IssueNotes.create(at, issue.iid, "A comment");
  const request = await gl.MergeRequests.create(at, "feature", "main", "A change");
  assert.deepEqual([request.iid, request.sha], [1, head.id]);
  const remark = await gl.MergeRequestNotes.create(at, request.iid, "Another comment");
  const pipeline = await gl.Pipelines.create(at, "feature");
  assert.deepEqual((await gl.Jobs.all(at, { pipelineId: pipeline.id })).map((job) => job.name), ["check"]);
  assert.equal((await gl.Pipelines.cancel(at, pipeline.id)).status, "canceled");
  await until("the merge request", async () => {
    return (await gl.MergeRequests.show(at, 1)).detailed_merge_status === "mergeable";
  });
  assert.equal((await gl.MergeRequests.accept(at, 1)).state, "merged");
  assert.deepEqual((await gl.IssueNotes.all(at, issue.iid)).map((one) => one.id), [note.id]);

  const wanted = [
    ["push_hooks", ["checkout_sha"], commit.id],
    ["push_hooks", ["checkout_sha"], head.id],
    ["push_hooks", ["ref"], "refs/heads/feature"],
    ["tag_push_hooks", ["ref"], "refs/tags/v1"],
    ["issue_hooks", ["object_attributes", "id"], issue.id],
    ["note_hooks", ["object_attributes", "id"], note.id],
    ["note_hooks", ["object_attributes", "id"], remark.id],
    ["merge_request_hooks", ["object_attributes", "action"], "open"],
    ["merge_request_hooks", ["object_attributes", "action"], "merge"],
    ["pipeline_hooks", ["object_attributes", "id"], pipeline.id],
    ["job_hooks", ["pipeline_id"], pipeline.id],
  ];
  await until("every webhook", async () => {
    const delivered = (await deliveries(at, hook.id)).filter((entry) => entry.response_status === "200");
    const value = (entry, place) => place.reduce((inside, step) => inside?.[step], entry.request_data);
    return wanted.every(([trigger, place, id]) => {
      return delivered.some((entry) => entry.trigger === trigger && value(entry, place) === id);
    });
  });
  await gl.ProjectHooks.remove(at, hook.id);
  assert.deepEqual(await gl.ProjectHooks.all(at), []);
  await gl.Projects.remove(at);
  const marked = await gl.Projects.show(at);
  assert.ok(marked.marked_for_deletion_on);
  await gl.Projects.remove(at, { permanentlyRemove: true, fullPath: marked.path_with_namespace });
  await refused(404, () => gl.Projects.show(at));
}

for (const part of [users, applications, lists, tokens, work]) {
  await part();
  console.log(`${part.name}: as gitbeaker expects`);
}
