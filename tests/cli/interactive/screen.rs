//! What a terminal of a certain width and kind shows of the wizard.

use std::num::NonZero;
use std::process::Command;

use rexpect::session::{PtySession, spawn_command};

use super::{ends_with, unanswered};
use crate::test_env::TestEnv;

/// A terminal, and what was written to it.
struct Screen {
    session: PtySession,
    written: String,
    columns: u16,
}

impl Screen {
    /// Starts the program in a terminal of this width.
    fn start(env: &TestEnv, columns: u16, args: &str) -> Self {
        let mut command = Command::new("sh");
        let program = TestEnv::program().display();
        command.args(["-c", &format!("stty echo cols {columns} rows 200; exec '{program}' {args}")]);
        command.env_clear().envs(env.variables()).env("PATH", "/usr/bin:/bin").current_dir(env.path(""));
        let session = spawn_command(command, Some(120_000)).expect("a terminal");
        Self { session, written: String::new(), columns }
    }

    fn shows(&mut self, words: &str) {
        let before = self.session.exp_string(words);
        assert!(before.is_ok(), "{words}: {before:?}\n{}", self.contents());
        let before = before.unwrap_or_default();
        self.written.push_str(&before);
        self.written.push_str(words);
    }

    fn types(&mut self, keys: &str) {
        self.session.send(keys).expect("typed");
        self.session.flush().expect("typed");
    }

    /// Waits for a question and answers with keys and Enter.
    fn answer(&mut self, words: &str, keys: &str) {
        self.shows(words);
        self.types(&format!("{keys}\r"));
    }

    fn ends_with(&mut self, code: i32) {
        self.written.push_str(&self.session.exp_eof().expect("the end"));
        ends_with(&mut self.session, code);
    }

    /// What the terminal shows, line by line.
    fn contents(&self) -> String {
        let mut parser = vt100::Parser::new(size(200), size(self.columns), 0);
        // The test's terminal gives each byte as a character.
        let bytes: Vec<u8> = self.written.chars().map(|letter| u8::try_from(letter).unwrap_or(b'?')).collect();
        parser.process(&bytes);
        parser.screen().contents()
    }

    /// The same, with lines joined that the width has broken.
    fn joined(&self) -> String {
        self.contents().split_whitespace().collect()
    }
}

fn size(count: u16) -> NonZero<u16> {
    NonZero::new(count).expect("more than none")
}

const LONG: &str = "http://127.0.0.1:1/a-path-that-is-longer-than-any-of-the-terminals-of-this-test/so-that-it-is-broken-once-\
                    or-twice-before-its-end";

/// Connects, with one answer that is longer than a line and refused, and one that is corrected with the keys of a line editor.
fn connect(kind: &[(&str, &str)], columns: u16, is_edited: bool) -> Screen {
    let (mut env, url, token) = unanswered();
    for (name, value) in kind {
        env.set(name, value);
    }
    let mut screen = Screen::start(&env, columns, "connect");
    screen.answer("Enter for none): ", "kit.json");
    screen.answer("GitLab URL: ", LONG);
    // The editor draws a line again as it grows: the next question is the one behind the error.
    screen.shows("could not be reached");
    if is_edited {
        // The refused answer comes back; all of it is deleted, and the beginning typed last.
        let rest = url.strip_prefix("http").expect("an address");
        screen.answer("GitLab URL: ", &format!("\u{1b}[A\u{15}x{rest}\u{1}http\u{1b}[3~\u{5}"));
    } else {
        screen.answer("GitLab URL: ", &url);
    }
    screen.answer("an admin (hidden): ", &token);
    screen.answer("the number of a choice to change: ", "9999");
    screen.shows("answer with a number");
    screen.answer("the number of a choice to change: ", "");
    screen.answer("[y/N, c to change a choice] ", "yes");
    screen.ends_with(0);
    let joined = screen.joined();
    for (words, times) in
        [("GitLabURL:", 2), ("anadmin(hidden):", 1), ("tochange:", 2), ("Yourchoices", 1), ("Applythisplan?", 1)]
    {
        assert_eq!(joined.matches(words).count(), times, "{words} at {columns}:\n{}", screen.contents());
    }
    assert!(joined.contains(&format!("GitLabURL:{LONG}error:")), "{}", screen.contents());
    assert!(joined.contains(&format!("GitLabURL:{url}")), "{}", screen.contents());
    assert!(joined.contains("answerwithanumberfrom1to9"), "{}", screen.contents());
    assert!(!joined.contains(&token), "{}", screen.contents());
    for mark in ["\u{2714}", "\u{203a}", "^["] {
        assert!(!joined.contains(mark), "{mark}:\n{}", screen.contents());
    }
    screen
}

#[test]
fn questions_and_long_answers_leave_nothing_behind_at_any_width() {
    for columns in [60, 80, 120] {
        connect(&[("TERM", "xterm")], columns, true);
    }
}

#[test]
fn with_no_color_there_is_none_and_lines_can_be_edited() {
    let screen = connect(&[("TERM", "xterm"), ("NO_COLOR", "1")], 80, true);
    for code in screen.written.split("\u{1b}[").skip(1) {
        let end = code.find(|letter: char| letter.is_ascii_alphabetic());
        assert!(end.is_none_or(|end| !code[end..].starts_with('m')), "{:?}", code.get(..8));
    }
}

#[test]
fn a_dumb_terminal_gets_plain_lines() {
    let screen = connect(&[("TERM", "dumb")], 80, false);
    assert!(!screen.written.contains('\u{1b}'), "{:?}", screen.written);
}

#[test]
fn ctrl_c_at_a_question_of_a_dumb_terminal_ends_with_130() {
    let (mut env, _, _) = unanswered();
    env.set("TERM", "dumb");
    let mut screen = Screen::start(&env, 80, "connect");
    screen.shows("Enter for none): ");
    screen.types("kit\u{3}");
    screen.shows("interrupted");
    screen.ends_with(130);
    assert!(!screen.written.contains('\u{1b}'), "{:?}", screen.written);
}

#[test]
fn a_report_on_a_dumb_terminal_has_no_escape_sequence() {
    let mut env = TestEnv::with(crate::test_env::small());
    env.set("TERM", "dumb");
    // Not that of a job's log, either, which is never a terminal.
    env.set("GITLAB_CI", "true");
    let mut screen = Screen::start(&env, 80, "verify -v");
    screen.ends_with(1);
    assert!(screen.written.contains("verdict: fail"), "{:?}", screen.written);
    assert!(!screen.written.contains('\u{1b}'), "{:?}", screen.written);
}

#[test]
fn the_report_on_the_network_breaks_no_word_on_sixty_columns() {
    let env = TestEnv::with(crate::test_env::small());
    env.sandbox().gitlab().lock().settings.outbound_local_requests_allowlist_raw.clear();
    let mut screen = Screen::start(&env, 60, "network check --only network.outbound");
    screen.ends_with(1);
    let contents = screen.contents();
    // An address stays whole, so that it can be copied.
    for line in contents.lines().filter(|line| !line.contains("://")) {
        assert!(line.chars().count() <= 60, "{line:?}\n{contents}");
    }
    for words in ["localhost are not allowed", "allowlist", "js-outbound-settings", "verdict: fail"] {
        assert!(contents.contains(words), "{words}:\n{contents}");
    }
}
