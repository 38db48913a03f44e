//! A real nginx, on a port and in a folder of its own.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::programs::{Running, free_port, program};

pub struct Nginx {
    pub port: u16,
    folder: TempDir,
    _running: Running,
}

/// One server.
pub struct Site<'a> {
    /// What follows the address in `listen`: `ssl http2`.
    pub listen: &'a str,
    /// The inside of the `server` block.
    pub inside: &'a str,
}

impl Nginx {
    #[expect(clippy::disallowed_methods, reason = "the test writes files of its own")]
    pub fn start(site: &Site<'_>) -> Self {
        let (folder, port) = (tempfile::tempdir().expect("a folder"), free_port());
        std::fs::create_dir(folder.path().join("files")).expect("a folder");
        let config = folder.path().join("nginx.conf");
        std::fs::write(&config, configuration(site, port)).expect("a file");
        let mut command = program("nginx");
        command.arg("-p").arg(folder.path()).arg("-c").arg(&config).args(["-e", "error.log"]);
        let why = || std::fs::read_to_string(folder.path().join("error.log")).unwrap_or_default();
        let running = Running::start(&mut command).listens(port, why);
        Self { port, folder, _running: running }
    }

    /// One line for each request: method, path, protocol, status, and what it brought along.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("access.log")).unwrap_or_default()
    }

    /// The folder of files that were uploaded with `PUT`.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("files").join(name)
    }
}

fn configuration(site: &Site<'_>, port: u16) -> String {
    let Site { listen, inside } = site;
    format!(
        "daemon off;
        master_process off;
        pid pid;
        error_log error.log info;
        events {{ worker_connections 64; }}
        http {{
            log_format seen '$request_method $uri $server_protocol $status type=[$http_content_type] '
                'authorization=[$http_authorization] digest=[$http_content_digest] client=[$ssl_client_verify]';
            access_log access.log seen;
            client_body_temp_path body;
            proxy_temp_path proxy;
            fastcgi_temp_path fastcgi;
            uwsgi_temp_path uwsgi;
            scgi_temp_path scgi;
            server {{
                listen 127.0.0.1:{port} {listen};
                {inside}
            }}
        }}"
    )
}
