//! The pictures of the README: the terminal UI with a few deliveries, as SVG.
//!
//! `cargo bench --bench picture -- --draw` runs the program in a pseudo-terminal, is its provider for a few
//! seconds and draws what stands on the screen into `assets/pictures/`; it prints
//! the same as text.

#[allow(dead_code, reason = "every bench uses its own part of it")]
mod screen;

use std::error::Error;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use hook64::delivery::Scheme;
use hook64::signature::{self, Secret};
use jiff::Timestamp;
use screen::Screen;

const SECRET: &str = "sk_whsec_00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const PORT: u16 = 6464;
const SIZE: (u16, u16) = (120, 36);

type Attempted<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Attempted<()> {
    if !std::env::args().any(|argument| argument == "--draw") {
        // A run of all benches leaves the tree alone.
        return Ok(());
    }
    let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/pictures");
    std::fs::create_dir_all(&pictures)?;
    let directory = tempfile::tempdir()?;
    let path = |name: &str| directory.path().join(name).display().to_string();
    let (secret, store) = (path("secret"), path("hook64.db"));
    std::fs::write(&secret, SECRET)?;
    Command::new("chmod").args(["600", &secret]).status()?;
    let port = PORT.to_string();
    let mut screen = Screen::start(
        &[
            "listen",
            "--port",
            &port,
            "--secret-file",
            &secret,
            "--store",
            &store,
            "--fault",
            "each:500x2@type:find_phone",
        ],
        SIZE,
    )?;
    screen.until(|text| text.contains("FOLLOW"))?;
    send("find_email", &secret, &["--speed", "100x"])?;
    send(
        "find_phone",
        &secret,
        &["--retries", "1", "--timeout", "5s"],
    )?;
    written_anew()?;
    screen.until(|text| text.contains("enrich_lead"))?;
    screen.press("4")?;
    screen.until(|text| text.contains("fix:"))?;
    draw(&screen, &pictures.join("signature.svg"))?;
    for key in ["k", "k", "k", "5"] {
        screen.press(key)?;
    }
    screen.until(|text| text.contains("due in") || text.contains("expected"))?;
    draw(&screen, &pictures.join("attempts.svg"))
}

/// Is the provider for one event.
fn send(sample: &str, secret: &str, more: &[&str]) -> Attempted<()> {
    Command::new(env!("CARGO_BIN_EXE_hook64"))
        .args(["send", sample, "--quiet", "--secret-file", secret])
        .args([
            "--to",
            &format!("http://127.0.0.1:{PORT}/webhooks/sixtyfour"),
        ])
        .args(more)
        .output()?;
    Ok(())
}

/// A delivery that was parsed and written again after it was signed.
fn written_anew() -> Attempted<()> {
    let signed = r#"{"task_id":"0d1f7a52","status":"completed","task_type":"enrich_lead","result":{"name":"Jane Doe","confidence":0.93}}"#;
    let sent = signed.replace("\":", "\": ").replace(",\"", ", \"");
    let at = Timestamp::now().as_second();
    let secrets = [Secret::new(SECRET)];
    let header = signature::sign(Scheme::Sixtyfour, &secrets, at, signed.as_bytes());
    let request = format!(
        "POST /webhooks/sixtyfour HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Type: application/json\r\n\
         Sixtyfour-Event-Id: 9e21f7b4-6a0c-4f5e-8d3b-2c7a1e9f4b60\r\n\
         Sixtyfour-Event-Type: enrich_lead\r\nSixtyfour-Delivery-Attempt: 1\r\n\
         Sixtyfour-Signature: {}\r\nContent-Length: {}\r\n\r\n{sent}",
        String::from_utf8_lossy(&header.value),
        sent.len(),
    );
    let mut stream = TcpStream::connect(("127.0.0.1", PORT))?;
    stream.write_all(request.as_bytes())?;
    stream.read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Draws the screen once it has stood still for a moment.
fn draw(screen: &Screen, path: &Path) -> Attempted<()> {
    let began = Instant::now();
    let mut frames = screen.frames();
    loop {
        thread::sleep(Duration::from_millis(200));
        // A countdown draws a frame a second.
        if screen.frames() == frames || began.elapsed() > Duration::from_secs(2) {
            break;
        }
        frames = screen.frames();
    }
    std::fs::write(path, screen.with(svg)?)?;
    let text = screen.with(vt100::Screen::contents);
    println!("{}\n{text}", path.display());
    Ok(())
}

/// Width and height of a character, in pixels.
const CELL: (f32, f32) = (8.4, 18.0);
/// The sixteen colours of a terminal, then what it has without any: text and background.
const COLOURS: [&str; 16] = [
    "#1d1f21", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#c8ccd4",
    "#6b7280", "#ff7b85", "#b5e890", "#ffd68a", "#7cc4ff", "#e2a0ff", "#7fe0ec", "#ffffff",
];
const TEXT: &str = "#d7dae0";
const BACKGROUND: &str = "#16181c";

fn svg(screen: &vt100::Screen) -> Attempted<String> {
    let (rows, columns) = size(screen);
    let (wide, high) = CELL;
    let (width, height) = (
        f32::from(columns) * wide + 16.0,
        f32::from(rows) * high + 16.0,
    );
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" \
         font-size=\"14\">\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{BACKGROUND}\"/>\n"
    );
    for row in 0..rows {
        let mut column = 0;
        while column < columns {
            let run = Run::at(screen, row, column);
            run.write(
                &mut svg,
                f32::from(column) * wide + 8.0,
                f32::from(row) * high + 8.0,
            )?;
            column += run.cells;
        }
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

/// Rows and columns.
fn size(screen: &vt100::Screen) -> (u16, u16) {
    let (rows, columns) = screen.size();
    (rows.get(), columns.get())
}

/// Characters beside each other that look the same.
struct Run {
    text: String,
    cells: u16,
    looks: Looks,
}

#[derive(Clone, PartialEq)]
struct Looks {
    colour: &'static str,
    behind: &'static str,
    bold: bool,
}

impl Run {
    fn at(screen: &vt100::Screen, row: u16, column: u16) -> Self {
        let (_, columns) = size(screen);
        let looks = Looks::at(screen, row, column);
        let same = (column..columns).take_while(|at| Looks::at(screen, row, *at) == looks);
        let mut run = Self {
            text: String::new(),
            cells: 0,
            looks: looks.clone(),
        };
        for at in same {
            let text = screen.cell(row, at).map_or(" ", vt100::Cell::contents);
            run.text.push_str(if text.is_empty() { " " } else { text });
            run.cells += 1;
        }
        run
    }

    fn write(&self, svg: &mut String, x: f32, y: f32) -> Attempted<()> {
        let Looks {
            colour,
            behind,
            bold,
        } = self.looks;
        let width = f32::from(self.cells) * CELL.0;
        if behind != BACKGROUND {
            let height = CELL.1;
            writeln!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height}\" fill=\"{behind}\"/>"
            )?;
        }
        let text = self.text.trim_end();
        if text.trim().is_empty() {
            return Ok(());
        }
        let before = text.len() - text.trim_start().len();
        let x = x + CELL.0 * before as f32;
        let text = text.trim_start();
        let length = text.chars().count() as f32 * CELL.0;
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        let weight = if bold { " font-weight=\"bold\"" } else { "" };
        let y = y + 13.5;
        writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"{colour}\" textLength=\"{length:.1}\" \
             xml:space=\"preserve\"{weight}>{text}</text>"
        )?;
        Ok(())
    }
}

impl Looks {
    fn at(screen: &vt100::Screen, row: u16, column: u16) -> Self {
        let plain = Self {
            colour: TEXT,
            behind: BACKGROUND,
            bold: false,
        };
        let Some(cell) = screen.cell(row, column) else {
            return plain;
        };
        let named = |colour, default| match colour {
            vt100::Color::Idx(index) => COLOURS[usize::from(index % 16)],
            vt100::Color::Default | vt100::Color::Rgb(..) => default,
        };
        let mut looks = Self {
            colour: named(cell.fgcolor(), if cell.dim() { COLOURS[8] } else { TEXT }),
            behind: named(cell.bgcolor(), BACKGROUND),
            bold: cell.bold(),
        };
        if cell.inverse() {
            std::mem::swap(&mut looks.colour, &mut looks.behind);
        }
        looks
    }
}
