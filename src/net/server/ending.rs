//! How a connection ends: what is done with the bare socket after hyper has let go of it.
//!
//! Resets, half answers and bytes that are not HTTP are what hyper is there to prevent. Answers to
//! requests that did not come whole are given here too, because the peer may still be sending.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::response;
use super::serving::Server;
use super::settling::{Owed, settle};
use super::signals::Stage;
use crate::delivery::{Ending, Outcome, Reply};

/// No status line, no text, and nothing that a lenient reader could take for either.
const GARBAGE: &[u8] = b"\x00\xff\xfe\x80garbage, as armed\x00\r\n\r\n\x01\xff";

/// How long a peer that had ended its side has to say that it is gone.
const LAST_SIGN: Duration = Duration::from_millis(50);

/// Gives an answer, or what stands for one, and ends the connection.
pub(super) async fn carry_out(
    mut stream: TcpStream,
    reply: &Reply,
    owed: Owed,
    bodiless: bool,
    unread: bool,
    server: &Server,
) {
    let stall = server.limits.write_stall;
    let written = match reply.ending {
        Ending::Reset => {
            reset(stream);
            return settle(owed, Outcome::Reset);
        }
        Ending::Close => Ok(Outcome::Closed),
        Ending::Cut => write(&mut stream, &half(reply, bodiless), stall)
            .await
            .map(|()| Outcome::Cut),
        Ending::Garbage => write(&mut stream, GARBAGE, stall)
            .await
            .map(|()| Outcome::Garbage),
        // A dripping answer to half a request would only keep its sender sending.
        Ending::Normal | Ending::Drip(_) | Ending::Hang | Ending::Hold => {
            let mut bytes = response::last_head(reply);
            bytes.extend_from_slice(&response::last_body(reply, bodiless));
            write(&mut stream, &bytes, stall)
                .await
                .map(|()| Outcome::Answered)
        }
    };
    match written {
        Ok(outcome) => {
            let left = stream.shutdown().await.is_err() || has_left(&stream).await;
            settle(owed, if left { Outcome::PeerLeft } else { outcome });
            drain(stream, unread, server).await;
        }
        Err(Outcome::PeerStalled) => {
            reset(stream);
            settle(owed, Outcome::PeerStalled);
        }
        Err(outcome) => settle(owed, outcome),
    }
}

/// Ends a connection on which all was said. When the peer had ended its side before its answer
/// was out, it is settled only now whether it was still there.
pub(super) async fn close(mut stream: TcpStream, owed: Owed, unread: bool, server: &Server) {
    let ended = stream.shutdown().await;
    if owed.is_some() {
        let left = ended.is_err() || has_left(&stream).await;
        let outcome = if left {
            Outcome::PeerLeft
        } else {
            Outcome::Answered
        };
        settle(owed, outcome);
    }
    drain(stream, unread, server).await;
}

/// Whether a peer that has ended its side is gone altogether: then what we sent is answered with
/// a reset. A peer that has not ended its side is there.
async fn has_left(stream: &TcpStream) -> bool {
    match stream.try_read(&mut [0; 1]) {
        Ok(1..) => false,
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => false,
        Err(_) => true,
        Ok(0) => timeout(LAST_SIGN, stream.ready(Interest::ERROR))
            .await
            .is_ok(),
    }
}

/// Ends a connection so that the peer sees an error.
pub(super) fn reset(stream: TcpStream) {
    // If it fails the connection is gone already.
    let _ = stream.set_zero_linger();
    drop(stream);
}

/// Reads on and throws away, so that closing does not reset the connection before the peer has
/// read its answer. Without a sign of unread bytes there is nothing to wait for.
async fn drain(mut stream: TcpStream, unread: bool, server: &Server) {
    if !unread && !matches!(stream.try_read(&mut [0; 1]), Ok(1..)) {
        return;
    }
    let mut left = server.limits.drain_bytes;
    let until_the_end = async {
        let mut scratch = vec![0; 16 << 10];
        while left > 0 {
            match stream.read(&mut scratch).await {
                Ok(0) | Err(_) => return,
                Ok(count) => left = left.saturating_sub(count as u64),
            }
        }
    };
    // Out of time: whoever still sends has had its chance.
    tokio::select! {
        () = until_the_end => {}
        () = sleep(server.limits.drain_time) => {}
        () = server.signals.reached(Stage::Finishing) => {}
    }
}

/// The first part of the answer: its head with the whole length, and half of the body; without a
/// body, half of the head.
fn half(reply: &Reply, bodiless: bool) -> Vec<u8> {
    let mut bytes = response::last_head(reply);
    let body = response::last_body(reply, bodiless);
    if body.is_empty() {
        bytes.truncate(bytes.len() / 2);
    } else {
        bytes.extend_from_slice(&body[..body.len() / 2]);
    }
    bytes
}

/// Writes all of it, as long as the peer takes some now and then.
async fn write(stream: &mut TcpStream, bytes: &[u8], stall: Duration) -> Result<(), Outcome> {
    let mut rest = bytes;
    while !rest.is_empty() {
        match timeout(stall, stream.write(rest)).await {
            Ok(Ok(count @ 1..)) => rest = &rest[count..],
            Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(_) => return Err(Outcome::PeerLeft),
            Err(_) => return Err(Outcome::PeerStalled),
        }
    }
    Ok(())
}
