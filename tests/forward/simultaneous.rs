//! Deliveries of one event at the same time.

use std::net::TcpListener;
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use super::{EVENT, forwarding};
use crate::rig::app::App;
use crate::rig::http::{Connection, post, post_bytes};
use crate::rig::{Home, Listener, eventually};

/// An app that gives its first answer when the sender is dropped, and all others at once.
fn waiting_first(first: u16, others: u16) -> (App, Sender<()>) {
    let (go_on, waiting) = channel();
    let waiting = Mutex::new(waiting);
    let app = App::start(move |number| {
        if number > 1 {
            return (others, Duration::ZERO);
        }
        let _ = waiting.lock().unwrap().recv();
        (first, Duration::ZERO)
    });
    (app, go_on)
}

/// What this connection sent is with the listener, which answers none of it yet.
#[track_caller]
fn waits(connection: &mut Connection) {
    connection.until_read();
    assert!(connection.is_silent_for(Duration::from_millis(300)));
}

/// So many connections that have sent the event and wait for their answers.
#[track_caller]
fn waiting(listener: &Listener, count: usize) -> Vec<Connection> {
    let connect = |_| {
        let mut connection = Connection::open(&listener.address);
        connection.send(&post_bytes("/", &[EVENT], b"{}"));
        connection
    };
    let mut connections: Vec<_> = (0..count).map(connect).collect();
    connections.iter_mut().for_each(waits);
    connections
}

#[test]
fn an_event_is_forwarded_once_however_often_and_however_concurrently_it_arrives() {
    let home = Home::new();
    let app = App::start(|_| (200, Duration::from_millis(50)));
    let listener = forwarding(&home, &app);
    let request = post_bytes("/", &[EVENT], b"{}");
    let posters: Vec<_> = (0..20)
        .map(|_| {
            let mut connection = Connection::open(&listener.address);
            let request = request.clone();
            thread::spawn(move || {
                connection.send(&request);
                connection.answer().unwrap().unwrap().status
            })
        })
        .collect();
    for poster in posters {
        assert_eq!(poster.join().unwrap(), 200);
    }
    listener.kill();
    let listener = forwarding(&home, &app);
    assert_eq!(post(&listener.address, "/", &[EVENT], b"{}").status, 200);
    assert_eq!(app.requests().len(), 1);
}

#[test]
fn simultaneous_deliveries_share_the_reason_why_the_app_did_not_answer() {
    let home = Home::new();
    let app = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", app.local_addr().unwrap());
    let listener = home.listen(&["--forward", &url]);
    let mut first = Connection::open(&listener.address);
    first.send(&post_bytes("/", &[EVENT], b"{}"));
    let (asked, _) = app.accept().unwrap();
    let mut second = Connection::open(&listener.address);
    second.send(&post_bytes("/", &[EVENT], b"{}"));
    waits(&mut second);
    drop(asked);
    assert_eq!(first.answer().unwrap().unwrap().status, 502);
    assert_eq!(second.answer().unwrap().unwrap().status, 502);
    let listed = home.run(&["list"]).expect(0).stdout;
    assert_eq!(listed.matches(" 502 hook64 ").count(), 2, "{listed}");
}

#[test]
fn simultaneous_deliveries_share_a_failure_of_the_app_and_a_retry_asks_it_again() {
    let home = Home::new();
    let (app, go_on) = waiting_first(500, 200);
    let listener = forwarding(&home, &app);
    let mut first = Connection::open(&listener.address);
    first.send(&post_bytes("/", &[EVENT], b"{}"));
    eventually("the app is asked", || (app.count() == 1).then_some(()));
    let mut second = Connection::open(&listener.address);
    second.send(&post_bytes("/", &[EVENT], b"{}"));
    waits(&mut second);
    drop(go_on);
    assert_eq!(first.answer().unwrap().unwrap().status, 500);
    assert_eq!(second.answer().unwrap().unwrap().status, 500);
    assert_eq!(app.requests().len(), 1);
    assert_eq!(post(&listener.address, "/", &[EVENT], b"{}").status, 200);
    assert_eq!(app.requests().len(), 2);
}

#[test]
fn simultaneous_deliveries_share_what_the_app_said_before_a_fault_too() {
    let home = Home::new();
    let (app, go_on) = waiting_first(500, 500);
    let plan = ["--fault", "after-forward:always:503"];
    let listener = home.listen(&[&plan[..], &["--forward", &app.url]].concat());
    let mut connections = waiting(&listener, 3);
    drop(go_on);
    for connection in &mut connections {
        assert_eq!(connection.answer().unwrap().unwrap().status, 503);
    }
    assert_eq!(app.requests().len(), 1);
}

#[test]
fn simultaneous_duplicates_reach_the_app_too_when_it_is_to_see_duplicates() {
    let home = Home::new();
    let (app, go_on) = waiting_first(200, 202);
    let listener = home.listen(&["--forward", &app.url, "--forward-duplicates"]);
    let mut connections = waiting(&listener, 4);
    drop(go_on);
    let mut statuses: Vec<u16> = connections
        .iter_mut()
        .map(|connection| connection.answer().unwrap().unwrap().status)
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 202, 202, 202]);
    assert_eq!(app.requests().len(), 4);
}
