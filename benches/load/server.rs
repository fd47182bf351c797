//! The two servers that are compared.

use std::convert::Infallible;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

use crate::Attempted;
use crate::generator::SECRET;

/// A server that is killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    _directory: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Reads the body and says 200.
    pub(crate) fn bare() -> Attempted<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("--bare")
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let stdout = child.stdout.take().ok_or("no output")?;
        BufReader::new(stdout).read_line(&mut line)?;
        Ok(Self {
            child,
            address: line.trim().parse()?,
            _directory: tempfile::tempdir()?,
        })
    }

    /// The release listener, without a face.
    pub(crate) fn listener(more: &[&str]) -> Attempted<Self> {
        let place = Place::new()?;
        let child = Command::new(env!("CARGO_BIN_EXE_hook64"))
            .args(place.arguments())
            .args(["--output", "quiet"])
            .args(more)
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self {
            child,
            address: place.address()?,
            _directory: place.directory,
        })
    }

    /// The most memory that it has held, in MiB.
    pub(crate) fn peak_memory(&self) -> f64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
        kib.unwrap_or(f64::NAN) / 1024.0
    }
}

/// Where a listener keeps what it has.
pub(crate) struct Place {
    pub(crate) directory: tempfile::TempDir,
}

impl Place {
    /// In `HOOK64_BENCH_DIR`, where that names a directory.
    pub(crate) fn new() -> Attempted<Self> {
        let base = std::env::var_os("HOOK64_BENCH_DIR");
        let base = base.map_or_else(std::env::temp_dir, PathBuf::from);
        let directory = tempfile::tempdir_in(base)?;
        std::fs::write(directory.path().join("secret"), SECRET)?;
        Ok(Self { directory })
    }

    /// How long its disk takes to make 4 KiB durable at the end of a file, at the median.
    pub(crate) fn fsync(&self) -> Attempted<Duration> {
        let mut file = File::create(self.directory.path().join("fsync"))?;
        let mut took = Vec::new();
        for _ in 0..500 {
            file.write_all(&[0; 4096])?;
            let start = Instant::now();
            file.sync_data()?;
            took.push(start.elapsed());
        }
        took.sort_unstable();
        Ok(took[took.len() / 2])
    }

    /// What makes a listener use it.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let path = |name: &str| self.directory.path().join(name).display().to_string();
        let words = ["listen", "--port", "0", "--max-connections", "1024"];
        let mut arguments: Vec<String> = words.map(str::to_owned).to_vec();
        arguments.extend(["--store".to_owned(), path("load.db")]);
        arguments.extend(["--secret-file".to_owned(), path("secret")]);
        arguments.extend(["--ready-file".to_owned(), path("ready")]);
        arguments
    }

    /// Where the listener listens, once it does.
    pub(crate) fn address(&self) -> Attempted<SocketAddr> {
        wait_for(&self.directory.path().join("ready"))
    }
}

fn wait_for(ready: &Path) -> Attempted<SocketAddr> {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(10) {
        if let Ok(url) = std::fs::read_to_string(ready)
            && let Some(address) = url.trim().strip_prefix("http://")
        {
            return Ok(address.trim_end_matches('/').parse()?);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Err("the listener did not start".into())
}

/// Serves until it is killed.
pub(crate) fn serve_bare() -> Attempted<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio::spawn(
                hyper::server::conn::http1::Builder::new()
                    .timer(TokioTimer::new())
                    .serve_connection(TokioIo::new(stream), service_fn(say_ok)),
            );
        }
    })
}

async fn say_ok(
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    let _ = request.into_body().collect().await;
    Ok(hyper::Response::new(Full::new(Bytes::from_static(
        b"{\"ok\":true}",
    ))))
}
