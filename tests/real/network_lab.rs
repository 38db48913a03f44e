//! `network check` on real paths: a client, a router that fails in every way, and servers behind it.

use crate::namespaces::{End, Namespace, link, possible};

#[test]
fn paths_that_fail_are_told_by_what_can_be_seen_of_them() {
    if !possible("the paths that fail") {
        return;
    }
    let (client, router) = (Namespace::new("client"), Namespace::new("router"));
    link(
        End { of: &client, interface: "up", addresses: &["10.77.1.2/24", "fd77:1::2/64"] },
        End { of: &router, interface: "down", addresses: &["10.77.1.1/24", "fd77:1::1/64"] },
    );
    router.forward();
    router.firewall("table inet lab { chain forward { type filter hook forward priority 0; }; }");
}
