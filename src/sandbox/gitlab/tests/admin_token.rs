//! What a secret of unknown origin is.

use super::*;
use crate::sandbox::gitlab::seed::TokenSpec;

#[tokio::test]
async fn an_administrator_learns_what_a_value_is_and_ends_it() {
    let site = of_version(19, 2);
    let value = site.gitlab.add_token(TokenSpec { user: 2, ..TokenSpec::default() });
    let line = "POST /admin/token";
    let found = site.admin(line, json!({ "token": value })).await;
    assert_eq!((found.status, &found.body["user_id"], &found.body["active"]), (200, &json!(2), &json!(true)));
    let spec = json!({ "name": "n", "redirect_uri": "https://factory.example/", "scopes": "api" });
    let application = site.admin("POST /applications", spec).await.body;
    let secret = json!({ "token": application["secret"] });
    let found = site.admin(line, secret.clone()).await;
    assert_eq!((found.status, &found.body["application_id"]), (200, &application["application_id"]));
    for (token, status) in [("glpat-unknown", 404), ("gloas-unknown", 404), ("mystery", 422)] {
        assert_eq!(site.admin(line, json!({ "token": token })).await.status, status, "{token}");
    }
    assert_eq!(site.api(line, &site.gitlab.user_token(), json!({ "token": value })).await.status, 403);
    assert_eq!(site.admin("DELETE /admin/token", json!({ "token": value })).await.status, 204);
    let own = site.api("GET /personal_access_tokens/self", &value, NONE).await;
    assert_eq!((own.status, &own.body["error"]), (401, &json!("invalid_token")));
    assert_eq!(site.admin("DELETE /admin/token", secret.clone()).await.status, 204);
    assert_eq!(site.admin(line, secret).await.status, 404, "the application has another secret");
}

#[tokio::test]
async fn the_endpoint_came_in_steps() {
    for ((major, minor), personal, application) in [((17, 4), 404, 404), ((17, 5), 200, 422), ((17, 7), 200, 200)] {
        let site = of_version(major, minor);
        let spec = json!({ "name": "n", "redirect_uri": "https://factory.example/", "scopes": "api" });
        let secret = site.admin("POST /applications", spec).await.body["secret"].clone();
        let own = json!({ "token": site.gitlab.admin_token() });
        assert_eq!(site.admin("POST /admin/token", own).await.status, personal, "{major}.{minor}");
        let status = site.admin("POST /admin/token", json!({ "token": secret })).await.status;
        assert_eq!(status, application, "{major}.{minor}");
    }
}
