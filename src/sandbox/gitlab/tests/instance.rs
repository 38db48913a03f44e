//! Version, edition, license, users and settings.

use serde_json::{Value, json};

use super::{NONE, of_version, site};
use crate::sandbox::options::{SandboxEdition, SandboxOptions, SandboxPlan, SandboxVersion};

#[tokio::test]
async fn the_version_names_the_edition() {
    let cases = [
        (SandboxEdition::Ee, SandboxVersion::new(19, 2, 0), "19.2.0-ee", Some(true)),
        (SandboxEdition::Ce, SandboxVersion::new(17, 9, 3), "17.9.3", Some(false)),
        (SandboxEdition::Ee, SandboxVersion::new(15, 4, 0), "15.4.0-ee", None),
    ];
    for (edition, version, text, enterprise) in cases {
        let site = site(&SandboxOptions { edition, version, ..SandboxOptions::default() });
        for path in ["GET /metadata", "GET /version"] {
            let answer = site.api(path, &site.gitlab.user_token(), NONE).await;
            assert_eq!((answer.status, &answer.body["version"]), (200, &json!(text)), "{path}");
            assert_eq!(answer.body.get("enterprise"), enterprise.map(Value::Bool).as_ref(), "{path}");
        }
    }
    assert_eq!(of_version(15, 1).admin("GET /metadata", NONE).await.body, json!({ "error": "404 Not Found" }));
}

#[tokio::test]
async fn the_license_is_shown_to_admins_of_an_enterprise_edition() {
    let cases = [
        (SandboxEdition::Ee, SandboxPlan::None, 200, NONE),
        (SandboxEdition::Ee, SandboxPlan::Premium, 200, json!("premium")),
        (SandboxEdition::Ee, SandboxPlan::Ultimate, 200, json!("ultimate")),
        (SandboxEdition::Ce, SandboxPlan::None, 404, NONE),
    ];
    for (edition, plan, status, shown) in cases {
        let site = site(&SandboxOptions { edition, plan, ..SandboxOptions::default() });
        let answer = site.admin("GET /license", NONE).await;
        assert_eq!(answer.status, status);
        match answer.body {
            Value::Null => assert_eq!((answer.text.as_str(), &shown), ("null", &NONE)),
            body if status == 404 => assert_eq!(body, json!({ "error": "404 Not Found" })),
            body => assert_eq!((&body["plan"], &body["expired"]), (&shown, &json!(false))),
        }
    }
    let site = site(&SandboxOptions::default());
    assert_eq!(site.api("GET /license", &site.gitlab.user_token(), NONE).await.status, 403);
    site.gitlab.lock().quirks.license_expired = true;
    assert_eq!(site.admin("GET /license", NONE).await.body["expired"], true);
}

#[tokio::test]
async fn settings_are_read_and_changed_by_admins() {
    let site = site(&SandboxOptions::default());
    let forbidden = site.api("GET /application/settings", &site.gitlab.user_token(), NONE).await;
    assert_eq!((forbidden.status, forbidden.body), (403, json!({ "message": "403 Forbidden" })));
    let path = "PUT /application/settings";
    let changed = site.admin(path, json!({ "silent_mode_enabled": true, "push_event_hooks_limit": "5" })).await;
    assert_eq!(changed.status, 200);
    assert_eq!(changed.body["push_event_hooks_limit"], 5);
    assert!(site.gitlab.lock().settings.silent_mode_enabled);
    assert_eq!(
        site.admin(path, json!({ "admin_mode": "perhaps" })).await.body,
        json!({"error": "admin_mode is invalid"})
    );
    assert_eq!(site.admin(path, json!({ "nothing_known": 1 })).await.status, 400);
}

#[tokio::test]
async fn users_show_more_to_admins() {
    let site = site(&SandboxOptions::default());
    let own = site.api("GET /user", &site.gitlab.user_token(), NONE).await.body;
    assert_eq!((&own["username"], &own["email"]), (&json!("alice"), &json!("alice@sandbox.example")));
    assert_eq!(own.get("is_admin"), None);
    let other = site.api("GET /users/1", &site.gitlab.user_token(), NONE).await.body;
    assert_eq!((other.get("email"), &other["username"]), (None, &json!("root")));
    assert_eq!(site.admin("GET /users/1", NONE).await.body["is_admin"], true);
    assert_eq!(site.admin("GET /users/99", NONE).await.body, json!({ "message": "404 User Not Found" }));
    assert_eq!(site.admin("GET /users/x", NONE).await.body, json!({ "error": "id is invalid" }));
}

#[tokio::test]
async fn a_visitor_is_led_to_the_sign_in_page_from_any_address() {
    let site = site(&SandboxOptions { relative_root: "/gitlab".to_owned(), ..SandboxOptions::default() });
    for path in ["/admin/applications", "/group-1/project-1/api/v4/metadata", "/nowhere"] {
        let moved = site.send(&format!("GET /gitlab{path}"), &[], "").await;
        let to = "http://gitlab.test:8080/gitlab/users/sign_in";
        assert_eq!((moved.status, moved.header("location")), (302, to), "{path}");
    }
    assert_eq!(site.send("GET /nowhere", &[], "").await.status, 404, "outside the relative root");
}
