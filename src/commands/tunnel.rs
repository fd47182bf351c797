//! `hook64 tunnel`: which tunnel reaches this port, and its public webhook URL, for scripts.

use clap::Args;
use serde_json::{Value, json};

use crate::net::tunnel::{
    Advice, Found, Places, PublicUrl, PublicUrlError, Tunnels, Upstream, look,
};
use crate::text;

use super::Everywhere;
use super::arguments::Output;
use super::exit::Exit;
use super::output;
use super::problem::{Problem, Result};
use super::settings::{Layer, PORT};

/// Print the public webhook URL of the tunnel that reaches this port.
#[derive(Debug, Args)]
pub(super) struct TunnelArgs {
    /// The port that the tunnel should lead to [default: 6464]
    #[arg(short, long, value_name = "N", env = "HOOK64_PORT")]
    port: Option<u16>,
    /// A public URL that no agent on this machine knows of
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(super) fn run(arguments: &TunnelArgs, everywhere: Everywhere) -> Result {
    let layer = Layer::from_files()?;
    let port = arguments.port.or(layer.port).unwrap_or(PORT);
    if port == 0 {
        return Err(Problem::usage("no tunnel leads to port 0")
            .why("it stands for any free port")
            .fix("hook64 tunnel --port N, with the port that the listener got"));
    }
    let given = arguments.public_url.as_ref().or(layer.public_url.as_ref());
    let places = Places::usual(given.map(|text| public_url(text)).transpose()?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Problem::failed("runtime", "cannot start").why(error.to_string()))?;
    let tunnels = runtime.block_on(look(port, &places));
    let answer = Answer {
        tunnels: &tunnels,
        port,
        path: layer.path.as_deref().unwrap_or("/"),
    };
    answer.warnings().iter().for_each(output::warn);
    if let Some(best) = tunnels.best()
        && arguments.output == Output::Text
        && !everywhere.quiet
    {
        output::complain(&explanation(best));
    }
    output::print(&answer.data(arguments.output)?)?;
    Ok(Exit::Done)
}

pub(super) fn public_url(text: &str) -> Result<PublicUrl> {
    text.parse().map_err(|error: PublicUrlError| {
        Problem::usage(format!("--public-url does not know \"{text}\""))
            .why(error.to_string())
            .fix("--public-url https://hooks.example.com")
    })
}

/// What was found, to be said.
struct Answer<'a> {
    tunnels: &'a Tunnels,
    port: u16,
    path: &'a str,
}

impl Answer<'_> {
    /// What a program reads: the URL, or an object.
    fn data(&self, output: Output) -> Result<String> {
        let best = self
            .tunnels
            .best()
            .ok_or_else(|| problem("no_tunnel", Advice::none(self.port)))?;
        Ok(match output {
            Output::Json => text::json(self.json(best).to_string()) + "\n",
            Output::Text => {
                let url = best.public.webhook_url(self.path);
                format!("{}\n", text::line(url.as_bytes()))
            }
        })
    }

    fn warnings(&self) -> Vec<Problem> {
        let misdirected = self.tunnels.misdirected().map(|found| {
            let advice = Advice::misdirected(found, self.port);
            problem("tunnel_elsewhere", advice)
        });
        let unsure = self.tunnels.reaching.is_empty().then(|| {
            let found = self.tunnels.unsure.first()?;
            let advice = Advice::unsure(found, self.port);
            Some(problem("tunnel_unsure", advice))
        });
        misdirected.chain(unsure.flatten()).collect()
    }

    fn json(&self, best: &Found) -> Value {
        let elsewhere: Vec<_> = self.tunnels.elsewhere.iter().map(object).collect();
        let mut answer = json!({
            "v": 1, "kind": "tunnel", "port": self.port,
            "webhook_url": best.public.webhook_url(self.path),
            "sure": !self.tunnels.reaching.is_empty(),
        });
        if let (Some(answer), Value::Object(found)) = (answer.as_object_mut(), object(best)) {
            answer.extend(found);
            answer.insert("elsewhere".to_owned(), elsewhere.into());
        }
        answer
    }
}

fn problem(code: &'static str, advice: Advice) -> Problem {
    Problem::new(Exit::NotFound, code, advice.what)
        .why(advice.why)
        .fix(advice.fix)
}

fn explanation(found: &Found) -> String {
    match found.local_port() {
        Some(port) => format!("{}, which goes to port {port}\n", found.source()),
        None => found.source() + "\n",
    }
}

fn object(found: &Found) -> Value {
    json!({
        "public": found.public.as_str(),
        "by": found.kind.name(),
        "agent": found.agent.map(|agent| agent.to_string()),
        "forwards_to": found.upstream.as_ref().map(Upstream::said),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::tunnel::Kind;

    const URL: &str = "https://abc123.ngrok-free.app";

    fn found(kind: Kind, upstream: Option<&str>) -> Found {
        Found {
            kind,
            public: URL.parse().unwrap(),
            upstream: upstream.map(Upstream::read),
            agent: Some("127.0.0.1:4040".parse().unwrap()),
        }
    }

    fn say(found: Found, output: Output) -> (Vec<Problem>, Result<String>) {
        let answer = Answer {
            tunnels: &Tunnels::sort(6464, vec![found]),
            port: 6464,
            path: "/webhooks/sixtyfour",
        };
        (answer.warnings(), answer.data(output))
    }

    #[test]
    fn the_first_line_of_the_output_is_the_url_to_give_to_a_provider() {
        let ours = found(Kind::Ngrok, Some("http://localhost:6464"));
        let said = explanation(&ours);
        let (warnings, data) = say(ours, Output::Text);
        assert_eq!(data.unwrap(), format!("{URL}/webhooks/sixtyfour\n"));
        assert_eq!(warnings, []);
        assert_eq!(
            said,
            "ngrok agent at 127.0.0.1:4040, which goes to port 6464\n"
        );
    }

    #[test]
    fn a_tunnel_to_another_port_is_a_warning_and_its_url_is_not_offered() {
        let other = found(Kind::Ngrok, Some("http://localhost:3000"));
        let (warnings, data) = say(other, Output::Text);
        assert_eq!(
            warnings[0].text("warning"),
            format!(
                "warning: the ngrok tunnel {URL} goes to port 3000, not 6464\n  \
                 why: its agent at 127.0.0.1:4040 says addr http://localhost:3000\n  \
                 fix: ngrok http 6464\n"
            )
        );
        let problem = data.unwrap_err();
        assert_eq!(problem.exit(), Exit::NotFound);
        assert!(
            problem
                .text("error")
                .starts_with("error: no tunnel reaches port 6464\n  why: looked at ngrok")
        );
    }

    #[test]
    fn a_tunnel_that_does_not_tell_its_port_is_offered_with_a_warning() {
        let (warnings, data) = say(found(Kind::Cloudflared, None), Output::Text);
        let (what, _, _) = warnings[0].parts();
        assert!(what.starts_with("the cloudflared tunnel"), "{what}");
        assert!(data.unwrap().starts_with(URL));
    }

    #[test]
    fn programs_get_one_object() {
        let ours = found(Kind::Ngrok, Some("localhost:6464"));
        let (_, data) = say(ours, Output::Json);
        let answer: Value = serde_json::from_str(&data.unwrap()).unwrap();
        assert_eq!(answer["webhook_url"], format!("{URL}/webhooks/sixtyfour"));
        assert_eq!(
            (&answer["by"], &answer["sure"]),
            (&json!("ngrok"), &json!(true))
        );
        assert_eq!(answer["forwards_to"], "localhost:6464");
        let (warnings, _) = say(found(Kind::Ngrok, Some("3000")), Output::Json);
        let warning: Value = serde_json::from_str(&warnings[0].json("warning")).unwrap();
        assert_eq!(warning["code"], "tunnel_elsewhere");
    }
}
