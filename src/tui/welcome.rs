//! What to do before the first delivery has come: the first screen, and later the `i` overlay.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::text;

use super::app::App;
use super::copy::{first_job_lines, webhook_url};
use super::frame::{clear, dialog, pane};
use super::plan::{Layout, Plan};
use super::theme::Role;
use super::words::{Words, put, wrap};
use super::world::Tunnel;

/// Where a sample goes unless somebody says otherwise.
const USUAL_PORT: u16 = 6464;

/// Draws the first screen in place of the panes.
pub(super) fn draw(app: &App, plan: &Plan, buffer: &mut Buffer) {
    let area = Rect {
        y: plan.screen.y + 1,
        height: plan
            .screen
            .height
            .saturating_sub(if plan.layout == Layout::Bare { 2 } else { 3 }),
        ..plan.screen
    };
    let inside = if plan.layout == Layout::Bare {
        area
    } else {
        let focused = app.layers.is_empty();
        pane(app.theme, buffer, area, "Events 0", "FOLLOW", focused);
        Rect {
            x: area.x + 1,
            y: area.y + 1,
            width: area.width.saturating_sub(2),
            height: area.height.saturating_sub(2),
        }
    };
    let lines = lines(app, usize::from(inside.width), true);
    let above = usize::from(inside.height > u16::try_from(lines.len()).unwrap_or(u16::MAX));
    let place = Rect {
        y: inside.y + u16::try_from(above).unwrap_or(0),
        height: inside
            .height
            .saturating_sub(u16::try_from(above).unwrap_or(0)),
        ..inside
    };
    put(buffer, place, &lines);
}

/// Draws the same as an overlay.
pub(super) fn overlay(app: &App, top: usize, screen: Rect, buffer: &mut Buffer) {
    clear(buffer, screen);
    let lines = lines(app, usize::from(screen.width).saturating_sub(2), false);
    let foot = if lines.len() + 2 > usize::from(screen.height) {
        "j k scroll  Esc close"
    } else {
        "Esc close"
    };
    let inside = dialog(app.theme, buffer, screen, "Connection", foot);
    let last = lines.len().saturating_sub(usize::from(inside.height));
    put(buffer, inside, &lines[top.min(last)..]);
}

/// The furthest that the overlay can be scrolled.
pub(super) fn furthest(app: &App) -> usize {
    let (width, height) = app.size;
    let edges = if app.plan().layout == Layout::Bare {
        2
    } else {
        3
    };
    let lines = lines(app, usize::from(width).saturating_sub(2), false);
    lines
        .len()
        .saturating_sub(usize::from(height).saturating_sub(edges + 2))
}

fn lines(app: &App, width: usize, first: bool) -> Vec<Line<'static>> {
    let mut page = Page {
        app,
        width,
        margin: if width >= 90 { 3 } else { 1 },
        lines: Vec::new(),
        step: 0,
    };
    if first {
        page.say(Role::Strong, "Waiting for the first delivery.");
        page.blank();
    }
    page.url();
    page.blank();
    if let Some(url) = webhook_url(app) {
        page.job(&url);
        page.blank();
    }
    page.sample();
    page.blank();
    page.checks();
    if first {
        page.blank();
        let key = app.keys.label(super::action::Action::Arm);
        page.say(
            Role::Plain,
            &format!("You can arm failures before anything arrives: press {key}"),
        );
    }
    page.lines
}

struct Page<'a> {
    app: &'a App,
    width: usize,
    margin: usize,
    lines: Vec<Line<'static>>,
    step: usize,
}

impl Page<'_> {
    fn words(&self) -> Words {
        Words::new(self.app.theme).plain(" ".repeat(self.margin))
    }

    fn push(&mut self, words: Words) {
        self.lines.push(words.fit(self.width));
    }

    fn blank(&mut self) {
        self.lines.push(Line::default());
    }

    fn say(&mut self, role: Role, words: &str) {
        let words = self.words().say(role, words);
        self.push(words);
    }

    fn step(&mut self, title: &str, note: &str) {
        self.step += 1;
        let mut words = self
            .words()
            .say(Role::Strong, format!("{}  {title}", self.step));
        if !note.is_empty() {
            let column = self.width.saturating_sub(text::width(note) + 6);
            words = words.at(column).say(Role::Dim, note);
        }
        self.push(words);
    }

    fn paragraph(&mut self, role: Role, words: &str) {
        let room = self.width.saturating_sub(self.margin + 5);
        for line in wrap(words, room) {
            let words = self.words().plain("   ").say(role, line);
            self.push(words);
        }
    }

    fn url(&mut self) {
        let note = match webhook_url(self.app) {
            Some(_) => {
                let key = self.app.keys.label(super::action::Action::Qr);
                if self.width < 70 {
                    format!("(yu, {key}: QR code)")
                } else {
                    format!("(yu copies it, {key} shows a QR code)")
                }
            }
            None => String::new(),
        };
        self.step("Give Sixtyfour this webhook_url", &note);
        let port = self.app.status.port;
        match &self.app.status.tunnel {
            Tunnel::Found { how, by, .. } => {
                let url = webhook_url(self.app).unwrap_or_default();
                let words = self.words().plain("   ").sent(Role::Good, url.as_bytes());
                self.push(words);
                let how = text::line(how.as_bytes()).into_owned();
                let how = match by.as_str() {
                    "given" => how,
                    _ => format!("found at {how}"),
                };
                self.paragraph(Role::Dim, &how);
            }
            Tunnel::Elsewhere {
                url,
                by,
                port: other,
            } => {
                let url = text::line(url.as_bytes()).into_owned();
                let by = text::line(by.as_bytes()).into_owned();
                self.paragraph(
                    Role::Warn,
                    &format!(
                        "The {by} tunnel {url} goes to port {other}, not {port}. Point one here:"
                    ),
                );
                self.paragraph(Role::Plain, &format!("    ngrok http {port}"));
            }
            Tunnel::Down { url, by } => {
                let url = text::line(url.as_bytes()).into_owned();
                let by = text::line(by.as_bytes()).into_owned();
                self.paragraph(
                    Role::Bad,
                    &format!("{url} ({by}) is gone. Start the tunnel again."),
                );
            }
            Tunnel::None { looked } => {
                let looked = looked.join(" and ");
                let looked = text::line(looked.as_bytes()).into_owned();
                self.paragraph(
                    Role::Warn,
                    &format!("No tunnel found: looked at {looked}. Start one, for example:"),
                );
                self.paragraph(Role::Plain, &format!("    ngrok http {port}"));
                self.paragraph(
                    Role::Dim,
                    "or pass --public-url https://…  This screen updates by itself.",
                );
            }
            Tunnel::Unknown => self.paragraph(Role::Dim, "looking for a tunnel"),
        }
    }

    fn job(&mut self, url: &str) {
        self.step("Trigger one job", "(yc copies it)");
        let url = text::line(url.as_bytes()).into_owned();
        for line in first_job_lines(&url) {
            let words = self.words().plain("   ").plain(line);
            self.push(words);
        }
    }

    fn sample(&mut self) {
        self.step("Or try it without Sixtyfour", "");
        let key = self.app.keys.label(super::action::Action::Sample);
        let to = match self.app.status.port {
            USUAL_PORT | 0 => String::new(),
            port => format!(" --to http://127.0.0.1:{port}/webhooks/sixtyfour"),
        };
        let command = format!("hook64 send find_email{to}");
        let sample = if self.app.status.keys.is_empty() {
            "a sample"
        } else {
            "a signed sample"
        };
        let press = format!("press {key} to send yourself {sample}, or in another shell:");
        if self.margin + 5 + text::width(&press) + 2 + text::width(&command) <= self.width {
            self.paragraph(Role::Plain, &format!("{press}  {command}"));
        } else {
            // A command is copied in one piece.
            self.paragraph(Role::Plain, &press);
            let words = self.words().plain("       ").plain(command);
            self.push(words);
        }
    }

    fn checks(&mut self) {
        self.say(Role::Strong, "Checks");
        let status = self.app.status.clone();
        match &status.local {
            Some(local) => {
                let place = local
                    .trim_start_matches("http://")
                    .trim_end_matches('/')
                    .to_owned();
                self.check(Role::Good, "ok", &format!("listening on {place}, any path"));
            }
            None => self.check(
                Role::Warn,
                "!",
                "nothing listens: this shows what was captured",
            ),
        }
        match (status.keys.as_slice(), &status.keys_from) {
            ([], _) => {
                self.check(
                    Role::Warn,
                    "!",
                    "no signing key: signatures cannot be checked",
                );
                self.check(
                    Role::Plain,
                    "",
                    "save it to a file and use --secret-file FILE",
                );
            }
            (keys, from) => {
                let from = from
                    .as_ref()
                    .map_or_else(String::new, |from| format!(" from {from}"));
                let named: Vec<String> = keys.iter().map(|key| format!("…{key}")).collect();
                self.check(
                    Role::Good,
                    "ok",
                    &format!("signing key loaded{from} ({})", named.join(", ")),
                );
            }
        }
        if let Tunnel::Found { used: false, .. } = status.tunnel {
            let key = self.app.keys.label(super::action::Action::Probe);
            self.check(
                Role::Dim,
                "note",
                &if self.width < 90 {
                    format!("the public URL is untried; {key} sends one request through it")
                } else {
                    format!(
                        "the public URL has not been tried; press {key} to send one request through it"
                    )
                },
            );
        }
        match &status.forward {
            Some(forward) => self.routes(forward, &status.routes),
            None if status.local.is_some() => self.check(
                Role::Dim,
                "note",
                if self.width < 110 {
                    "captured, not forwarded; --forward URL names your app"
                } else {
                    "deliveries are captured, not forwarded; add --forward http://127.0.0.1:3000/webhooks/sixtyfour"
                },
            ),
            None => {}
        }
        if status.insecure {
            self.check(
                Role::Warn,
                "!",
                "the app's certificate is not checked: --insecure accepts anybody",
            );
        }
        if let Some(store) = &status.store {
            self.check(Role::Dim, "note", &format!("captured in {store}"));
        }
    }

    /// Where deliveries are forwarded: on one line, or each route on its own.
    fn routes(&mut self, forward: &str, routes: &[String]) {
        let (first, others) = match routes {
            [] => (forward, routes),
            [first, others @ ..] => (first.as_str(), others),
        };
        let said = "deliveries are forwarded to";
        self.check(Role::Good, "ok", &format!("{said} {first}"));
        for route in others {
            let beneath = " ".repeat(text::width(said));
            self.check(Role::Good, "", &format!("{beneath} {route}"));
        }
    }

    fn check(&mut self, role: Role, word: &str, what: &str) {
        let words = self
            .words()
            .plain("   ")
            .field(role, word, 6)
            .sent(Role::Plain, what.as_bytes());
        self.push(words);
    }
}
