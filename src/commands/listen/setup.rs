//! The options of `listen`, as written and as resolved.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::fault::Armed;
use crate::filter::Filter;
use crate::inbox::Policy;
use crate::inbox::expect::Expectation;
use crate::net::client::{self, Client, Trust};
use crate::net::server::Limits;
use crate::net::tunnel::PublicUrl;
use crate::outbox::Forward;
use crate::outbox::forward::Route;
use crate::store::{Location, Options};

use super::super::arguments::{SecretArgs, StoreArgs};
use super::super::export::BodyChoice;
use super::super::outgoing::{TrustArgs, unchecked};
use super::super::problem::{Problem, Result};
use super::super::settings::{Layer, PORT, TOLERANCE, location};
use super::super::tui::{self, LookArgs, Looks};
use super::super::values::{Size, Span};
use super::super::{Everywhere, color, output, steer};
use super::face::Face;
use super::routes;

const FORWARD_TIMEOUT: Duration = Duration::from_secs(10);
/// How many forwards that the app answered early may go on being sent: each has a connection and a
/// body of up to `--max-body`.
const BESIDE: usize = 16;

/// Receive, verify, dedupe, store and answer deliveries.
#[derive(Debug, Args)]
pub(in crate::commands) struct ListenArgs {
    /// The address to listen on [default: both loopbacks]
    #[arg(long, value_name = "ADDR")]
    host: Option<IpAddr>,
    /// The port; 0 is any free one [default: 6464]
    #[arg(short, long, value_name = "N", env = "HOOK64_PORT")]
    port: Option<u16>,
    #[command(flatten)]
    secrets: SecretArgs,
    /// How far a signed timestamp may be off our clock; exactly this much is accepted [default: 300s]
    #[arg(long, value_name = "DURATION")]
    tolerance: Option<Span>,
    /// The answer to a missing or wrong signature when a secret is loaded; 200 observes only [default: 401]
    #[arg(long, value_name = "STATUS", value_parser = clap::value_parser!(u16).range(200..=599))]
    on_bad_signature: Option<u16>,
    /// Fail on purpose: `500x3`, `each:503x2@type:find_email`, `429(retry-after=30),hang,ok`, …
    #[arg(long, value_name = "PLAN")]
    fault: Option<String>,
    /// The seed of rules with a percentage [default: a new one each time, which is shown]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// The answer to what is still held when the listener stops [default: 503]
    #[arg(long, value_name = "STATUS", value_parser = clap::value_parser!(u16).range(200..=599))]
    on_stop: Option<u16>,
    /// Ask the local app, and answer what it answers: `URL` or a port, `/path=URL` or `TYPE=URL`.
    /// Repeatable
    #[arg(long, value_name = "ROUTE")]
    forward: Vec<String>,
    /// How long the app may take before the answer is 504 [default: 10s]
    #[arg(long, value_name = "DURATION")]
    forward_timeout: Option<Span>,
    /// Let the app see duplicates too
    #[arg(long)]
    forward_duplicates: bool,
    /// Keep the Host header as it came instead of naming the app
    #[arg(long)]
    keep_host: bool,
    #[command(flatten)]
    trust: TrustArgs,
    /// Say how much of the provider's time the app used
    #[arg(long)]
    budget: bool,
    #[command(flatten)]
    store: StoreArgs,
    /// How to show deliveries; auto is the terminal UI on a terminal, else text
    #[arg(long, value_enum, value_name = "MODE")]
    output: Option<Mode>,
    /// How much of the bodies to print with --output json
    #[arg(long, value_enum, default_value_t)]
    body: BodyChoice,
    /// Answer any other path than this with 404; it is captured all the same
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// A larger body is answered 413 and captured up to this [default: 25MiB]
    #[arg(long, value_name = "SIZE")]
    max_body: Option<Size>,
    /// How many connections may be open at once [default: 512]
    #[arg(long, value_name = "N")]
    max_connections: Option<usize>,
    /// How many deliveries to keep [default: 1000000]
    #[arg(long, value_name = "N")]
    keep: Option<u64>,
    /// How many bytes of them to keep [default: 10GiB]
    #[arg(long, value_name = "SIZE")]
    keep_bytes: Option<Size>,
    /// Write the local URL there once the socket accepts
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// Show this as the public URL, for tunnels that are not found by themselves
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Stop after so many deliveries that match, and print only those
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    exit_after: Option<u64>,
    /// Which deliveries count for --exit-after
    #[arg(long, value_name = "FILTER", requires = "exit_after")]
    r#match: Option<Filter>,
    /// Stop after this time; with --exit-after the exit code is then 3
    #[arg(long, value_name = "DURATION")]
    timeout: Option<Span>,
    /// Stop when standard input ends, for supervisors that hold its other end
    #[arg(long)]
    stop_on_stdin_eof: bool,
    #[command(flatten)]
    looks: LookArgs,
}

/// How deliveries are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    Auto,
    Tui,
    Text,
    Json,
    Quiet,
}

/// The options of a listener, resolved.
#[derive(Debug)]
pub(super) struct Setup {
    pub(super) layer: Layer,
    pub(super) host: Option<IpAddr>,
    pub(super) port: u16,
    pub(super) secrets: SecretArgs,
    pub(super) policy: Policy,
    pub(super) location: Location,
    pub(super) retention: Options,
    pub(super) limits: Limits,
    pub(super) face: Face,
    pub(super) ready_file: Option<PathBuf>,
    pub(super) public_url: Option<PublicUrl>,
    pub(super) expectation: Option<Expectation>,
    pub(super) timeout: Option<Duration>,
    pub(super) stop_on_stdin_eof: bool,
    pub(super) armed: Armed,
    pub(super) forward: Option<Forward>,
    pub(super) trust: Trust,
    pub(super) on_stop: u16,
    pub(super) looks: Looks,
}

impl Setup {
    pub(super) fn resolve(arguments: ListenArgs, everywhere: Everywhere) -> Result<Self> {
        let expectation = arguments.exit_after.map(|count| {
            let filter = arguments.r#match.clone().unwrap_or_else(Filter::all);
            Expectation::new(filter, count)
        });
        let timeout = arguments.timeout.map(|span| span.0);
        let stop_on_stdin_eof = arguments.stop_on_stdin_eof;
        let secrets = arguments.secrets.clone();
        let files = Layer::from_files()?;
        let mode = mode(&arguments, &files)?;
        let face = face(&arguments, mode, everywhere);
        let looks = arguments.looks.clone();
        let layer = as_layer(arguments).over(files);
        let trust = trust(&layer)?;
        Ok(Self {
            host: layer.host,
            port: layer.port.unwrap_or(PORT),
            secrets,
            policy: policy(&layer)?,
            location: location(layer.store.as_deref())?,
            retention: retention(&layer),
            limits: limits(&layer)?,
            face,
            ready_file: layer.ready_file.clone(),
            public_url: layer
                .public_url
                .as_deref()
                .map(super::super::tunnel::public_url)
                .transpose()?,
            expectation,
            timeout,
            stop_on_stdin_eof,
            armed: armed(&layer)?,
            forward: forward(&layer, &trust)?,
            trust,
            on_stop: layer.on_stop.unwrap_or(503),
            looks: Looks::resolve(&looks, &layer, everywhere)?,
            layer,
        })
    }

    /// Where deliveries go.
    pub(super) fn routes(&self) -> &[Route] {
        self.forward.as_ref().map_or(&[], Forward::routes)
    }

    /// What is to be said when an app may be anybody.
    pub(super) fn unchecked(&self) -> Option<Problem> {
        unchecked(self.routes().iter().map(Route::target), &self.trust)
    }
}

fn as_layer(arguments: ListenArgs) -> Layer {
    Layer {
        host: arguments.host,
        port: arguments.port,
        tolerance: arguments.tolerance,
        on_bad_signature: arguments.on_bad_signature,
        store: arguments.store.store,
        path: arguments.path,
        max_body: arguments.max_body,
        max_connections: arguments.max_connections,
        keep: arguments.keep,
        keep_bytes: arguments.keep_bytes,
        ready_file: arguments.ready_file,
        fault: arguments.fault,
        seed: arguments.seed,
        on_stop: arguments.on_stop,
        forward: arguments.forward,
        forward_timeout: arguments.forward_timeout,
        forward_duplicates: arguments.forward_duplicates.then_some(true),
        keep_host: arguments.keep_host.then_some(true),
        cacert: arguments.trust.cacert,
        insecure: arguments.trust.insecure.then_some(true),
        public_url: arguments.public_url,
        ..Layer::default()
    }
}

fn policy(layer: &Layer) -> Result<Policy> {
    let on_bad_signature = layer.on_bad_signature.unwrap_or(401);
    if !(200..600).contains(&on_bad_signature) {
        return Err(Problem::usage(format!(
            "on-bad-signature does not know \"{on_bad_signature}\""
        ))
        .why("it takes a status from 200 to 599")
        .fix("write on-bad-signature = 401 into the configuration; 200 observes only"));
    }
    if let Some(path) = &layer.path
        && !path.starts_with('/')
    {
        return Err(Problem::usage(format!("--path does not know \"{path}\""))
            .why("a path starts with a slash")
            .fix(format!("hook64 listen --path /{path}")));
    }
    Ok(Policy {
        tolerance: layer.tolerance.map_or(TOLERANCE, |span| span.0),
        on_bad_signature,
        path: layer.path.clone(),
        forward_duplicates: layer.forward_duplicates.unwrap_or(false),
    })
}

fn armed(layer: &Layer) -> Result<Armed> {
    let mut armed = Armed::new(layer.seed.unwrap_or_else(|| fastrand::u64(..)));
    if let Some(plan) = &layer.fault {
        armed.arm(steer::plan(plan, "listen --fault")?);
    }
    Ok(armed)
}

fn trust(layer: &Layer) -> Result<Trust> {
    let chosen = TrustArgs {
        cacert: layer.cacert.clone(),
        insecure: layer.insecure.unwrap_or(false),
    };
    chosen.trust()
}

fn forward(layer: &Layer, trust: &Trust) -> Result<Option<Forward>> {
    if layer.forward.is_empty() {
        return Ok(None);
    }
    let routes = layer
        .forward
        .iter()
        .map(|text| routes::parse(text))
        .collect::<Result<Vec<_>>>()?;
    let timeout = layer.forward_timeout.map_or(FORWARD_TIMEOUT, |span| span.0);
    let client = Client::new(client::Settings {
        trust: trust.clone(),
        beside: BESIDE,
        ..client::Settings::default()
    });
    let forward = Forward::new(client, routes, timeout);
    Ok(Some(if layer.keep_host.unwrap_or(false) {
        forward.keeping_host()
    } else {
        forward
    }))
}

fn retention(layer: &Layer) -> Options {
    let default = Options::default();
    Options {
        keep: layer.keep.unwrap_or(default.keep),
        keep_bytes: layer.keep_bytes.map_or(default.keep_bytes, |size| size.0),
    }
}

fn limits(layer: &Layer) -> Result<Limits> {
    let default = Limits::default();
    let max_connections = layer.max_connections.unwrap_or(default.max_connections);
    if max_connections == 0 {
        return Err(Problem::usage("--max-connections does not know \"0\"")
            .why("nothing could connect")
            .fix("leave it out: the default is 512"));
    }
    Ok(Limits {
        max_body: layer.max_body.map_or(default.max_body, |size| size.0),
        max_connections,
        ..default
    })
}

/// What was probably meant by this name of a mode.
fn nearest_mode(name: &str) -> String {
    let modes = Mode::value_variants().iter();
    let mut names = modes.filter_map(ValueEnum::to_possible_value);
    let nearest = names.find(|mode| name.to_lowercase().starts_with(mode.get_name()));
    match nearest {
        Some(mode) => format!("did you mean output = \"{}\"?", mode.get_name()),
        None => "leave output out of the configuration: auto is chosen by itself".to_owned(),
    }
}

/// How deliveries are shown: what was asked for, or what there is a terminal for.
fn mode(arguments: &ListenArgs, files: &Layer) -> Result<Mode> {
    let configured = files.output.as_deref().map(|name| {
        Mode::from_str(name, false).map_err(|_| {
            Problem::usage(format!(
                "the configuration does not know the output \"{name}\""
            ))
            .why("it takes auto, tui, text, json or quiet")
            .fix(nearest_mode(name))
        })
    });
    let mode = match (arguments.output, configured) {
        (Some(mode), _) => mode,
        (None, Some(configured)) => configured?,
        (None, None) => Mode::Auto,
    };
    // Whoever waits for something wants it printed, and standard input can be read by one only.
    let is_for_scripts = arguments.exit_after.is_some() || arguments.stop_on_stdin_eof;
    match mode {
        Mode::Auto if is_for_scripts || !tui::fits() => Ok(Mode::Text),
        Mode::Auto => Ok(Mode::Tui),
        Mode::Tui if arguments.stop_on_stdin_eof => Err(Problem::usage(
            "--stop-on-stdin-eof does not go with --output tui",
        )
        .why("the terminal UI reads its keys from standard input")
        .fix("leave one of them out")),
        Mode::Tui => {
            let fix = "leave --output out (text is chosen by itself), or use --output json";
            tui::demand("--output tui", fix).map(|()| mode)
        }
        Mode::Text | Mode::Json | Mode::Quiet => Ok(mode),
    }
}

fn face(arguments: &ListenArgs, mode: Mode, everywhere: Everywhere) -> Face {
    let reader = output::reader(color::stdout(everywhere.color));
    match mode {
        Mode::Json => Face::json(arguments.body.bodies()),
        _ if everywhere.quiet => Face::Quiet(reader),
        Mode::Tui => Face::Tui(reader),
        Mode::Auto | Mode::Text => Face::Text {
            reader,
            budget: arguments.budget,
        },
        Mode::Quiet => Face::Quiet(reader),
    }
}
