# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_factory_gitlab_global_optspecs
    string join \n gitlab-url= token-file= header-file= kit= kit-fingerprint= kit-signer= factory-key-file= ca-cert= factory-ca-cert= client-cert= proxy= timeout= concurrency= y/yes keyring= log-file= config= o/output-format= output-file= no-input q/quiet v/verbose color= h/help V/version
end

function __fish_factory_gitlab_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_factory_gitlab_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_factory_gitlab_using_subcommand
    set -l cmd (__fish_factory_gitlab_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -l gitlab-url -d 'Base URL of GitLab, with its path if it has one (https://host/gitlab) [env: GITLAB_URL]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -l token-file -d 'File with an admin\'s personal access token; - reads standard input [env: GITLAB_TOKEN]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -l header-file -d 'File with headers for GitLab alone, Name: value a line' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -l kit -d 'The kit from Factory: a path, - or an https URL [env: FACTORY_KIT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -l kit-fingerprint -d 'Accept only the kit with this fingerprint, as kit show prints it [env: FACTORY_KIT_FINGERPRINT]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -l kit-signer -d 'Accept only a kit that this minisign key has signed (KIT.minisig) [env: FACTORY_KIT_SIGNER]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -l factory-key-file -d 'File with the key of Factory\'s API; - reads standard input [env: FACTORY_API_KEY]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -l ca-cert -d 'CA certificates to trust for GitLab as well (PEM; may be repeated) [env: FACTORY_GITLAB_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -l factory-ca-cert -d 'CA certificates to trust for Factory\'s hosts (PEM; may be repeated) [env: FACTORY_GITLAB_FACTORY_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -l client-cert -d 'Certificate and key (PEM) for a GitLab behind mutual TLS' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -l proxy -d 'Proxy to use, or none [default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY] [env: FACTORY_GITLAB_PROXY]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -l timeout -d 'Time limit of one request, in seconds [default: 30; network check: 5]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -l concurrency -d 'Limit of requests in flight [default: 8; network check: 64]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -l keyring -d 'Keep the token in the system\'s keyring [default: ask]' -r -f -a "ask\t''
store\t''
off\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -l log-file -d 'Write a log to this file, as JSON lines without secrets [env: FACTORY_LOG_FILE]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -l config -d 'Answers file (TOML); every setting has a key in it [env: FACTORY_GITLAB_CONFIG]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -s o -l output-format -d 'Format of the report, and its file [default: text]; repeatable where all but one have a file' -r -f -a "text\t''
json\t''
html\t''
junit\t''
sarif\t''
annotations\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -l output-file -d 'Write the report to this file; the terminal still shows the text' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -l color -d 'When to use color [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -s y -l yes -d 'Apply the plan without asking'
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -l no-input -d 'Never ask; implied without a terminal and where CI is set'
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -s q -l quiet -d 'Show problems only'
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -s v -l verbose -d 'Show what is done; twice for each request'
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -s V -l version -d 'Print version'
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -f -a "connect" -d 'Bring an instance to the connected state'
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -f -a "verify" -d 'Prove the connection, check by check'
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -f -a "network" -d 'Check the network between GitLab and Factory, or plan it'
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -f -a "exercise" -d 'Test the connection with real events in a project of its own'
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -f -a "monitor" -d 'Watch the connection, and tell what changes'
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -f -a "rotate" -d 'Renew a secret of the connection, and prove the new one'
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -f -a "disconnect" -d 'Remove what connect made, and prove that it is gone'
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -f -a "audit" -d 'Review who can do what through the connection'
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -f -a "bundle" -d 'Inspect, upload or open a sealed bundle'
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -f -a "kit" -d 'Show or check the kit from Factory, or print a template'
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -f -a "status" -d 'Show what is recorded here about connections; contact no server'
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -f -a "sandbox" -d 'Rehearse any command against an embedded GitLab and Factory'
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -f -a "explain" -d 'Print what a check or a finding means and how to repair it'
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -f -a "schema" -d 'Print the JSON Schema of a document, or list the documents'
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -f -a "recipe" -d 'Print ready files for CI, Ansible, Kubernetes, systemd and Prometheus'
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -f -a "completions" -d 'Print a shell\'s completions'
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -f -a "man" -d 'Print the manual page, or write one for each command'
complete -c factory-gitlab -n "__fish_factory_gitlab_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l handover-token -d 'Put the given token in the bundle, one created for Factory, or none' -r -f -a "given\t''
minted\t''
none\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l bundle-out -d 'Write the sealed bundle to this file instead of uploading it' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l audit-log -d 'Append what was done to this file, as JSON lines without secrets' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l application -d 'Create the OAuth application by API or by hand, or use an existing one' -r -f -a "auto\t''
manual\t''
existing\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l application-id -d 'The application ID (the long one, not the number) [env: FACTORY_GITLAB_APPLICATION_ID]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l application-secret-file -d 'File with the application\'s secret; - reads standard input [env: FACTORY_GITLAB_APPLICATION_SECRET]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l webhooks -d 'Where webhooks are created; auto: on groups if licensed, or projects' -r -f -a "auto\t''
system\t''
group\t''
project\t''
none\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l group -d 'Only this group, with everything below it (may be repeated); \'*\': all' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l project -d 'Only this project (may be repeated)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l exclude -d 'Exclude groups and projects whose path matches (may be repeated)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l account -d 'Accept only the authorization of this user' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l authorization-timeout -d 'How long the authorization is waited for [default: 10m]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l wait -d 'How long Factory\'s "connected" is waited for [default: 10m]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l prove -d 'Prove it with a merge request in this project, which is removed' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l redirect-uri -d 'Redirect URI of the application, exactly as Factory gave it' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l scope -d 'Scope of the application (may be repeated)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l webhook-url -d 'Where the webhooks deliver to' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l webhook-secret-file -d 'File with the webhooks\' secret token; - reads standard input [env: FACTORY_WEBHOOK_SECRET]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l recipient -d 'age recipient that the bundle is sealed for (may be repeated)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l upload-url -d 'Where the sealed bundle is uploaded to' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l gitlab-url -d 'Base URL of GitLab, with its path if it has one (https://host/gitlab) [env: GITLAB_URL]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l token-file -d 'File with an admin\'s personal access token; - reads standard input [env: GITLAB_TOKEN]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l header-file -d 'File with headers for GitLab alone, Name: value a line' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l kit -d 'The kit from Factory: a path, - or an https URL [env: FACTORY_KIT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l kit-fingerprint -d 'Accept only the kit with this fingerprint, as kit show prints it [env: FACTORY_KIT_FINGERPRINT]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l kit-signer -d 'Accept only a kit that this minisign key has signed (KIT.minisig) [env: FACTORY_KIT_SIGNER]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l factory-key-file -d 'File with the key of Factory\'s API; - reads standard input [env: FACTORY_API_KEY]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l ca-cert -d 'CA certificates to trust for GitLab as well (PEM; may be repeated) [env: FACTORY_GITLAB_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l factory-ca-cert -d 'CA certificates to trust for Factory\'s hosts (PEM; may be repeated) [env: FACTORY_GITLAB_FACTORY_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l client-cert -d 'Certificate and key (PEM) for a GitLab behind mutual TLS' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l proxy -d 'Proxy to use, or none [default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY] [env: FACTORY_GITLAB_PROXY]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l timeout -d 'Time limit of one request, in seconds [default: 30; network check: 5]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l concurrency -d 'Limit of requests in flight [default: 8; network check: 64]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l keyring -d 'Keep the token in the system\'s keyring [default: ask]' -r -f -a "ask\t''
store\t''
off\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l log-file -d 'Write a log to this file, as JSON lines without secrets [env: FACTORY_LOG_FILE]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l config -d 'Answers file (TOML); every setting has a key in it [env: FACTORY_GITLAB_CONFIG]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -s o -l output-format -d 'Format of the report, and its file [default: text]; repeatable where all but one have a file' -r -f -a "text\t''
json\t''
html\t''
junit\t''
sarif\t''
annotations\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l output-file -d 'Write the report to this file; the terminal still shows the text' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l color -d 'When to use color [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l dry-run -d 'Show the plan and change nothing'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l exit-code -d 'With --dry-run: exit with 4 when changes are pending'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l renew-secret -d 'Renew the application\'s secret; the old one stops working at once'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l reset-webhook-secret -d 'Set the kit\'s secret token on every webhook again'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l personal -d 'Include the projects of personal namespaces'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l prune -d 'Remove our webhooks from groups and projects that are not selected'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l cloud -d 'The connection to GitLab.com, as the kit\'s cloud section has it'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l device -d 'Authorize with a code that is typed in a browser on another machine'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l all -d 'Select everything that the account reaches now'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l future -d 'With --all or --group: also what is added later'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -s y -l yes -d 'Apply the plan without asking'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -l no-input -d 'Never ask; implied without a terminal and where CI is set'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -s q -l quiet -d 'Show problems only'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -s v -l verbose -d 'Show what is done; twice for each request'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand connect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l only -d 'Run only this check (a code, or a pattern such as \'token.*\'; may be repeated)' -r -f -a "instance.dns\t''
instance.tcp\t''
instance.tls\t''
instance.url\t''
instance.api\t''
instance.version\t''
token.valid\t''
token.scopes\t''
token.expiry\t''
token.admin\t''
token.excess\t''
token.handed_over\t''
application.exists\t''
application.redirect_uri\t''
application.scopes\t''
application.confidential\t''
application.secret\t''
webhook.coverage\t''
webhook.events\t''
webhook.tls\t''
webhook.token\t''
webhook.payload\t''
webhook.enabled\t''
webhook.duplicates\t''
webhook.scope\t''
webhook.delivery\t''
webhook.recent\t''
factory.reachable\t''
factory.bundle\t''
factory.status\t''
cloud.selection\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l skip -d 'Skip this check (a code or a pattern; may be repeated)' -r -f -a "instance.dns\t''
instance.tcp\t''
instance.tls\t''
instance.url\t''
instance.api\t''
instance.version\t''
token.valid\t''
token.scopes\t''
token.expiry\t''
token.admin\t''
token.excess\t''
token.handed_over\t''
application.exists\t''
application.redirect_uri\t''
application.scopes\t''
application.confidential\t''
application.secret\t''
webhook.coverage\t''
webhook.events\t''
webhook.tls\t''
webhook.token\t''
webhook.payload\t''
webhook.enabled\t''
webhook.duplicates\t''
webhook.scope\t''
webhook.delivery\t''
webhook.recent\t''
factory.reachable\t''
factory.bundle\t''
factory.status\t''
cloud.selection\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l wait -d 'Repeat until everything holds, for at most this long (90s, 5m, 1h)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l fail-on -d 'Exit with 1 from this level on' -r -f -a "warning\t''
error\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l expires-within -d 'Warn when a token or a certificate expires within this many days' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l application-id -d 'The application ID (the long one, not the number) [env: FACTORY_GITLAB_APPLICATION_ID]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l application-secret-file -d 'File with the application\'s secret; - reads standard input [env: FACTORY_GITLAB_APPLICATION_SECRET]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l webhooks -d 'Where webhooks are created; auto: on groups if licensed, or projects' -r -f -a "auto\t''
system\t''
group\t''
project\t''
none\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l group -d 'Only this group, with everything below it (may be repeated); \'*\': all' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l project -d 'Only this project (may be repeated)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l exclude -d 'Exclude groups and projects whose path matches (may be repeated)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l redirect-uri -d 'Redirect URI of the application, exactly as Factory gave it' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l scope -d 'Scope of the application (may be repeated)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l webhook-url -d 'Where the webhooks deliver to' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l webhook-secret-file -d 'File with the webhooks\' secret token; - reads standard input [env: FACTORY_WEBHOOK_SECRET]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l recipient -d 'age recipient that the bundle is sealed for (may be repeated)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l upload-url -d 'Where the sealed bundle is uploaded to' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l gitlab-url -d 'Base URL of GitLab, with its path if it has one (https://host/gitlab) [env: GITLAB_URL]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l token-file -d 'File with an admin\'s personal access token; - reads standard input [env: GITLAB_TOKEN]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l header-file -d 'File with headers for GitLab alone, Name: value a line' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l kit -d 'The kit from Factory: a path, - or an https URL [env: FACTORY_KIT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l kit-fingerprint -d 'Accept only the kit with this fingerprint, as kit show prints it [env: FACTORY_KIT_FINGERPRINT]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l kit-signer -d 'Accept only a kit that this minisign key has signed (KIT.minisig) [env: FACTORY_KIT_SIGNER]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l factory-key-file -d 'File with the key of Factory\'s API; - reads standard input [env: FACTORY_API_KEY]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l ca-cert -d 'CA certificates to trust for GitLab as well (PEM; may be repeated) [env: FACTORY_GITLAB_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l factory-ca-cert -d 'CA certificates to trust for Factory\'s hosts (PEM; may be repeated) [env: FACTORY_GITLAB_FACTORY_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l client-cert -d 'Certificate and key (PEM) for a GitLab behind mutual TLS' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l proxy -d 'Proxy to use, or none [default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY] [env: FACTORY_GITLAB_PROXY]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l timeout -d 'Time limit of one request, in seconds [default: 30; network check: 5]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l concurrency -d 'Limit of requests in flight [default: 8; network check: 64]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l keyring -d 'Keep the token in the system\'s keyring [default: ask]' -r -f -a "ask\t''
store\t''
off\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l log-file -d 'Write a log to this file, as JSON lines without secrets [env: FACTORY_LOG_FILE]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l config -d 'Answers file (TOML); every setting has a key in it [env: FACTORY_GITLAB_CONFIG]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -s o -l output-format -d 'Format of the report, and its file [default: text]; repeatable where all but one have a file' -r -f -a "text\t''
json\t''
html\t''
junit\t''
sarif\t''
annotations\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l output-file -d 'Write the report to this file; the terminal still shows the text' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l color -d 'When to use color [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l live -d 'Send GitLab\'s own webhook tests and follow the deliveries'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l list -d 'List the checks and run none'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l personal -d 'Include the projects of personal namespaces'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l cloud -d 'The connection to GitLab.com, as the kit\'s cloud section has it'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -s y -l yes -d 'Apply the plan without asking'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -l no-input -d 'Never ask; implied without a terminal and where CI is set'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -s q -l quiet -d 'Show problems only'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -s v -l verbose -d 'Show what is done; twice for each request'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and not __fish_seen_subcommand_from check plan" -l gitlab-url -d 'Base URL of GitLab, with its path if it has one (https://host/gitlab) [env: GITLAB_URL]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and not __fish_seen_subcommand_from check plan" -l token-file -d 'File with an admin\'s personal access token; - reads standard input [env: GITLAB_TOKEN]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and not __fish_seen_subcommand_from check plan" -l header-file -d 'File with headers for GitLab alone, Name: value a line' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and not __fish_seen_subcommand_from check plan" -l kit -d 'The kit from Factory: a path, - or an https URL [env: FACTORY_KIT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and not __fish_seen_subcommand_from check plan" -l kit-fingerprint -d 'Accept only the kit with this fingerprint, as kit show prints it [env: FACTORY_KIT_FINGERPRINT]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and not __fish_seen_subcommand_from check plan" -l kit-signer -d 'Accept only a kit that this minisign key has signed (KIT.minisig) [env: FACTORY_KIT_SIGNER]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and not __fish_seen_subcommand_from check plan" -l factory-key-file -d 'File with the key of Factory\'s API; - reads standard input [env: FACTORY_API_KEY]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and not __fish_seen_subcommand_from check plan" -l ca-cert -d 'CA certificates to trust for GitLab as well (PEM; may be repeated) [env: FACTORY_GITLAB_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and not __fish_seen_subcommand_from check plan" -l factory-ca-cert -d 'CA certificates to trust for Factory\'s hosts (PEM; may be repeated) [env: FACTORY_GITLAB_FACTORY_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and not __fish_seen_subcommand_from check plan" -l client-cert -d 'Certificate and key (PEM) for a GitLab behind mutual TLS' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and not __fish_seen_subcommand_from check plan" -l proxy -d 'Proxy to use, or none [default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY] [env: FACTORY_GITLAB_PROXY]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and not __fish_seen_subcommand_from check plan" -l timeout -d 'Time limit of one request, in seconds [default: 30; network check: 5]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and not __fish_seen_subcommand_from check plan" -l concurrency -d 'Limit of requests in flight [default: 8; network check: 64]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and not __fish_seen_subcommand_from check plan" -l keyring -d 'Keep the token in the system\'s keyring [default: ask]' -r -f -a "ask\t''
store\t''
off\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and not __fish_seen_subcommand_from check plan" -l log-file -d 'Write a log to this file, as JSON lines without secrets [env: FACTORY_LOG_FILE]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and not __fish_seen_subcommand_from check plan" -l config -d 'Answers file (TOML); every setting has a key in it [env: FACTORY_GITLAB_CONFIG]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and not __fish_seen_subcommand_from check plan" -s o -l output-format -d 'Format of the report, and its file [default: text]; repeatable where all but one have a file' -r -f -a "text\t''
json\t''
html\t''
junit\t''
sarif\t''
annotations\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and not __fish_seen_subcommand_from check plan" -l output-file -d 'Write the report to this file; the terminal still shows the text' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and not __fish_seen_subcommand_from check plan" -l color -d 'When to use color [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and not __fish_seen_subcommand_from check plan" -s y -l yes -d 'Apply the plan without asking'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and not __fish_seen_subcommand_from check plan" -l no-input -d 'Never ask; implied without a terminal and where CI is set'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and not __fish_seen_subcommand_from check plan" -s q -l quiet -d 'Show problems only'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and not __fish_seen_subcommand_from check plan" -s v -l verbose -d 'Show what is done; twice for each request'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and not __fish_seen_subcommand_from check plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and not __fish_seen_subcommand_from check plan" -f -a "check" -d 'Look at the way between GitLab, Factory and here, layer by layer'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and not __fish_seen_subcommand_from check plan" -f -a "plan" -d 'Write what both sides need for a private way: worksheet, Terraform, VPN, firewall'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -l resolver -d 'Ask this DNS server, too (may be repeated, up to 8 times)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -l target -d 'Look at this address, too: [https://|ssh://|tcp://]HOST:PORT (may be repeated)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -l only -d 'Run only this check (a code, or a pattern such as \'network.ssh*\'; may be repeated)' -r -f -a "network.dns\t''
network.dns_split\t''
network.tcp\t''
network.tls\t''
network.mtu\t''
network.http\t''
network.ssh\t''
network.ssh_hostkey\t''
network.clock\t''
network.outbound\t''
network.inbound\t''
network.endpoints\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -l skip -d 'Skip this check (a code or a pattern; may be repeated)' -r -f -a "network.dns\t''
network.dns_split\t''
network.tcp\t''
network.tls\t''
network.mtu\t''
network.http\t''
network.ssh\t''
network.ssh_hostkey\t''
network.clock\t''
network.outbound\t''
network.inbound\t''
network.endpoints\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -l gitlab-url -d 'Base URL of GitLab, with its path if it has one (https://host/gitlab) [env: GITLAB_URL]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -l token-file -d 'File with an admin\'s personal access token; - reads standard input [env: GITLAB_TOKEN]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -l header-file -d 'File with headers for GitLab alone, Name: value a line' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -l kit -d 'The kit from Factory: a path, - or an https URL [env: FACTORY_KIT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -l kit-fingerprint -d 'Accept only the kit with this fingerprint, as kit show prints it [env: FACTORY_KIT_FINGERPRINT]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -l kit-signer -d 'Accept only a kit that this minisign key has signed (KIT.minisig) [env: FACTORY_KIT_SIGNER]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -l factory-key-file -d 'File with the key of Factory\'s API; - reads standard input [env: FACTORY_API_KEY]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -l ca-cert -d 'CA certificates to trust for GitLab as well (PEM; may be repeated) [env: FACTORY_GITLAB_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -l factory-ca-cert -d 'CA certificates to trust for Factory\'s hosts (PEM; may be repeated) [env: FACTORY_GITLAB_FACTORY_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -l client-cert -d 'Certificate and key (PEM) for a GitLab behind mutual TLS' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -l proxy -d 'Proxy to use, or none [default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY] [env: FACTORY_GITLAB_PROXY]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -l timeout -d 'Time limit of one request, in seconds [default: 30; network check: 5]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -l concurrency -d 'Limit of requests in flight [default: 8; network check: 64]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -l keyring -d 'Keep the token in the system\'s keyring [default: ask]' -r -f -a "ask\t''
store\t''
off\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -l log-file -d 'Write a log to this file, as JSON lines without secrets [env: FACTORY_LOG_FILE]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -l config -d 'Answers file (TOML); every setting has a key in it [env: FACTORY_GITLAB_CONFIG]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -s o -l output-format -d 'Format of the report, and its file [default: text]; repeatable where all but one have a file' -r -f -a "text\t''
json\t''
html\t''
junit\t''
sarif\t''
annotations\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -l output-file -d 'Write the report to this file; the terminal still shows the text' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -l color -d 'When to use color [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -l ipv4 -d 'Connect to IPv4 addresses only'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -l ipv6 -d 'Connect to IPv6 addresses only'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -l live -d 'Have GitLab send its own webhook tests and follow the deliveries'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -l list -d 'List the checks and run none'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -s y -l yes -d 'Apply the plan without asking'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -l no-input -d 'Never ask; implied without a terminal and where CI is set'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Show problems only'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Show what is done; twice for each request'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l out -d 'Folder for the files; created if it does not exist' -r -f -a "(__fish_complete_directories)"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l method -d 'How GitLab\'s network and Factory\'s are joined' -r -f -a "vpc-peering\t''
vpn\t''
public\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l gitlab-address -d 'Address or CIDR at which Factory reaches GitLab (may be repeated)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l ssh-port -d 'Port of GitLab\'s SSH; default 22' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l vpc-id -d 'The VPC that GitLab runs in' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l account-id -d 'The AWS account of that VPC, 12 digits' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l region -d 'The AWS region of that VPC' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l vpc-cidr -d 'Every CIDR of that VPC, used or not (may be repeated)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l route-table -d 'Route table whose subnets talk to Factory (may be repeated)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l security-group -d 'Security group of GitLab\'s nodes or load balancer (may be repeated)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l aws-end -d 'Which side\'s end of the VPN is AWS\'s VPN service; default factory' -r -f -a "factory\t''
customer\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l vpn-address -d 'Public IPv4 address of your VPN device' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l vpn-identity -d 'IKE identity that your VPN device sends; default its address' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l bgp-asn -d 'BGP number of your VPN device; default 65000' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l local-cidr -d 'CIDR behind your VPN device that Factory may reach (may be repeated)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l inside-cidr -d 'Inside /30 of a tunnel, two or none; AWS picks them where there are none' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l ike -d 'IKE proposal of your VPN device, as strongSwan writes it (repeatable)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l esp -d 'ESP proposal of your VPN device, as strongSwan writes it (repeatable)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l gitlab-url -d 'Base URL of GitLab, with its path if it has one (https://host/gitlab) [env: GITLAB_URL]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l token-file -d 'File with an admin\'s personal access token; - reads standard input [env: GITLAB_TOKEN]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l header-file -d 'File with headers for GitLab alone, Name: value a line' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l kit -d 'The kit from Factory: a path, - or an https URL [env: FACTORY_KIT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l kit-fingerprint -d 'Accept only the kit with this fingerprint, as kit show prints it [env: FACTORY_KIT_FINGERPRINT]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l kit-signer -d 'Accept only a kit that this minisign key has signed (KIT.minisig) [env: FACTORY_KIT_SIGNER]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l factory-key-file -d 'File with the key of Factory\'s API; - reads standard input [env: FACTORY_API_KEY]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l ca-cert -d 'CA certificates to trust for GitLab as well (PEM; may be repeated) [env: FACTORY_GITLAB_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l factory-ca-cert -d 'CA certificates to trust for Factory\'s hosts (PEM; may be repeated) [env: FACTORY_GITLAB_FACTORY_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l client-cert -d 'Certificate and key (PEM) for a GitLab behind mutual TLS' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l proxy -d 'Proxy to use, or none [default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY] [env: FACTORY_GITLAB_PROXY]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l timeout -d 'Time limit of one request, in seconds [default: 30; network check: 5]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l concurrency -d 'Limit of requests in flight [default: 8; network check: 64]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l keyring -d 'Keep the token in the system\'s keyring [default: ask]' -r -f -a "ask\t''
store\t''
off\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l log-file -d 'Write a log to this file, as JSON lines without secrets [env: FACTORY_LOG_FILE]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l config -d 'Answers file (TOML); every setting has a key in it [env: FACTORY_GITLAB_CONFIG]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -s o -l output-format -d 'Format of the report, and its file [default: text]; repeatable where all but one have a file' -r -f -a "text\t''
json\t''
html\t''
junit\t''
sarif\t''
annotations\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l output-file -d 'Write the report to this file; the terminal still shows the text' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l color -d 'When to use color [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -s y -l yes -d 'Apply the plan without asking'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -l no-input -d 'Never ask; implied without a terminal and where CI is set'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -s q -l quiet -d 'Show problems only'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -s v -l verbose -d 'Show what is done; twice for each request'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand network; and __fish_seen_subcommand_from plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -l group -d 'Create the project in this group' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -l project -d 'Work in this project, which exists' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -l only -d 'Only this event, or this activity: push, branch, tag, issue, note, … (may be repeated)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -l wait-answer -d 'How long an answer of a Droid is waited for, in the place of what the kit says (90s, 10m)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -l audit-log -d 'Append what was done to this file, as JSON lines without secrets' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -l gitlab-url -d 'Base URL of GitLab, with its path if it has one (https://host/gitlab) [env: GITLAB_URL]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -l token-file -d 'File with an admin\'s personal access token; - reads standard input [env: GITLAB_TOKEN]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -l header-file -d 'File with headers for GitLab alone, Name: value a line' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -l kit -d 'The kit from Factory: a path, - or an https URL [env: FACTORY_KIT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -l kit-fingerprint -d 'Accept only the kit with this fingerprint, as kit show prints it [env: FACTORY_KIT_FINGERPRINT]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -l kit-signer -d 'Accept only a kit that this minisign key has signed (KIT.minisig) [env: FACTORY_KIT_SIGNER]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -l factory-key-file -d 'File with the key of Factory\'s API; - reads standard input [env: FACTORY_API_KEY]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -l ca-cert -d 'CA certificates to trust for GitLab as well (PEM; may be repeated) [env: FACTORY_GITLAB_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -l factory-ca-cert -d 'CA certificates to trust for Factory\'s hosts (PEM; may be repeated) [env: FACTORY_GITLAB_FACTORY_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -l client-cert -d 'Certificate and key (PEM) for a GitLab behind mutual TLS' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -l proxy -d 'Proxy to use, or none [default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY] [env: FACTORY_GITLAB_PROXY]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -l timeout -d 'Time limit of one request, in seconds [default: 30; network check: 5]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -l concurrency -d 'Limit of requests in flight [default: 8; network check: 64]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -l keyring -d 'Keep the token in the system\'s keyring [default: ask]' -r -f -a "ask\t''
store\t''
off\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -l log-file -d 'Write a log to this file, as JSON lines without secrets [env: FACTORY_LOG_FILE]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -l config -d 'Answers file (TOML); every setting has a key in it [env: FACTORY_GITLAB_CONFIG]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -s o -l output-format -d 'Format of the report, and its file [default: text]; repeatable where all but one have a file' -r -f -a "text\t''
json\t''
html\t''
junit\t''
sarif\t''
annotations\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -l output-file -d 'Write the report to this file; the terminal still shows the text' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -l color -d 'When to use color [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -l keep -d 'Leave everything in GitLab; --sweep removes it later'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -l sweep -d 'Only remove what earlier exercises of this machine left'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -l dry-run -d 'Show the plan and change nothing'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -s y -l yes -d 'Apply the plan without asking'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -l no-input -d 'Never ask; implied without a terminal and where CI is set'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -s q -l quiet -d 'Show problems only'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -s v -l verbose -d 'Show what is done; twice for each request'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand exercise" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l for -d 'Stop after this time (8h, 3d)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l interval -d 'Pause from one look to the next (1m, 1h)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l metrics-file -d 'Write gauges for Prometheus\' node_exporter to this file (*.prom)' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l notify-command -d 'Run this line of the shell for each event, with its JSON on standard input' -r -f -a "(__fish_complete_command)"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l audit-log -d 'Append what was done to this file, as JSON lines without secrets' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l application-id -d 'The application ID (the long one, not the number) [env: FACTORY_GITLAB_APPLICATION_ID]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l application-secret-file -d 'File with the application\'s secret; - reads standard input [env: FACTORY_GITLAB_APPLICATION_SECRET]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l webhooks -d 'Where webhooks are created; auto: on groups if licensed, or projects' -r -f -a "auto\t''
system\t''
group\t''
project\t''
none\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l group -d 'Only this group, with everything below it (may be repeated); \'*\': all' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l project -d 'Only this project (may be repeated)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l exclude -d 'Exclude groups and projects whose path matches (may be repeated)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l gitlab-url -d 'Base URL of GitLab, with its path if it has one (https://host/gitlab) [env: GITLAB_URL]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l token-file -d 'File with an admin\'s personal access token; - reads standard input [env: GITLAB_TOKEN]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l header-file -d 'File with headers for GitLab alone, Name: value a line' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l kit -d 'The kit from Factory: a path, - or an https URL [env: FACTORY_KIT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l kit-fingerprint -d 'Accept only the kit with this fingerprint, as kit show prints it [env: FACTORY_KIT_FINGERPRINT]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l kit-signer -d 'Accept only a kit that this minisign key has signed (KIT.minisig) [env: FACTORY_KIT_SIGNER]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l factory-key-file -d 'File with the key of Factory\'s API; - reads standard input [env: FACTORY_API_KEY]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l ca-cert -d 'CA certificates to trust for GitLab as well (PEM; may be repeated) [env: FACTORY_GITLAB_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l factory-ca-cert -d 'CA certificates to trust for Factory\'s hosts (PEM; may be repeated) [env: FACTORY_GITLAB_FACTORY_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l client-cert -d 'Certificate and key (PEM) for a GitLab behind mutual TLS' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l proxy -d 'Proxy to use, or none [default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY] [env: FACTORY_GITLAB_PROXY]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l timeout -d 'Time limit of one request, in seconds [default: 30; network check: 5]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l concurrency -d 'Limit of requests in flight [default: 8; network check: 64]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l keyring -d 'Keep the token in the system\'s keyring [default: ask]' -r -f -a "ask\t''
store\t''
off\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l log-file -d 'Write a log to this file, as JSON lines without secrets [env: FACTORY_LOG_FILE]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l config -d 'Answers file (TOML); every setting has a key in it [env: FACTORY_GITLAB_CONFIG]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -s o -l output-format -d 'Format of the report, and its file [default: text]; repeatable where all but one have a file' -r -f -a "text\t''
json\t''
html\t''
junit\t''
sarif\t''
annotations\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l output-file -d 'Write the report to this file; the terminal still shows the text' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l color -d 'When to use color [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l once -d 'Look one time, and compare with the last time on this machine'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l fix -d 'Register missing webhooks, of new projects above all'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l personal -d 'Include the projects of personal namespaces'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -s y -l yes -d 'Apply the plan without asking'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -l no-input -d 'Never ask; implied without a terminal and where CI is set'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -s q -l quiet -d 'Show problems only'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -s v -l verbose -d 'Show what is done; twice for each request'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand monitor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and not __fish_seen_subcommand_from application-secret token webhook-secret" -l gitlab-url -d 'Base URL of GitLab, with its path if it has one (https://host/gitlab) [env: GITLAB_URL]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and not __fish_seen_subcommand_from application-secret token webhook-secret" -l token-file -d 'File with an admin\'s personal access token; - reads standard input [env: GITLAB_TOKEN]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and not __fish_seen_subcommand_from application-secret token webhook-secret" -l header-file -d 'File with headers for GitLab alone, Name: value a line' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and not __fish_seen_subcommand_from application-secret token webhook-secret" -l kit -d 'The kit from Factory: a path, - or an https URL [env: FACTORY_KIT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and not __fish_seen_subcommand_from application-secret token webhook-secret" -l kit-fingerprint -d 'Accept only the kit with this fingerprint, as kit show prints it [env: FACTORY_KIT_FINGERPRINT]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and not __fish_seen_subcommand_from application-secret token webhook-secret" -l kit-signer -d 'Accept only a kit that this minisign key has signed (KIT.minisig) [env: FACTORY_KIT_SIGNER]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and not __fish_seen_subcommand_from application-secret token webhook-secret" -l factory-key-file -d 'File with the key of Factory\'s API; - reads standard input [env: FACTORY_API_KEY]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and not __fish_seen_subcommand_from application-secret token webhook-secret" -l ca-cert -d 'CA certificates to trust for GitLab as well (PEM; may be repeated) [env: FACTORY_GITLAB_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and not __fish_seen_subcommand_from application-secret token webhook-secret" -l factory-ca-cert -d 'CA certificates to trust for Factory\'s hosts (PEM; may be repeated) [env: FACTORY_GITLAB_FACTORY_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and not __fish_seen_subcommand_from application-secret token webhook-secret" -l client-cert -d 'Certificate and key (PEM) for a GitLab behind mutual TLS' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and not __fish_seen_subcommand_from application-secret token webhook-secret" -l proxy -d 'Proxy to use, or none [default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY] [env: FACTORY_GITLAB_PROXY]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and not __fish_seen_subcommand_from application-secret token webhook-secret" -l timeout -d 'Time limit of one request, in seconds [default: 30; network check: 5]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and not __fish_seen_subcommand_from application-secret token webhook-secret" -l concurrency -d 'Limit of requests in flight [default: 8; network check: 64]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and not __fish_seen_subcommand_from application-secret token webhook-secret" -l keyring -d 'Keep the token in the system\'s keyring [default: ask]' -r -f -a "ask\t''
store\t''
off\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and not __fish_seen_subcommand_from application-secret token webhook-secret" -l log-file -d 'Write a log to this file, as JSON lines without secrets [env: FACTORY_LOG_FILE]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and not __fish_seen_subcommand_from application-secret token webhook-secret" -l config -d 'Answers file (TOML); every setting has a key in it [env: FACTORY_GITLAB_CONFIG]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and not __fish_seen_subcommand_from application-secret token webhook-secret" -s o -l output-format -d 'Format of the report, and its file [default: text]; repeatable where all but one have a file' -r -f -a "text\t''
json\t''
html\t''
junit\t''
sarif\t''
annotations\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and not __fish_seen_subcommand_from application-secret token webhook-secret" -l output-file -d 'Write the report to this file; the terminal still shows the text' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and not __fish_seen_subcommand_from application-secret token webhook-secret" -l color -d 'When to use color [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and not __fish_seen_subcommand_from application-secret token webhook-secret" -s y -l yes -d 'Apply the plan without asking'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and not __fish_seen_subcommand_from application-secret token webhook-secret" -l no-input -d 'Never ask; implied without a terminal and where CI is set'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and not __fish_seen_subcommand_from application-secret token webhook-secret" -s q -l quiet -d 'Show problems only'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and not __fish_seen_subcommand_from application-secret token webhook-secret" -s v -l verbose -d 'Show what is done; twice for each request'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and not __fish_seen_subcommand_from application-secret token webhook-secret" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and not __fish_seen_subcommand_from application-secret token webhook-secret" -f -a "application-secret" -d 'Renew the secret of the OAuth application'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and not __fish_seen_subcommand_from application-secret token webhook-secret" -f -a "token" -d 'Renew the token that was created for Factory'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and not __fish_seen_subcommand_from application-secret token webhook-secret" -f -a "webhook-secret" -d 'Set the new secret token of Factory\'s kit on the webhooks, one by one'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from application-secret" -l older-than -d 'Only if its last change that is recorded here is older (180d)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from application-secret" -l audit-log -d 'Append what was done to this file, as JSON lines without secrets' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from application-secret" -l gitlab-url -d 'Base URL of GitLab, with its path if it has one (https://host/gitlab) [env: GITLAB_URL]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from application-secret" -l token-file -d 'File with an admin\'s personal access token; - reads standard input [env: GITLAB_TOKEN]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from application-secret" -l header-file -d 'File with headers for GitLab alone, Name: value a line' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from application-secret" -l kit -d 'The kit from Factory: a path, - or an https URL [env: FACTORY_KIT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from application-secret" -l kit-fingerprint -d 'Accept only the kit with this fingerprint, as kit show prints it [env: FACTORY_KIT_FINGERPRINT]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from application-secret" -l kit-signer -d 'Accept only a kit that this minisign key has signed (KIT.minisig) [env: FACTORY_KIT_SIGNER]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from application-secret" -l factory-key-file -d 'File with the key of Factory\'s API; - reads standard input [env: FACTORY_API_KEY]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from application-secret" -l ca-cert -d 'CA certificates to trust for GitLab as well (PEM; may be repeated) [env: FACTORY_GITLAB_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from application-secret" -l factory-ca-cert -d 'CA certificates to trust for Factory\'s hosts (PEM; may be repeated) [env: FACTORY_GITLAB_FACTORY_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from application-secret" -l client-cert -d 'Certificate and key (PEM) for a GitLab behind mutual TLS' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from application-secret" -l proxy -d 'Proxy to use, or none [default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY] [env: FACTORY_GITLAB_PROXY]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from application-secret" -l timeout -d 'Time limit of one request, in seconds [default: 30; network check: 5]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from application-secret" -l concurrency -d 'Limit of requests in flight [default: 8; network check: 64]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from application-secret" -l keyring -d 'Keep the token in the system\'s keyring [default: ask]' -r -f -a "ask\t''
store\t''
off\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from application-secret" -l log-file -d 'Write a log to this file, as JSON lines without secrets [env: FACTORY_LOG_FILE]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from application-secret" -l config -d 'Answers file (TOML); every setting has a key in it [env: FACTORY_GITLAB_CONFIG]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from application-secret" -s o -l output-format -d 'Format of the report, and its file [default: text]; repeatable where all but one have a file' -r -f -a "text\t''
json\t''
html\t''
junit\t''
sarif\t''
annotations\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from application-secret" -l output-file -d 'Write the report to this file; the terminal still shows the text' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from application-secret" -l color -d 'When to use color [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from application-secret" -l dry-run -d 'Show the plan and change nothing'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from application-secret" -l exit-code -d 'With --dry-run: exit with 4 when changes are pending'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from application-secret" -s y -l yes -d 'Apply the plan without asking'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from application-secret" -l no-input -d 'Never ask; implied without a terminal and where CI is set'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from application-secret" -s q -l quiet -d 'Show problems only'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from application-secret" -s v -l verbose -d 'Show what is done; twice for each request'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from application-secret" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from token" -l due -d 'Only if it ends within this time (30d, 12h)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from token" -l older-than -d 'Only if its last change that is recorded here is older (180d)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from token" -l bundle-out -d 'Write the sealed bundle to this file instead of uploading it' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from token" -l audit-log -d 'Append what was done to this file, as JSON lines without secrets' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from token" -l gitlab-url -d 'Base URL of GitLab, with its path if it has one (https://host/gitlab) [env: GITLAB_URL]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from token" -l token-file -d 'File with an admin\'s personal access token; - reads standard input [env: GITLAB_TOKEN]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from token" -l header-file -d 'File with headers for GitLab alone, Name: value a line' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from token" -l kit -d 'The kit from Factory: a path, - or an https URL [env: FACTORY_KIT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from token" -l kit-fingerprint -d 'Accept only the kit with this fingerprint, as kit show prints it [env: FACTORY_KIT_FINGERPRINT]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from token" -l kit-signer -d 'Accept only a kit that this minisign key has signed (KIT.minisig) [env: FACTORY_KIT_SIGNER]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from token" -l factory-key-file -d 'File with the key of Factory\'s API; - reads standard input [env: FACTORY_API_KEY]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from token" -l ca-cert -d 'CA certificates to trust for GitLab as well (PEM; may be repeated) [env: FACTORY_GITLAB_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from token" -l factory-ca-cert -d 'CA certificates to trust for Factory\'s hosts (PEM; may be repeated) [env: FACTORY_GITLAB_FACTORY_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from token" -l client-cert -d 'Certificate and key (PEM) for a GitLab behind mutual TLS' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from token" -l proxy -d 'Proxy to use, or none [default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY] [env: FACTORY_GITLAB_PROXY]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from token" -l timeout -d 'Time limit of one request, in seconds [default: 30; network check: 5]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from token" -l concurrency -d 'Limit of requests in flight [default: 8; network check: 64]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from token" -l keyring -d 'Keep the token in the system\'s keyring [default: ask]' -r -f -a "ask\t''
store\t''
off\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from token" -l log-file -d 'Write a log to this file, as JSON lines without secrets [env: FACTORY_LOG_FILE]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from token" -l config -d 'Answers file (TOML); every setting has a key in it [env: FACTORY_GITLAB_CONFIG]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from token" -s o -l output-format -d 'Format of the report, and its file [default: text]; repeatable where all but one have a file' -r -f -a "text\t''
json\t''
html\t''
junit\t''
sarif\t''
annotations\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from token" -l output-file -d 'Write the report to this file; the terminal still shows the text' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from token" -l color -d 'When to use color [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from token" -l dry-run -d 'Show the plan and change nothing'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from token" -l exit-code -d 'With --dry-run: exit with 4 when changes are pending'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from token" -s y -l yes -d 'Apply the plan without asking'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from token" -l no-input -d 'Never ask; implied without a terminal and where CI is set'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from token" -s q -l quiet -d 'Show problems only'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from token" -s v -l verbose -d 'Show what is done; twice for each request'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from token" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from webhook-secret" -l older-than -d 'Only if its last change that is recorded here is older (180d)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from webhook-secret" -l audit-log -d 'Append what was done to this file, as JSON lines without secrets' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from webhook-secret" -l gitlab-url -d 'Base URL of GitLab, with its path if it has one (https://host/gitlab) [env: GITLAB_URL]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from webhook-secret" -l token-file -d 'File with an admin\'s personal access token; - reads standard input [env: GITLAB_TOKEN]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from webhook-secret" -l header-file -d 'File with headers for GitLab alone, Name: value a line' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from webhook-secret" -l kit -d 'The kit from Factory: a path, - or an https URL [env: FACTORY_KIT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from webhook-secret" -l kit-fingerprint -d 'Accept only the kit with this fingerprint, as kit show prints it [env: FACTORY_KIT_FINGERPRINT]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from webhook-secret" -l kit-signer -d 'Accept only a kit that this minisign key has signed (KIT.minisig) [env: FACTORY_KIT_SIGNER]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from webhook-secret" -l factory-key-file -d 'File with the key of Factory\'s API; - reads standard input [env: FACTORY_API_KEY]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from webhook-secret" -l ca-cert -d 'CA certificates to trust for GitLab as well (PEM; may be repeated) [env: FACTORY_GITLAB_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from webhook-secret" -l factory-ca-cert -d 'CA certificates to trust for Factory\'s hosts (PEM; may be repeated) [env: FACTORY_GITLAB_FACTORY_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from webhook-secret" -l client-cert -d 'Certificate and key (PEM) for a GitLab behind mutual TLS' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from webhook-secret" -l proxy -d 'Proxy to use, or none [default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY] [env: FACTORY_GITLAB_PROXY]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from webhook-secret" -l timeout -d 'Time limit of one request, in seconds [default: 30; network check: 5]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from webhook-secret" -l concurrency -d 'Limit of requests in flight [default: 8; network check: 64]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from webhook-secret" -l keyring -d 'Keep the token in the system\'s keyring [default: ask]' -r -f -a "ask\t''
store\t''
off\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from webhook-secret" -l log-file -d 'Write a log to this file, as JSON lines without secrets [env: FACTORY_LOG_FILE]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from webhook-secret" -l config -d 'Answers file (TOML); every setting has a key in it [env: FACTORY_GITLAB_CONFIG]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from webhook-secret" -s o -l output-format -d 'Format of the report, and its file [default: text]; repeatable where all but one have a file' -r -f -a "text\t''
json\t''
html\t''
junit\t''
sarif\t''
annotations\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from webhook-secret" -l output-file -d 'Write the report to this file; the terminal still shows the text' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from webhook-secret" -l color -d 'When to use color [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from webhook-secret" -l dry-run -d 'Show the plan and change nothing'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from webhook-secret" -l exit-code -d 'With --dry-run: exit with 4 when changes are pending'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from webhook-secret" -s y -l yes -d 'Apply the plan without asking'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from webhook-secret" -l no-input -d 'Never ask; implied without a terminal and where CI is set'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from webhook-secret" -s q -l quiet -d 'Show problems only'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from webhook-secret" -s v -l verbose -d 'Show what is done; twice for each request'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand rotate; and __fish_seen_subcommand_from webhook-secret" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -l application-id -d 'Remove this application too, although it was not created by this tool' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -l evidence -d 'Write what was done, when and by whom to this file, as JSON' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -l audit-log -d 'Append what was done to this file, as JSON lines without secrets' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -l gitlab-url -d 'Base URL of GitLab, with its path if it has one (https://host/gitlab) [env: GITLAB_URL]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -l token-file -d 'File with an admin\'s personal access token; - reads standard input [env: GITLAB_TOKEN]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -l header-file -d 'File with headers for GitLab alone, Name: value a line' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -l kit -d 'The kit from Factory: a path, - or an https URL [env: FACTORY_KIT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -l kit-fingerprint -d 'Accept only the kit with this fingerprint, as kit show prints it [env: FACTORY_KIT_FINGERPRINT]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -l kit-signer -d 'Accept only a kit that this minisign key has signed (KIT.minisig) [env: FACTORY_KIT_SIGNER]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -l factory-key-file -d 'File with the key of Factory\'s API; - reads standard input [env: FACTORY_API_KEY]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -l ca-cert -d 'CA certificates to trust for GitLab as well (PEM; may be repeated) [env: FACTORY_GITLAB_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -l factory-ca-cert -d 'CA certificates to trust for Factory\'s hosts (PEM; may be repeated) [env: FACTORY_GITLAB_FACTORY_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -l client-cert -d 'Certificate and key (PEM) for a GitLab behind mutual TLS' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -l proxy -d 'Proxy to use, or none [default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY] [env: FACTORY_GITLAB_PROXY]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -l timeout -d 'Time limit of one request, in seconds [default: 30; network check: 5]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -l concurrency -d 'Limit of requests in flight [default: 8; network check: 64]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -l keyring -d 'Keep the token in the system\'s keyring [default: ask]' -r -f -a "ask\t''
store\t''
off\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -l log-file -d 'Write a log to this file, as JSON lines without secrets [env: FACTORY_LOG_FILE]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -l config -d 'Answers file (TOML); every setting has a key in it [env: FACTORY_GITLAB_CONFIG]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -s o -l output-format -d 'Format of the report, and its file [default: text]; repeatable where all but one have a file' -r -f -a "text\t''
json\t''
html\t''
junit\t''
sarif\t''
annotations\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -l output-file -d 'Write the report to this file; the terminal still shows the text' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -l color -d 'When to use color [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -l hooks-only -d 'Remove the webhooks alone; Factory is not told'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -l keep-application -d 'Leave the OAuth application'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -l without-factory -d 'Remove the connection although Factory is not told'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -l dry-run -d 'Show the plan and change nothing'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -l exit-code -d 'With --dry-run: exit with 4 when changes are pending'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -l cloud -d 'The connection to GitLab.com, as the kit\'s cloud section has it'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -s y -l yes -d 'Apply the plan without asking'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -l no-input -d 'Never ask; implied without a terminal and where CI is set'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -s q -l quiet -d 'Show problems only'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -s v -l verbose -d 'Show what is done; twice for each request'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand disconnect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l since -d 'Read audit events of this time, and name tokens not used in it (90d, 4w)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l baseline -d 'Show only what an earlier report in JSON does not have' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l fail-on -d 'Exit with 1 from this level on' -r -f -a "warning\t''
error\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l webhooks -d 'Where webhooks are created; auto: on groups if licensed, or projects' -r -f -a "auto\t''
system\t''
group\t''
project\t''
none\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l group -d 'Only this group, with everything below it (may be repeated); \'*\': all' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l project -d 'Only this project (may be repeated)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l exclude -d 'Exclude groups and projects whose path matches (may be repeated)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l redirect-uri -d 'Redirect URI of the application, exactly as Factory gave it' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l scope -d 'Scope of the application (may be repeated)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l webhook-url -d 'Where the webhooks deliver to' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l webhook-secret-file -d 'File with the webhooks\' secret token; - reads standard input [env: FACTORY_WEBHOOK_SECRET]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l recipient -d 'age recipient that the bundle is sealed for (may be repeated)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l gitlab-url -d 'Base URL of GitLab, with its path if it has one (https://host/gitlab) [env: GITLAB_URL]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l token-file -d 'File with an admin\'s personal access token; - reads standard input [env: GITLAB_TOKEN]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l header-file -d 'File with headers for GitLab alone, Name: value a line' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l kit -d 'The kit from Factory: a path, - or an https URL [env: FACTORY_KIT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l kit-fingerprint -d 'Accept only the kit with this fingerprint, as kit show prints it [env: FACTORY_KIT_FINGERPRINT]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l kit-signer -d 'Accept only a kit that this minisign key has signed (KIT.minisig) [env: FACTORY_KIT_SIGNER]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l factory-key-file -d 'File with the key of Factory\'s API; - reads standard input [env: FACTORY_API_KEY]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l ca-cert -d 'CA certificates to trust for GitLab as well (PEM; may be repeated) [env: FACTORY_GITLAB_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l factory-ca-cert -d 'CA certificates to trust for Factory\'s hosts (PEM; may be repeated) [env: FACTORY_GITLAB_FACTORY_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l client-cert -d 'Certificate and key (PEM) for a GitLab behind mutual TLS' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l proxy -d 'Proxy to use, or none [default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY] [env: FACTORY_GITLAB_PROXY]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l timeout -d 'Time limit of one request, in seconds [default: 30; network check: 5]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l concurrency -d 'Limit of requests in flight [default: 8; network check: 64]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l keyring -d 'Keep the token in the system\'s keyring [default: ask]' -r -f -a "ask\t''
store\t''
off\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l log-file -d 'Write a log to this file, as JSON lines without secrets [env: FACTORY_LOG_FILE]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l config -d 'Answers file (TOML); every setting has a key in it [env: FACTORY_GITLAB_CONFIG]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -s o -l output-format -d 'Format of the report, and its file [default: text]; repeatable where all but one have a file' -r -f -a "text\t''
json\t''
html\t''
junit\t''
sarif\t''
annotations\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l output-file -d 'Write the report to this file; the terminal still shows the text' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l color -d 'When to use color [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l personal -d 'Include the projects of personal namespaces'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -s y -l yes -d 'Apply the plan without asking'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -l no-input -d 'Never ask; implied without a terminal and where CI is set'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -s q -l quiet -d 'Show problems only'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -s v -l verbose -d 'Show what is done; twice for each request'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand audit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and not __fish_seen_subcommand_from inspect upload open" -l gitlab-url -d 'Base URL of GitLab, with its path if it has one (https://host/gitlab) [env: GITLAB_URL]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and not __fish_seen_subcommand_from inspect upload open" -l token-file -d 'File with an admin\'s personal access token; - reads standard input [env: GITLAB_TOKEN]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and not __fish_seen_subcommand_from inspect upload open" -l header-file -d 'File with headers for GitLab alone, Name: value a line' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and not __fish_seen_subcommand_from inspect upload open" -l kit -d 'The kit from Factory: a path, - or an https URL [env: FACTORY_KIT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and not __fish_seen_subcommand_from inspect upload open" -l kit-fingerprint -d 'Accept only the kit with this fingerprint, as kit show prints it [env: FACTORY_KIT_FINGERPRINT]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and not __fish_seen_subcommand_from inspect upload open" -l kit-signer -d 'Accept only a kit that this minisign key has signed (KIT.minisig) [env: FACTORY_KIT_SIGNER]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and not __fish_seen_subcommand_from inspect upload open" -l factory-key-file -d 'File with the key of Factory\'s API; - reads standard input [env: FACTORY_API_KEY]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and not __fish_seen_subcommand_from inspect upload open" -l ca-cert -d 'CA certificates to trust for GitLab as well (PEM; may be repeated) [env: FACTORY_GITLAB_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and not __fish_seen_subcommand_from inspect upload open" -l factory-ca-cert -d 'CA certificates to trust for Factory\'s hosts (PEM; may be repeated) [env: FACTORY_GITLAB_FACTORY_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and not __fish_seen_subcommand_from inspect upload open" -l client-cert -d 'Certificate and key (PEM) for a GitLab behind mutual TLS' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and not __fish_seen_subcommand_from inspect upload open" -l proxy -d 'Proxy to use, or none [default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY] [env: FACTORY_GITLAB_PROXY]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and not __fish_seen_subcommand_from inspect upload open" -l timeout -d 'Time limit of one request, in seconds [default: 30; network check: 5]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and not __fish_seen_subcommand_from inspect upload open" -l concurrency -d 'Limit of requests in flight [default: 8; network check: 64]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and not __fish_seen_subcommand_from inspect upload open" -l keyring -d 'Keep the token in the system\'s keyring [default: ask]' -r -f -a "ask\t''
store\t''
off\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and not __fish_seen_subcommand_from inspect upload open" -l log-file -d 'Write a log to this file, as JSON lines without secrets [env: FACTORY_LOG_FILE]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and not __fish_seen_subcommand_from inspect upload open" -l config -d 'Answers file (TOML); every setting has a key in it [env: FACTORY_GITLAB_CONFIG]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and not __fish_seen_subcommand_from inspect upload open" -s o -l output-format -d 'Format of the report, and its file [default: text]; repeatable where all but one have a file' -r -f -a "text\t''
json\t''
html\t''
junit\t''
sarif\t''
annotations\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and not __fish_seen_subcommand_from inspect upload open" -l output-file -d 'Write the report to this file; the terminal still shows the text' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and not __fish_seen_subcommand_from inspect upload open" -l color -d 'When to use color [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and not __fish_seen_subcommand_from inspect upload open" -s y -l yes -d 'Apply the plan without asking'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and not __fish_seen_subcommand_from inspect upload open" -l no-input -d 'Never ask; implied without a terminal and where CI is set'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and not __fish_seen_subcommand_from inspect upload open" -s q -l quiet -d 'Show problems only'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and not __fish_seen_subcommand_from inspect upload open" -s v -l verbose -d 'Show what is done; twice for each request'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and not __fish_seen_subcommand_from inspect upload open" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and not __fish_seen_subcommand_from inspect upload open" -f -a "inspect" -d 'Show what a sealed bundle reveals without its key'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and not __fish_seen_subcommand_from inspect upload open" -f -a "upload" -d 'Upload a sealed bundle to Factory; uploading it again changes nothing'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and not __fish_seen_subcommand_from inspect upload open" -f -a "open" -d 'Open a sealed bundle with the receiver\'s key; the output holds secrets'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l gitlab-url -d 'Base URL of GitLab, with its path if it has one (https://host/gitlab) [env: GITLAB_URL]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l token-file -d 'File with an admin\'s personal access token; - reads standard input [env: GITLAB_TOKEN]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l header-file -d 'File with headers for GitLab alone, Name: value a line' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l kit -d 'The kit from Factory: a path, - or an https URL [env: FACTORY_KIT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l kit-fingerprint -d 'Accept only the kit with this fingerprint, as kit show prints it [env: FACTORY_KIT_FINGERPRINT]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l kit-signer -d 'Accept only a kit that this minisign key has signed (KIT.minisig) [env: FACTORY_KIT_SIGNER]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l factory-key-file -d 'File with the key of Factory\'s API; - reads standard input [env: FACTORY_API_KEY]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l ca-cert -d 'CA certificates to trust for GitLab as well (PEM; may be repeated) [env: FACTORY_GITLAB_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l factory-ca-cert -d 'CA certificates to trust for Factory\'s hosts (PEM; may be repeated) [env: FACTORY_GITLAB_FACTORY_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l client-cert -d 'Certificate and key (PEM) for a GitLab behind mutual TLS' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l proxy -d 'Proxy to use, or none [default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY] [env: FACTORY_GITLAB_PROXY]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l timeout -d 'Time limit of one request, in seconds [default: 30; network check: 5]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l concurrency -d 'Limit of requests in flight [default: 8; network check: 64]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l keyring -d 'Keep the token in the system\'s keyring [default: ask]' -r -f -a "ask\t''
store\t''
off\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l log-file -d 'Write a log to this file, as JSON lines without secrets [env: FACTORY_LOG_FILE]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l config -d 'Answers file (TOML); every setting has a key in it [env: FACTORY_GITLAB_CONFIG]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -s o -l output-format -d 'Format of the report, and its file [default: text]; repeatable where all but one have a file' -r -f -a "text\t''
json\t''
html\t''
junit\t''
sarif\t''
annotations\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l output-file -d 'Write the report to this file; the terminal still shows the text' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l color -d 'When to use color [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -s y -l yes -d 'Apply the plan without asking'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -l no-input -d 'Never ask; implied without a terminal and where CI is set'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -s q -l quiet -d 'Show problems only'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -s v -l verbose -d 'Show what is done; twice for each request'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from inspect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from upload" -l upload-url -d 'Where the sealed bundle is uploaded to' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from upload" -l gitlab-url -d 'Base URL of GitLab, with its path if it has one (https://host/gitlab) [env: GITLAB_URL]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from upload" -l token-file -d 'File with an admin\'s personal access token; - reads standard input [env: GITLAB_TOKEN]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from upload" -l header-file -d 'File with headers for GitLab alone, Name: value a line' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from upload" -l kit -d 'The kit from Factory: a path, - or an https URL [env: FACTORY_KIT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from upload" -l kit-fingerprint -d 'Accept only the kit with this fingerprint, as kit show prints it [env: FACTORY_KIT_FINGERPRINT]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from upload" -l kit-signer -d 'Accept only a kit that this minisign key has signed (KIT.minisig) [env: FACTORY_KIT_SIGNER]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from upload" -l factory-key-file -d 'File with the key of Factory\'s API; - reads standard input [env: FACTORY_API_KEY]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from upload" -l ca-cert -d 'CA certificates to trust for GitLab as well (PEM; may be repeated) [env: FACTORY_GITLAB_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from upload" -l factory-ca-cert -d 'CA certificates to trust for Factory\'s hosts (PEM; may be repeated) [env: FACTORY_GITLAB_FACTORY_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from upload" -l client-cert -d 'Certificate and key (PEM) for a GitLab behind mutual TLS' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from upload" -l proxy -d 'Proxy to use, or none [default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY] [env: FACTORY_GITLAB_PROXY]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from upload" -l timeout -d 'Time limit of one request, in seconds [default: 30; network check: 5]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from upload" -l concurrency -d 'Limit of requests in flight [default: 8; network check: 64]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from upload" -l keyring -d 'Keep the token in the system\'s keyring [default: ask]' -r -f -a "ask\t''
store\t''
off\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from upload" -l log-file -d 'Write a log to this file, as JSON lines without secrets [env: FACTORY_LOG_FILE]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from upload" -l config -d 'Answers file (TOML); every setting has a key in it [env: FACTORY_GITLAB_CONFIG]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from upload" -s o -l output-format -d 'Format of the report, and its file [default: text]; repeatable where all but one have a file' -r -f -a "text\t''
json\t''
html\t''
junit\t''
sarif\t''
annotations\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from upload" -l output-file -d 'Write the report to this file; the terminal still shows the text' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from upload" -l color -d 'When to use color [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from upload" -s y -l yes -d 'Apply the plan without asking'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from upload" -l no-input -d 'Never ask; implied without a terminal and where CI is set'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from upload" -s q -l quiet -d 'Show problems only'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from upload" -s v -l verbose -d 'Show what is done; twice for each request'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from upload" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from open" -s i -l identity-file -d 'File with the age identity (AGE-SECRET-KEY-1…); - reads standard input' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from open" -l gitlab-url -d 'Base URL of GitLab, with its path if it has one (https://host/gitlab) [env: GITLAB_URL]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from open" -l token-file -d 'File with an admin\'s personal access token; - reads standard input [env: GITLAB_TOKEN]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from open" -l header-file -d 'File with headers for GitLab alone, Name: value a line' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from open" -l kit -d 'The kit from Factory: a path, - or an https URL [env: FACTORY_KIT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from open" -l kit-fingerprint -d 'Accept only the kit with this fingerprint, as kit show prints it [env: FACTORY_KIT_FINGERPRINT]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from open" -l kit-signer -d 'Accept only a kit that this minisign key has signed (KIT.minisig) [env: FACTORY_KIT_SIGNER]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from open" -l factory-key-file -d 'File with the key of Factory\'s API; - reads standard input [env: FACTORY_API_KEY]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from open" -l ca-cert -d 'CA certificates to trust for GitLab as well (PEM; may be repeated) [env: FACTORY_GITLAB_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from open" -l factory-ca-cert -d 'CA certificates to trust for Factory\'s hosts (PEM; may be repeated) [env: FACTORY_GITLAB_FACTORY_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from open" -l client-cert -d 'Certificate and key (PEM) for a GitLab behind mutual TLS' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from open" -l proxy -d 'Proxy to use, or none [default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY] [env: FACTORY_GITLAB_PROXY]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from open" -l timeout -d 'Time limit of one request, in seconds [default: 30; network check: 5]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from open" -l concurrency -d 'Limit of requests in flight [default: 8; network check: 64]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from open" -l keyring -d 'Keep the token in the system\'s keyring [default: ask]' -r -f -a "ask\t''
store\t''
off\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from open" -l log-file -d 'Write a log to this file, as JSON lines without secrets [env: FACTORY_LOG_FILE]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from open" -l config -d 'Answers file (TOML); every setting has a key in it [env: FACTORY_GITLAB_CONFIG]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from open" -s o -l output-format -d 'Format of the report, and its file [default: text]; repeatable where all but one have a file' -r -f -a "text\t''
json\t''
html\t''
junit\t''
sarif\t''
annotations\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from open" -l output-file -d 'Write the report to this file; the terminal still shows the text' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from open" -l color -d 'When to use color [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from open" -s y -l yes -d 'Apply the plan without asking'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from open" -l no-input -d 'Never ask; implied without a terminal and where CI is set'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from open" -s q -l quiet -d 'Show problems only'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from open" -s v -l verbose -d 'Show what is done; twice for each request'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand bundle; and __fish_seen_subcommand_from open" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and not __fish_seen_subcommand_from show check template" -l gitlab-url -d 'Base URL of GitLab, with its path if it has one (https://host/gitlab) [env: GITLAB_URL]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and not __fish_seen_subcommand_from show check template" -l token-file -d 'File with an admin\'s personal access token; - reads standard input [env: GITLAB_TOKEN]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and not __fish_seen_subcommand_from show check template" -l header-file -d 'File with headers for GitLab alone, Name: value a line' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and not __fish_seen_subcommand_from show check template" -l kit -d 'The kit from Factory: a path, - or an https URL [env: FACTORY_KIT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and not __fish_seen_subcommand_from show check template" -l kit-fingerprint -d 'Accept only the kit with this fingerprint, as kit show prints it [env: FACTORY_KIT_FINGERPRINT]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and not __fish_seen_subcommand_from show check template" -l kit-signer -d 'Accept only a kit that this minisign key has signed (KIT.minisig) [env: FACTORY_KIT_SIGNER]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and not __fish_seen_subcommand_from show check template" -l factory-key-file -d 'File with the key of Factory\'s API; - reads standard input [env: FACTORY_API_KEY]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and not __fish_seen_subcommand_from show check template" -l ca-cert -d 'CA certificates to trust for GitLab as well (PEM; may be repeated) [env: FACTORY_GITLAB_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and not __fish_seen_subcommand_from show check template" -l factory-ca-cert -d 'CA certificates to trust for Factory\'s hosts (PEM; may be repeated) [env: FACTORY_GITLAB_FACTORY_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and not __fish_seen_subcommand_from show check template" -l client-cert -d 'Certificate and key (PEM) for a GitLab behind mutual TLS' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and not __fish_seen_subcommand_from show check template" -l proxy -d 'Proxy to use, or none [default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY] [env: FACTORY_GITLAB_PROXY]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and not __fish_seen_subcommand_from show check template" -l timeout -d 'Time limit of one request, in seconds [default: 30; network check: 5]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and not __fish_seen_subcommand_from show check template" -l concurrency -d 'Limit of requests in flight [default: 8; network check: 64]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and not __fish_seen_subcommand_from show check template" -l keyring -d 'Keep the token in the system\'s keyring [default: ask]' -r -f -a "ask\t''
store\t''
off\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and not __fish_seen_subcommand_from show check template" -l log-file -d 'Write a log to this file, as JSON lines without secrets [env: FACTORY_LOG_FILE]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and not __fish_seen_subcommand_from show check template" -l config -d 'Answers file (TOML); every setting has a key in it [env: FACTORY_GITLAB_CONFIG]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and not __fish_seen_subcommand_from show check template" -s o -l output-format -d 'Format of the report, and its file [default: text]; repeatable where all but one have a file' -r -f -a "text\t''
json\t''
html\t''
junit\t''
sarif\t''
annotations\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and not __fish_seen_subcommand_from show check template" -l output-file -d 'Write the report to this file; the terminal still shows the text' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and not __fish_seen_subcommand_from show check template" -l color -d 'When to use color [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and not __fish_seen_subcommand_from show check template" -s y -l yes -d 'Apply the plan without asking'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and not __fish_seen_subcommand_from show check template" -l no-input -d 'Never ask; implied without a terminal and where CI is set'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and not __fish_seen_subcommand_from show check template" -s q -l quiet -d 'Show problems only'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and not __fish_seen_subcommand_from show check template" -s v -l verbose -d 'Show what is done; twice for each request'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and not __fish_seen_subcommand_from show check template" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and not __fish_seen_subcommand_from show check template" -f -a "show" -d 'Show the kit, without its secrets'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and not __fish_seen_subcommand_from show check template" -f -a "check" -d 'Check the kit and name everything that is wrong with it'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and not __fish_seen_subcommand_from show check template" -f -a "template" -d 'Print a kit to fill in'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from show" -l redirect-uri -d 'Redirect URI of the application, exactly as Factory gave it' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from show" -l scope -d 'Scope of the application (may be repeated)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from show" -l webhook-url -d 'Where the webhooks deliver to' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from show" -l webhook-secret-file -d 'File with the webhooks\' secret token; - reads standard input [env: FACTORY_WEBHOOK_SECRET]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from show" -l recipient -d 'age recipient that the bundle is sealed for (may be repeated)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from show" -l upload-url -d 'Where the sealed bundle is uploaded to' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from show" -l gitlab-url -d 'Base URL of GitLab, with its path if it has one (https://host/gitlab) [env: GITLAB_URL]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from show" -l token-file -d 'File with an admin\'s personal access token; - reads standard input [env: GITLAB_TOKEN]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from show" -l header-file -d 'File with headers for GitLab alone, Name: value a line' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from show" -l kit -d 'The kit from Factory: a path, - or an https URL [env: FACTORY_KIT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from show" -l kit-fingerprint -d 'Accept only the kit with this fingerprint, as kit show prints it [env: FACTORY_KIT_FINGERPRINT]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from show" -l kit-signer -d 'Accept only a kit that this minisign key has signed (KIT.minisig) [env: FACTORY_KIT_SIGNER]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from show" -l factory-key-file -d 'File with the key of Factory\'s API; - reads standard input [env: FACTORY_API_KEY]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from show" -l ca-cert -d 'CA certificates to trust for GitLab as well (PEM; may be repeated) [env: FACTORY_GITLAB_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from show" -l factory-ca-cert -d 'CA certificates to trust for Factory\'s hosts (PEM; may be repeated) [env: FACTORY_GITLAB_FACTORY_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from show" -l client-cert -d 'Certificate and key (PEM) for a GitLab behind mutual TLS' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from show" -l proxy -d 'Proxy to use, or none [default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY] [env: FACTORY_GITLAB_PROXY]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from show" -l timeout -d 'Time limit of one request, in seconds [default: 30; network check: 5]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from show" -l concurrency -d 'Limit of requests in flight [default: 8; network check: 64]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from show" -l keyring -d 'Keep the token in the system\'s keyring [default: ask]' -r -f -a "ask\t''
store\t''
off\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from show" -l log-file -d 'Write a log to this file, as JSON lines without secrets [env: FACTORY_LOG_FILE]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from show" -l config -d 'Answers file (TOML); every setting has a key in it [env: FACTORY_GITLAB_CONFIG]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from show" -s o -l output-format -d 'Format of the report, and its file [default: text]; repeatable where all but one have a file' -r -f -a "text\t''
json\t''
html\t''
junit\t''
sarif\t''
annotations\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from show" -l output-file -d 'Write the report to this file; the terminal still shows the text' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from show" -l color -d 'When to use color [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from show" -s y -l yes -d 'Apply the plan without asking'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask; implied without a terminal and where CI is set'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Show problems only'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Show what is done; twice for each request'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from check" -l redirect-uri -d 'Redirect URI of the application, exactly as Factory gave it' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from check" -l scope -d 'Scope of the application (may be repeated)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from check" -l webhook-url -d 'Where the webhooks deliver to' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from check" -l webhook-secret-file -d 'File with the webhooks\' secret token; - reads standard input [env: FACTORY_WEBHOOK_SECRET]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from check" -l recipient -d 'age recipient that the bundle is sealed for (may be repeated)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from check" -l upload-url -d 'Where the sealed bundle is uploaded to' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from check" -l gitlab-url -d 'Base URL of GitLab, with its path if it has one (https://host/gitlab) [env: GITLAB_URL]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from check" -l token-file -d 'File with an admin\'s personal access token; - reads standard input [env: GITLAB_TOKEN]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from check" -l header-file -d 'File with headers for GitLab alone, Name: value a line' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from check" -l kit -d 'The kit from Factory: a path, - or an https URL [env: FACTORY_KIT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from check" -l kit-fingerprint -d 'Accept only the kit with this fingerprint, as kit show prints it [env: FACTORY_KIT_FINGERPRINT]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from check" -l kit-signer -d 'Accept only a kit that this minisign key has signed (KIT.minisig) [env: FACTORY_KIT_SIGNER]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from check" -l factory-key-file -d 'File with the key of Factory\'s API; - reads standard input [env: FACTORY_API_KEY]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from check" -l ca-cert -d 'CA certificates to trust for GitLab as well (PEM; may be repeated) [env: FACTORY_GITLAB_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from check" -l factory-ca-cert -d 'CA certificates to trust for Factory\'s hosts (PEM; may be repeated) [env: FACTORY_GITLAB_FACTORY_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from check" -l client-cert -d 'Certificate and key (PEM) for a GitLab behind mutual TLS' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from check" -l proxy -d 'Proxy to use, or none [default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY] [env: FACTORY_GITLAB_PROXY]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from check" -l timeout -d 'Time limit of one request, in seconds [default: 30; network check: 5]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from check" -l concurrency -d 'Limit of requests in flight [default: 8; network check: 64]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from check" -l keyring -d 'Keep the token in the system\'s keyring [default: ask]' -r -f -a "ask\t''
store\t''
off\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from check" -l log-file -d 'Write a log to this file, as JSON lines without secrets [env: FACTORY_LOG_FILE]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from check" -l config -d 'Answers file (TOML); every setting has a key in it [env: FACTORY_GITLAB_CONFIG]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from check" -s o -l output-format -d 'Format of the report, and its file [default: text]; repeatable where all but one have a file' -r -f -a "text\t''
json\t''
html\t''
junit\t''
sarif\t''
annotations\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from check" -l output-file -d 'Write the report to this file; the terminal still shows the text' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from check" -l color -d 'When to use color [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from check" -s y -l yes -d 'Apply the plan without asking'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from check" -l no-input -d 'Never ask; implied without a terminal and where CI is set'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Show problems only'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Show what is done; twice for each request'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from template" -l gitlab-url -d 'Base URL of GitLab, with its path if it has one (https://host/gitlab) [env: GITLAB_URL]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from template" -l token-file -d 'File with an admin\'s personal access token; - reads standard input [env: GITLAB_TOKEN]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from template" -l header-file -d 'File with headers for GitLab alone, Name: value a line' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from template" -l kit -d 'The kit from Factory: a path, - or an https URL [env: FACTORY_KIT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from template" -l kit-fingerprint -d 'Accept only the kit with this fingerprint, as kit show prints it [env: FACTORY_KIT_FINGERPRINT]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from template" -l kit-signer -d 'Accept only a kit that this minisign key has signed (KIT.minisig) [env: FACTORY_KIT_SIGNER]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from template" -l factory-key-file -d 'File with the key of Factory\'s API; - reads standard input [env: FACTORY_API_KEY]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from template" -l ca-cert -d 'CA certificates to trust for GitLab as well (PEM; may be repeated) [env: FACTORY_GITLAB_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from template" -l factory-ca-cert -d 'CA certificates to trust for Factory\'s hosts (PEM; may be repeated) [env: FACTORY_GITLAB_FACTORY_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from template" -l client-cert -d 'Certificate and key (PEM) for a GitLab behind mutual TLS' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from template" -l proxy -d 'Proxy to use, or none [default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY] [env: FACTORY_GITLAB_PROXY]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from template" -l timeout -d 'Time limit of one request, in seconds [default: 30; network check: 5]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from template" -l concurrency -d 'Limit of requests in flight [default: 8; network check: 64]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from template" -l keyring -d 'Keep the token in the system\'s keyring [default: ask]' -r -f -a "ask\t''
store\t''
off\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from template" -l log-file -d 'Write a log to this file, as JSON lines without secrets [env: FACTORY_LOG_FILE]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from template" -l config -d 'Answers file (TOML); every setting has a key in it [env: FACTORY_GITLAB_CONFIG]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from template" -s o -l output-format -d 'Format of the report, and its file [default: text]; repeatable where all but one have a file' -r -f -a "text\t''
json\t''
html\t''
junit\t''
sarif\t''
annotations\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from template" -l output-file -d 'Write the report to this file; the terminal still shows the text' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from template" -l color -d 'When to use color [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from template" -s y -l yes -d 'Apply the plan without asking'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from template" -l no-input -d 'Never ask; implied without a terminal and where CI is set'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from template" -s q -l quiet -d 'Show problems only'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from template" -s v -l verbose -d 'Show what is done; twice for each request'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand kit; and __fish_seen_subcommand_from template" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand status" -l gitlab-url -d 'Base URL of GitLab, with its path if it has one (https://host/gitlab) [env: GITLAB_URL]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand status" -l token-file -d 'File with an admin\'s personal access token; - reads standard input [env: GITLAB_TOKEN]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand status" -l header-file -d 'File with headers for GitLab alone, Name: value a line' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand status" -l kit -d 'The kit from Factory: a path, - or an https URL [env: FACTORY_KIT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand status" -l kit-fingerprint -d 'Accept only the kit with this fingerprint, as kit show prints it [env: FACTORY_KIT_FINGERPRINT]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand status" -l kit-signer -d 'Accept only a kit that this minisign key has signed (KIT.minisig) [env: FACTORY_KIT_SIGNER]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand status" -l factory-key-file -d 'File with the key of Factory\'s API; - reads standard input [env: FACTORY_API_KEY]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand status" -l ca-cert -d 'CA certificates to trust for GitLab as well (PEM; may be repeated) [env: FACTORY_GITLAB_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand status" -l factory-ca-cert -d 'CA certificates to trust for Factory\'s hosts (PEM; may be repeated) [env: FACTORY_GITLAB_FACTORY_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand status" -l client-cert -d 'Certificate and key (PEM) for a GitLab behind mutual TLS' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand status" -l proxy -d 'Proxy to use, or none [default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY] [env: FACTORY_GITLAB_PROXY]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand status" -l timeout -d 'Time limit of one request, in seconds [default: 30; network check: 5]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand status" -l concurrency -d 'Limit of requests in flight [default: 8; network check: 64]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand status" -l keyring -d 'Keep the token in the system\'s keyring [default: ask]' -r -f -a "ask\t''
store\t''
off\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand status" -l log-file -d 'Write a log to this file, as JSON lines without secrets [env: FACTORY_LOG_FILE]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand status" -l config -d 'Answers file (TOML); every setting has a key in it [env: FACTORY_GITLAB_CONFIG]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand status" -s o -l output-format -d 'Format of the report, and its file [default: text]; repeatable where all but one have a file' -r -f -a "text\t''
json\t''
html\t''
junit\t''
sarif\t''
annotations\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand status" -l output-file -d 'Write the report to this file; the terminal still shows the text' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand status" -l color -d 'When to use color [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand status" -s y -l yes -d 'Apply the plan without asking'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand status" -l no-input -d 'Never ask; implied without a terminal and where CI is set'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand status" -s q -l quiet -d 'Show problems only'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand status" -s v -l verbose -d 'Show what is done; twice for each request'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l listen -d 'Address on which the embedded GitLab listens; port 0 takes a free one' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l projects -d 'Projects that exist at the start' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l groups -d 'Top-level groups that exist at the start' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l gitlab-version -d 'Version of the embedded GitLab' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l edition -d 'Edition of the embedded GitLab' -r -f -a "ce\t''
ee\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l plan -d 'License of the embedded GitLab' -r -f -a "none\t''
premium\t''
ultimate\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l latency -d 'Wait this long before every answer, in milliseconds' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l rate-limit -d 'Allow N requests a minute to each token' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l relative-root -d 'Install GitLab under a path, as /gitlab' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l cloud-kit -d 'What the kit for GitLab.com offers: session, client, device' -r -f -a "session\t''
client\t''
device\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l fault -d 'Inject a fault (may be repeated)' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l gitlab-url -d 'Base URL of GitLab, with its path if it has one (https://host/gitlab) [env: GITLAB_URL]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l token-file -d 'File with an admin\'s personal access token; - reads standard input [env: GITLAB_TOKEN]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l header-file -d 'File with headers for GitLab alone, Name: value a line' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l kit -d 'The kit from Factory: a path, - or an https URL [env: FACTORY_KIT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l kit-fingerprint -d 'Accept only the kit with this fingerprint, as kit show prints it [env: FACTORY_KIT_FINGERPRINT]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l kit-signer -d 'Accept only a kit that this minisign key has signed (KIT.minisig) [env: FACTORY_KIT_SIGNER]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l factory-key-file -d 'File with the key of Factory\'s API; - reads standard input [env: FACTORY_API_KEY]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l ca-cert -d 'CA certificates to trust for GitLab as well (PEM; may be repeated) [env: FACTORY_GITLAB_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l factory-ca-cert -d 'CA certificates to trust for Factory\'s hosts (PEM; may be repeated) [env: FACTORY_GITLAB_FACTORY_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l client-cert -d 'Certificate and key (PEM) for a GitLab behind mutual TLS' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l proxy -d 'Proxy to use, or none [default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY] [env: FACTORY_GITLAB_PROXY]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l timeout -d 'Time limit of one request, in seconds [default: 30; network check: 5]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l concurrency -d 'Limit of requests in flight [default: 8; network check: 64]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l keyring -d 'Keep the token in the system\'s keyring [default: ask]' -r -f -a "ask\t''
store\t''
off\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l log-file -d 'Write a log to this file, as JSON lines without secrets [env: FACTORY_LOG_FILE]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l config -d 'Answers file (TOML); every setting has a key in it [env: FACTORY_GITLAB_CONFIG]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -s o -l output-format -d 'Format of the report, and its file [default: text]; repeatable where all but one have a file' -r -f -a "text\t''
json\t''
html\t''
junit\t''
sarif\t''
annotations\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l output-file -d 'Write the report to this file; the terminal still shows the text' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l color -d 'When to use color [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l admin-mode -d 'Turn Admin Mode on'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l tls -d 'Serve over TLS with a private CA'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l cloud -d 'Behave as GitLab.com'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -s y -l yes -d 'Apply the plan without asking'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -l no-input -d 'Never ask; implied without a terminal and where CI is set'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -s q -l quiet -d 'Show problems only'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -s v -l verbose -d 'Show what is done; twice for each request'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand sandbox" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand explain" -l gitlab-url -d 'Base URL of GitLab, with its path if it has one (https://host/gitlab) [env: GITLAB_URL]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand explain" -l token-file -d 'File with an admin\'s personal access token; - reads standard input [env: GITLAB_TOKEN]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand explain" -l header-file -d 'File with headers for GitLab alone, Name: value a line' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand explain" -l kit -d 'The kit from Factory: a path, - or an https URL [env: FACTORY_KIT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand explain" -l kit-fingerprint -d 'Accept only the kit with this fingerprint, as kit show prints it [env: FACTORY_KIT_FINGERPRINT]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand explain" -l kit-signer -d 'Accept only a kit that this minisign key has signed (KIT.minisig) [env: FACTORY_KIT_SIGNER]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand explain" -l factory-key-file -d 'File with the key of Factory\'s API; - reads standard input [env: FACTORY_API_KEY]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand explain" -l ca-cert -d 'CA certificates to trust for GitLab as well (PEM; may be repeated) [env: FACTORY_GITLAB_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand explain" -l factory-ca-cert -d 'CA certificates to trust for Factory\'s hosts (PEM; may be repeated) [env: FACTORY_GITLAB_FACTORY_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand explain" -l client-cert -d 'Certificate and key (PEM) for a GitLab behind mutual TLS' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand explain" -l proxy -d 'Proxy to use, or none [default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY] [env: FACTORY_GITLAB_PROXY]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand explain" -l timeout -d 'Time limit of one request, in seconds [default: 30; network check: 5]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand explain" -l concurrency -d 'Limit of requests in flight [default: 8; network check: 64]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand explain" -l keyring -d 'Keep the token in the system\'s keyring [default: ask]' -r -f -a "ask\t''
store\t''
off\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand explain" -l log-file -d 'Write a log to this file, as JSON lines without secrets [env: FACTORY_LOG_FILE]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand explain" -l config -d 'Answers file (TOML); every setting has a key in it [env: FACTORY_GITLAB_CONFIG]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand explain" -s o -l output-format -d 'Format of the report, and its file [default: text]; repeatable where all but one have a file' -r -f -a "text\t''
json\t''
html\t''
junit\t''
sarif\t''
annotations\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand explain" -l output-file -d 'Write the report to this file; the terminal still shows the text' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand explain" -l color -d 'When to use color [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand explain" -s y -l yes -d 'Apply the plan without asking'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand explain" -l no-input -d 'Never ask; implied without a terminal and where CI is set'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand explain" -s q -l quiet -d 'Show problems only'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand explain" -s v -l verbose -d 'Show what is done; twice for each request'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand schema" -l gitlab-url -d 'Base URL of GitLab, with its path if it has one (https://host/gitlab) [env: GITLAB_URL]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand schema" -l token-file -d 'File with an admin\'s personal access token; - reads standard input [env: GITLAB_TOKEN]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand schema" -l header-file -d 'File with headers for GitLab alone, Name: value a line' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand schema" -l kit -d 'The kit from Factory: a path, - or an https URL [env: FACTORY_KIT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand schema" -l kit-fingerprint -d 'Accept only the kit with this fingerprint, as kit show prints it [env: FACTORY_KIT_FINGERPRINT]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand schema" -l kit-signer -d 'Accept only a kit that this minisign key has signed (KIT.minisig) [env: FACTORY_KIT_SIGNER]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand schema" -l factory-key-file -d 'File with the key of Factory\'s API; - reads standard input [env: FACTORY_API_KEY]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand schema" -l ca-cert -d 'CA certificates to trust for GitLab as well (PEM; may be repeated) [env: FACTORY_GITLAB_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand schema" -l factory-ca-cert -d 'CA certificates to trust for Factory\'s hosts (PEM; may be repeated) [env: FACTORY_GITLAB_FACTORY_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand schema" -l client-cert -d 'Certificate and key (PEM) for a GitLab behind mutual TLS' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand schema" -l proxy -d 'Proxy to use, or none [default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY] [env: FACTORY_GITLAB_PROXY]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand schema" -l timeout -d 'Time limit of one request, in seconds [default: 30; network check: 5]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand schema" -l concurrency -d 'Limit of requests in flight [default: 8; network check: 64]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand schema" -l keyring -d 'Keep the token in the system\'s keyring [default: ask]' -r -f -a "ask\t''
store\t''
off\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand schema" -l log-file -d 'Write a log to this file, as JSON lines without secrets [env: FACTORY_LOG_FILE]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand schema" -l config -d 'Answers file (TOML); every setting has a key in it [env: FACTORY_GITLAB_CONFIG]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand schema" -s o -l output-format -d 'Format of the report, and its file [default: text]; repeatable where all but one have a file' -r -f -a "text\t''
json\t''
html\t''
junit\t''
sarif\t''
annotations\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand schema" -l output-file -d 'Write the report to this file; the terminal still shows the text' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand schema" -l color -d 'When to use color [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand schema" -s y -l yes -d 'Apply the plan without asking'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand schema" -l no-input -d 'Never ask; implied without a terminal and where CI is set'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand schema" -s q -l quiet -d 'Show problems only'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand schema" -s v -l verbose -d 'Show what is done; twice for each request'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand recipe" -l dir -d 'Write the files to this directory, which is created' -r -f -a "(__fish_complete_directories)"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand recipe" -l gitlab-url -d 'Base URL of GitLab, with its path if it has one (https://host/gitlab) [env: GITLAB_URL]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand recipe" -l token-file -d 'File with an admin\'s personal access token; - reads standard input [env: GITLAB_TOKEN]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand recipe" -l header-file -d 'File with headers for GitLab alone, Name: value a line' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand recipe" -l kit -d 'The kit from Factory: a path, - or an https URL [env: FACTORY_KIT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand recipe" -l kit-fingerprint -d 'Accept only the kit with this fingerprint, as kit show prints it [env: FACTORY_KIT_FINGERPRINT]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand recipe" -l kit-signer -d 'Accept only a kit that this minisign key has signed (KIT.minisig) [env: FACTORY_KIT_SIGNER]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand recipe" -l factory-key-file -d 'File with the key of Factory\'s API; - reads standard input [env: FACTORY_API_KEY]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand recipe" -l ca-cert -d 'CA certificates to trust for GitLab as well (PEM; may be repeated) [env: FACTORY_GITLAB_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand recipe" -l factory-ca-cert -d 'CA certificates to trust for Factory\'s hosts (PEM; may be repeated) [env: FACTORY_GITLAB_FACTORY_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand recipe" -l client-cert -d 'Certificate and key (PEM) for a GitLab behind mutual TLS' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand recipe" -l proxy -d 'Proxy to use, or none [default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY] [env: FACTORY_GITLAB_PROXY]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand recipe" -l timeout -d 'Time limit of one request, in seconds [default: 30; network check: 5]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand recipe" -l concurrency -d 'Limit of requests in flight [default: 8; network check: 64]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand recipe" -l keyring -d 'Keep the token in the system\'s keyring [default: ask]' -r -f -a "ask\t''
store\t''
off\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand recipe" -l log-file -d 'Write a log to this file, as JSON lines without secrets [env: FACTORY_LOG_FILE]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand recipe" -l config -d 'Answers file (TOML); every setting has a key in it [env: FACTORY_GITLAB_CONFIG]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand recipe" -s o -l output-format -d 'Format of the report, and its file [default: text]; repeatable where all but one have a file' -r -f -a "text\t''
json\t''
html\t''
junit\t''
sarif\t''
annotations\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand recipe" -l output-file -d 'Write the report to this file; the terminal still shows the text' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand recipe" -l color -d 'When to use color [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand recipe" -s y -l yes -d 'Apply the plan without asking'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand recipe" -l no-input -d 'Never ask; implied without a terminal and where CI is set'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand recipe" -s q -l quiet -d 'Show problems only'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand recipe" -s v -l verbose -d 'Show what is done; twice for each request'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand recipe" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand completions" -l gitlab-url -d 'Base URL of GitLab, with its path if it has one (https://host/gitlab) [env: GITLAB_URL]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand completions" -l token-file -d 'File with an admin\'s personal access token; - reads standard input [env: GITLAB_TOKEN]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand completions" -l header-file -d 'File with headers for GitLab alone, Name: value a line' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand completions" -l kit -d 'The kit from Factory: a path, - or an https URL [env: FACTORY_KIT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand completions" -l kit-fingerprint -d 'Accept only the kit with this fingerprint, as kit show prints it [env: FACTORY_KIT_FINGERPRINT]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand completions" -l kit-signer -d 'Accept only a kit that this minisign key has signed (KIT.minisig) [env: FACTORY_KIT_SIGNER]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand completions" -l factory-key-file -d 'File with the key of Factory\'s API; - reads standard input [env: FACTORY_API_KEY]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand completions" -l ca-cert -d 'CA certificates to trust for GitLab as well (PEM; may be repeated) [env: FACTORY_GITLAB_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand completions" -l factory-ca-cert -d 'CA certificates to trust for Factory\'s hosts (PEM; may be repeated) [env: FACTORY_GITLAB_FACTORY_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand completions" -l client-cert -d 'Certificate and key (PEM) for a GitLab behind mutual TLS' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand completions" -l proxy -d 'Proxy to use, or none [default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY] [env: FACTORY_GITLAB_PROXY]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand completions" -l timeout -d 'Time limit of one request, in seconds [default: 30; network check: 5]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand completions" -l concurrency -d 'Limit of requests in flight [default: 8; network check: 64]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand completions" -l keyring -d 'Keep the token in the system\'s keyring [default: ask]' -r -f -a "ask\t''
store\t''
off\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand completions" -l log-file -d 'Write a log to this file, as JSON lines without secrets [env: FACTORY_LOG_FILE]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand completions" -l config -d 'Answers file (TOML); every setting has a key in it [env: FACTORY_GITLAB_CONFIG]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand completions" -s o -l output-format -d 'Format of the report, and its file [default: text]; repeatable where all but one have a file' -r -f -a "text\t''
json\t''
html\t''
junit\t''
sarif\t''
annotations\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand completions" -l output-file -d 'Write the report to this file; the terminal still shows the text' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand completions" -l color -d 'When to use color [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand completions" -s y -l yes -d 'Apply the plan without asking'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand completions" -l no-input -d 'Never ask; implied without a terminal and where CI is set'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand completions" -s q -l quiet -d 'Show problems only'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand completions" -s v -l verbose -d 'Show what is done; twice for each request'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand man" -l dir -d 'Write one page for each command to this directory' -r -f -a "(__fish_complete_directories)"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand man" -l gitlab-url -d 'Base URL of GitLab, with its path if it has one (https://host/gitlab) [env: GITLAB_URL]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand man" -l token-file -d 'File with an admin\'s personal access token; - reads standard input [env: GITLAB_TOKEN]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand man" -l header-file -d 'File with headers for GitLab alone, Name: value a line' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand man" -l kit -d 'The kit from Factory: a path, - or an https URL [env: FACTORY_KIT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand man" -l kit-fingerprint -d 'Accept only the kit with this fingerprint, as kit show prints it [env: FACTORY_KIT_FINGERPRINT]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand man" -l kit-signer -d 'Accept only a kit that this minisign key has signed (KIT.minisig) [env: FACTORY_KIT_SIGNER]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand man" -l factory-key-file -d 'File with the key of Factory\'s API; - reads standard input [env: FACTORY_API_KEY]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand man" -l ca-cert -d 'CA certificates to trust for GitLab as well (PEM; may be repeated) [env: FACTORY_GITLAB_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand man" -l factory-ca-cert -d 'CA certificates to trust for Factory\'s hosts (PEM; may be repeated) [env: FACTORY_GITLAB_FACTORY_CA_CERT]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand man" -l client-cert -d 'Certificate and key (PEM) for a GitLab behind mutual TLS' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand man" -l proxy -d 'Proxy to use, or none [default: HTTPS_PROXY, HTTP_PROXY and NO_PROXY] [env: FACTORY_GITLAB_PROXY]' -r -f
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand man" -l timeout -d 'Time limit of one request, in seconds [default: 30; network check: 5]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand man" -l concurrency -d 'Limit of requests in flight [default: 8; network check: 64]' -r
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand man" -l keyring -d 'Keep the token in the system\'s keyring [default: ask]' -r -f -a "ask\t''
store\t''
off\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand man" -l log-file -d 'Write a log to this file, as JSON lines without secrets [env: FACTORY_LOG_FILE]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand man" -l config -d 'Answers file (TOML); every setting has a key in it [env: FACTORY_GITLAB_CONFIG]' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand man" -s o -l output-format -d 'Format of the report, and its file [default: text]; repeatable where all but one have a file' -r -f -a "text\t''
json\t''
html\t''
junit\t''
sarif\t''
annotations\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand man" -l output-file -d 'Write the report to this file; the terminal still shows the text' -r -F
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand man" -l color -d 'When to use color [env: NO_COLOR, CLICOLOR_FORCE]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand man" -s y -l yes -d 'Apply the plan without asking'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand man" -l no-input -d 'Never ask; implied without a terminal and where CI is set'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand man" -s q -l quiet -d 'Show problems only'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand man" -s v -l verbose -d 'Show what is done; twice for each request'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand help; and not __fish_seen_subcommand_from connect verify network exercise monitor rotate disconnect audit bundle kit status sandbox explain schema recipe completions man help" -f -a "connect" -d 'Bring an instance to the connected state'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand help; and not __fish_seen_subcommand_from connect verify network exercise monitor rotate disconnect audit bundle kit status sandbox explain schema recipe completions man help" -f -a "verify" -d 'Prove the connection, check by check'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand help; and not __fish_seen_subcommand_from connect verify network exercise monitor rotate disconnect audit bundle kit status sandbox explain schema recipe completions man help" -f -a "network" -d 'Check the network between GitLab and Factory, or plan it'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand help; and not __fish_seen_subcommand_from connect verify network exercise monitor rotate disconnect audit bundle kit status sandbox explain schema recipe completions man help" -f -a "exercise" -d 'Test the connection with real events in a project of its own'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand help; and not __fish_seen_subcommand_from connect verify network exercise monitor rotate disconnect audit bundle kit status sandbox explain schema recipe completions man help" -f -a "monitor" -d 'Watch the connection, and tell what changes'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand help; and not __fish_seen_subcommand_from connect verify network exercise monitor rotate disconnect audit bundle kit status sandbox explain schema recipe completions man help" -f -a "rotate" -d 'Renew a secret of the connection, and prove the new one'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand help; and not __fish_seen_subcommand_from connect verify network exercise monitor rotate disconnect audit bundle kit status sandbox explain schema recipe completions man help" -f -a "disconnect" -d 'Remove what connect made, and prove that it is gone'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand help; and not __fish_seen_subcommand_from connect verify network exercise monitor rotate disconnect audit bundle kit status sandbox explain schema recipe completions man help" -f -a "audit" -d 'Review who can do what through the connection'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand help; and not __fish_seen_subcommand_from connect verify network exercise monitor rotate disconnect audit bundle kit status sandbox explain schema recipe completions man help" -f -a "bundle" -d 'Inspect, upload or open a sealed bundle'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand help; and not __fish_seen_subcommand_from connect verify network exercise monitor rotate disconnect audit bundle kit status sandbox explain schema recipe completions man help" -f -a "kit" -d 'Show or check the kit from Factory, or print a template'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand help; and not __fish_seen_subcommand_from connect verify network exercise monitor rotate disconnect audit bundle kit status sandbox explain schema recipe completions man help" -f -a "status" -d 'Show what is recorded here about connections; contact no server'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand help; and not __fish_seen_subcommand_from connect verify network exercise monitor rotate disconnect audit bundle kit status sandbox explain schema recipe completions man help" -f -a "sandbox" -d 'Rehearse any command against an embedded GitLab and Factory'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand help; and not __fish_seen_subcommand_from connect verify network exercise monitor rotate disconnect audit bundle kit status sandbox explain schema recipe completions man help" -f -a "explain" -d 'Print what a check or a finding means and how to repair it'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand help; and not __fish_seen_subcommand_from connect verify network exercise monitor rotate disconnect audit bundle kit status sandbox explain schema recipe completions man help" -f -a "schema" -d 'Print the JSON Schema of a document, or list the documents'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand help; and not __fish_seen_subcommand_from connect verify network exercise monitor rotate disconnect audit bundle kit status sandbox explain schema recipe completions man help" -f -a "recipe" -d 'Print ready files for CI, Ansible, Kubernetes, systemd and Prometheus'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand help; and not __fish_seen_subcommand_from connect verify network exercise monitor rotate disconnect audit bundle kit status sandbox explain schema recipe completions man help" -f -a "completions" -d 'Print a shell\'s completions'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand help; and not __fish_seen_subcommand_from connect verify network exercise monitor rotate disconnect audit bundle kit status sandbox explain schema recipe completions man help" -f -a "man" -d 'Print the manual page, or write one for each command'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand help; and not __fish_seen_subcommand_from connect verify network exercise monitor rotate disconnect audit bundle kit status sandbox explain schema recipe completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand help; and __fish_seen_subcommand_from network" -f -a "check" -d 'Look at the way between GitLab, Factory and here, layer by layer'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand help; and __fish_seen_subcommand_from network" -f -a "plan" -d 'Write what both sides need for a private way: worksheet, Terraform, VPN, firewall'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand help; and __fish_seen_subcommand_from rotate" -f -a "application-secret" -d 'Renew the secret of the OAuth application'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand help; and __fish_seen_subcommand_from rotate" -f -a "token" -d 'Renew the token that was created for Factory'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand help; and __fish_seen_subcommand_from rotate" -f -a "webhook-secret" -d 'Set the new secret token of Factory\'s kit on the webhooks, one by one'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand help; and __fish_seen_subcommand_from bundle" -f -a "inspect" -d 'Show what a sealed bundle reveals without its key'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand help; and __fish_seen_subcommand_from bundle" -f -a "upload" -d 'Upload a sealed bundle to Factory; uploading it again changes nothing'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand help; and __fish_seen_subcommand_from bundle" -f -a "open" -d 'Open a sealed bundle with the receiver\'s key; the output holds secrets'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand help; and __fish_seen_subcommand_from kit" -f -a "show" -d 'Show the kit, without its secrets'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand help; and __fish_seen_subcommand_from kit" -f -a "check" -d 'Check the kit and name everything that is wrong with it'
complete -c factory-gitlab -n "__fish_factory_gitlab_using_subcommand help; and __fish_seen_subcommand_from kit" -f -a "template" -d 'Print a kit to fill in'
